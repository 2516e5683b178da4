"""`harvester plugin test DIR` runs these, in the sandbox, on simulated devices."""
import plugin
from harvester import testing


def test_reading_is_near_the_truth() -> None:
    """The plugin and the simulated sensor."""
    assert abs(plugin.poll()["value"] - testing.truth()["bh1750"]["lux"]) < 20


def test_known_bytes() -> None:
    """What the sensor would send, in its place."""
    with testing.answer("i2c.write_read", lambda bus, address, data, size: b"\x00\x78") as calls:
        assert plugin.poll() == {"value": 100.0}
    assert calls[0] == (1, 0x23, b"\x20", 0)


def test_sensor_that_does_not_answer() -> None:
    """An error, and no number."""
    with testing.fault("i2c.write_read", "NO_ACKNOWLEDGE"):
        try:
            plugin.poll()
        except Exception as error:
            assert "NO_ACKNOWLEDGE" in str(error)
        else:
            raise AssertionError("it gave a reading")
