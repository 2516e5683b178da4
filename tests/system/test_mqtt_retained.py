"""What a node leaves retained in MQTT's broker when sensors, plugins and names go, also while it is off: nothing. Each of these
waits for the half minute after which a node that has started settles what is gone."""
import json
from pathlib import Path

from homeassistant_schema import TOPIC, Model
from mosquitto import Listener, Mosquitto, retained, wait_until
from node import COUNTER
from test_mqtt import PLUGIN, Start, broker, settings  # pylint: disable=unused-import


def test_a_removed_plugin_leaves_nothing(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """The device goes by an empty message, and the retained state with it; also if the plugin went
    while the node was off, and if Home Assistant was off then."""
    (plugins / "oven.py").write_text(PLUGIN)
    (plugins / "steps.py").write_text(COUNTER)
    node = start(settings(broker))
    model = Model()
    oven, steps = (f"homeassistant/device/harvester_test_{name}/config" for name in ("oven", "steps"))
    with Listener(broker.port, "homeassistant/device/#", "harvester/#") as listener:
        listener.wait(oven)
        listener.wait(steps)
        (plugins / "oven.py").unlink()
        wait_until("the device goes", lambda: listener.last(oven) == "")
        wait_until("its state goes", lambda: listener.last("harvester/test/sensors/oven/state") == "")
        for topic, _, payload in list(listener.messages):
            if TOPIC.match(topic):
                model.take(topic, payload)
    assert not model.left and "harvester_test_oven" not in model.devices
    assert oven not in retained(broker.port)
    node.stop()
    (plugins / "steps.py").unlink()
    (plugins / "oven.py").write_text(PLUGIN)
    start(settings(broker))
    with Listener(broker.port, "homeassistant/device/#", "harvester/#") as listener:
        wait_until("the device goes", lambda: listener.last(steps) == "", 120)
        wait_until("its state goes", lambda: listener.last("harvester/test/sensors/steps/state") == "")
    # Home Assistant was off: it finds what it has to forget, and then that it is gone.
    with Listener(broker.port, "homeassistant/device/#", options=("-R",)) as listener:
        broker.publish("homeassistant/status", "online")
        wait_until("it is told", lambda: listener.payloads(steps)[-1:] == [""])
        texts = [json.loads(text) for text in listener.payloads(steps) if text]
        assert texts[0]["cmps"]["count"]["unique_id"] == "harvester_test_steps_count"
        assert texts[-1]["cmps"]["count"] == {"p": "sensor"}


def test_a_sensor_that_never_worked_leaves_no_state(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """It has no device; without Home Assistant, too."""
    (plugins / "oven.py").write_text("def poll():\n    raise RuntimeError('the wire is broken')\n")
    node = start(settings(broker, discovery=False))
    state = "harvester/test/sensors/oven/state"
    with Listener(broker.port, state) as listener:
        assert "error" in listener.json(state)
        node.stop()
        (plugins / "oven.py").unlink()
        start(settings(broker, discovery=False))
        wait_until("its state goes", lambda: listener.last(state) == "", 120)


def test_the_list_of_an_earlier_version_is_read(start: Start, plugins: Path, broker: Mosquitto, tmp_path: Path) -> None:
    """It has the node's own device among the others; that one stays."""
    (plugins / "oven.py").write_text(PLUGIN)
    node = start(settings(broker))
    config, state, saved = "homeassistant/device/harvester_test/config", "harvester/test/state", tmp_path / "data" / "mqtt.json"
    with Listener(broker.port, config) as listener:
        listener.wait(config)
    node.stop()
    lists = json.loads(saved.read_text())
    assert [*lists["own"]["devices"]] == ["harvester_test"]
    lists["devices"].update(lists.pop("own")["devices"])
    lists["gone"]["harvester_test sensor"] = {"old": "sensor"}
    saved.write_text(json.dumps(lists))
    start(settings(broker))
    with Listener(broker.port, config, state, options=("-R",)) as listener:
        wait_until("what is not there would be removed: 30 s after the start", lambda: len(listener.payloads(state)) > 7)
        assert all(listener.payloads(config)), listener.payloads(config)
    assert retained(broker.port)[config]


def test_another_name_of_the_node_leaves_nothing(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """What the node had retained under the old one is cleared: states of sensors and its own."""
    (plugins / "oven.py").write_text(PLUGIN)
    node = start(settings(broker))
    with Listener(broker.port, "harvester/#") as listener:
        listener.wait("harvester/test/sensors/oven/state")
        listener.wait("harvester/test/state")
    node.stop()
    start({**settings(broker), "cluster": {"node_id": "new"}})
    with Listener(broker.port, "harvester/new/sensors/oven/state") as listener:
        listener.wait("harvester/new/sensors/oven/state")
    wait_until("nothing is left", lambda: not [topic for topic in retained(broker.port) if "/test/" in topic
                                               or "_test" in topic], 120)


def test_a_start_that_ends_at_once_settles_nothing(start: Start, plugins: Path, broker: Mosquitto) -> None:
    """Home Assistant stops in the pause before the node tells it what is gone: it is told at its next start."""
    (plugins / "steps.py").write_text(COUNTER)
    start(settings(broker))
    steps, state = "homeassistant/device/harvester_test_steps/config", "harvester/test/state"
    with Listener(broker.port, steps, state) as listener:
        listener.wait(steps)
        (plugins / "steps.py").unlink()
        wait_until("the device goes", lambda: listener.last(steps) == "")
        for text in ("online", "offline"):
            broker.publish("homeassistant/status", text, "-q", "1")
        before = len(listener.payloads(state))
        wait_until("the pause has passed: 5 s, as between two states",
                   lambda: len(listener.payloads(state)) > before + 2)
        assert listener.last(steps) == ""
        broker.publish("homeassistant/status", "online", "-q", "1")
        told = len(listener.payloads(steps))
        wait_until("it is told", lambda: len(listener.payloads(steps)) > told and listener.last(steps) == "")
