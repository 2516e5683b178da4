"""What a real Home Assistant makes of the messages of the real node, over a real broker."""
import json
from pathlib import Path
from typing import Callable

from bundles import Key, write_plugin
from homeassistant import HomeAssistant
from mosquitto import Listener, Mosquitto, wait_until
from node import COUNTER, Harvester, command

Start = Callable[..., Harvester]

OVEN = """
polls = 0

def poll():
    global polls
    polls += 1
    if IS_LOOSE and polls // 40 % 2:
        raise RuntimeError("the wire is loose")
    return {"sensor_id": "oven", "temperature": 21.5, "open": True, "mode": "grill", "energy": 3.25}

def describe():
    return [{"field": "temperature", "unit": "°C", "quantity": "temperature", "kind": "measurement",
             "decimals": 1},
            {"field": "energy", "unit": "kWh", "quantity": "energy", "kind": "counter"},
            {"field": "open", "quantity": "door", "kind": "switch"}]
""".replace("IS_LOOSE", "False")


def is_number(state: str) -> bool:
    """Neither unknown nor unavailable."""
    return state.replace(".", "", 1).isdigit()


def ours(home: HomeAssistant, node: str) -> dict[str, dict]:
    """The registry's entities of one node, by their unique id."""
    return {key: item for key, item in home.entities().items() if key.startswith(f"harvester_{node}_")}


def test_sensors_are_there_with_units_and_classes(home: HomeAssistant, start: Start, plugins: Path) -> None:
    """Without a line of configuration in Home Assistant: states, classes, device, room, topology."""
    (plugins / "oven.py").write_text(OVEN)
    start("pi", {"sensors.oven": {"name": "Backofen", "room": "Küche"}})
    temperature = home.wait_for_state("sensor.pi_oven_temperature", "21.5")["attributes"]
    assert temperature["unit_of_measurement"] == "°C"
    assert (temperature["device_class"], temperature["state_class"]) == ("temperature", "measurement")
    assert temperature["friendly_name"] == "Backofen Temperature"
    energy = home.wait_for_state("sensor.pi_oven_energy", "3.25")["attributes"]
    assert (energy["device_class"], energy["state_class"]) == ("energy", "total_increasing")
    assert home.wait_for_state("binary_sensor.pi_oven_open", "on")["attributes"]["device_class"] == "door"
    assert "state_class" not in home.wait_for_state("sensor.pi_oven_mode", "grill")["attributes"]
    devices = home.devices()
    oven, node = devices["harvester_pi_oven"], devices["harvester_pi"]
    assert (oven["name"], home.area(oven), oven["via_device_id"]) == ("Backofen", "Küche", node["id"])
    entity = ours(home, "pi")["harvester_pi_oven_temperature"]
    assert (entity["entity_id"], entity["device_id"]) == ("sensor.pi_oven_temperature", oven["id"])
    assert entity["options"]["sensor"]["suggested_display_precision"] == 1


def test_the_node_is_a_device(home: HomeAssistant, start: Start, plugins: Path) -> None:
    """Its memory, load and uptime, and a problem of each plugin and each alert."""
    (plugins / "oven.py").write_text(OVEN)
    start("hub")
    home.wait_for_state("sensor.hub_memory", is_number)
    home.wait_for_state("sensor.hub_uptime", is_number)
    home.wait_for_state("sensor.hub_load", is_number)
    assert home.wait_for_state("binary_sensor.hub_connected", "on")["attributes"]["device_class"] == "connectivity"
    assert home.wait_for_state("binary_sensor.hub_plugin_oven", "off")["attributes"]["device_class"] == "problem"
    assert ours(home, "hub")["harvester_hub_plugins_oven"]["entity_category"] == "diagnostic"


def test_what_failed_is_unavailable(home: HomeAssistant, start: Start, plugins: Path) -> None:
    """Neither the last good value nor 0; and the value is back after the next good poll."""
    (plugins / "oven.py").write_text(OVEN.replace("False", "True", 1))
    start("flaky")
    for state in ("21.5", "unavailable", "21.5"):
        home.wait_for_state("sensor.flaky_oven_temperature", state)


def test_a_dead_node_is_unavailable(home: HomeAssistant, start: Start, plugins: Path) -> None:
    """A killed one by its last will; the next start of it brings the values back."""
    (plugins / "oven.py").write_text(OVEN)
    node = start("mortal")
    home.wait_for_state("sensor.mortal_oven_temperature", "21.5")
    node.process.kill()
    node.process.wait()
    home.wait_for_state("sensor.mortal_oven_temperature", "unavailable")
    home.wait_for_state("sensor.mortal_memory", "unavailable")
    home.wait_for_state("binary_sensor.mortal_connected", "off")
    start("mortal")
    home.wait_for_state("sensor.mortal_oven_temperature", "21.5")


def test_another_name_keeps_the_entity(home: HomeAssistant, start: Start, plugins: Path) -> None:
    """A new name and room of the owner change what is shown, and no id."""
    (plugins / "oven.py").write_text(OVEN)
    node = start("named", {"sensors.oven": {"name": "Oven"}})
    home.wait_for_state("sensor.named_oven_temperature", "21.5")
    before = {key: item["entity_id"] for key, item in ours(home, "named").items()}
    node.stop()
    start("named", {"sensors.oven": {"name": "Stove"}})
    wait_until("the device has its new name", lambda: home.devices()["harvester_named_oven"]["name"] == "Stove")
    home.wait_for_state("sensor.named_oven_temperature", "21.5")
    assert {key: item["entity_id"] for key, item in ours(home, "named").items()} == before


def test_what_is_gone_leaves_no_orphan(home: HomeAssistant, start: Start, plugins: Path) -> None:
    """A plugin that is removed, and one that is removed while the node is off."""
    (plugins / "oven.py").write_text(OVEN)
    (plugins / "steps.py").write_text(COUNTER)
    node = start("tidy")
    home.wait_for_state("sensor.tidy_oven_temperature", "21.5")
    home.wait_for_state("sensor.tidy_steps_count", is_number)
    (plugins / "oven.py").unlink()
    wait_until("the oven's device goes", lambda: "harvester_tidy_oven" not in home.devices())
    wait_until("its entities go", lambda: not any("oven" in key for key in ours(home, "tidy")))
    assert home.state("sensor.tidy_oven_temperature") is None
    node.stop()
    (plugins / "steps.py").unlink()
    (plugins / "other.py").write_text(COUNTER)
    start("tidy")
    wait_until("the steps' device goes", lambda: "harvester_tidy_steps" not in home.devices(), 120)
    wait_until("its entities go", lambda: not any("steps" in key for key in ours(home, "tidy")))
    assert "harvester_tidy_other" in home.devices()


def test_another_kind_of_value_leaves_no_orphan(home: HomeAssistant, start: Start, plugins: Path, broker: Mosquitto) -> None:
    """A switch that became a number while Home Assistant was off is one entity there, not two."""
    (plugins / "door.py").write_text("def poll():\n    return {'open': True}\n")
    start("kinds")
    home.wait_for_state("binary_sensor.kinds_door_open", "on")
    home.stop()
    (plugins / "door.py").write_text("def poll():\n    return {'open': 7}\n")
    topic = "homeassistant/device/harvester_kinds_door/config"
    with Listener(broker.port, topic) as listener:
        listener.json(topic, lambda config: config["cmps"]["open"]["p"] == "sensor" and len(config["cmps"]["open"]) > 1)
    home.start()
    home.wait_for_state("sensor.kinds_door_open", "7")
    wait_until("the switch goes", lambda: home.state("binary_sensor.kinds_door_open") is None)


def test_an_alert_is_a_problem(home: HomeAssistant, start: Start, plugins: Path) -> None:
    """It is on while the alert fires."""
    (plugins / "oven.py").write_text(OVEN)
    node = start("alarm")
    rule = {"name": "too-hot", "sensor": "oven", "field": "temperature", "above": 20}
    assert node.send("POST", "/api/v1/alerts", rule)[0] == 201
    found = home.wait_for_state("binary_sensor.alarm_alert_too_hot", "on")
    assert found["attributes"]["device_class"] == "problem"
    assert node.send("PATCH", "/api/v1/alerts/too-hot", {"above": 30})[0] == 200
    home.wait_for_state("binary_sensor.alarm_alert_too_hot", "off")


def test_an_update_is_installed(home: HomeAssistant, start: Start, plugins: Path, tmp_path: Path) -> None:
    """Home Assistant shows the version that waits; its button installs it."""
    key = Key(tmp_path, "author")
    start("fresh", {"permissions": {"auto_approve": False}, "updates": {"trusted_keys": [key.text()]}},
          allow_approve=True)
    for counter, permission in ((1, ""), (2, "allow_gpio = [5]\n")):
        folder = write_plugin(tmp_path / str(counter) / "lamp", f"def poll():\n    return {{'value': {counter}}}\n",
                              permission, f'version = "{counter}.0"\ncounter = {counter}\n')
        path = tmp_path / f"lamp-{counter}.bundle"
        assert command("bundle", "build", folder, "-o", path).returncode == 0
        key.sign(path)
        assert command("plugin", "install", path, "--plugins", plugins).returncode == 0
        home.wait_for_state("sensor.fresh_lamp_value", "1")
    update = home.wait_for_state("update.fresh_update_lamp", "on")["attributes"]
    assert (update["installed_version"], update["latest_version"]) == ("1.0", "2.0")
    assert update["release_summary"] == "requests GPIO5"
    home.service("update", "install", "update.fresh_update_lamp")
    home.wait_for_state("update.fresh_update_lamp", "off")
    home.wait_for_state("sensor.fresh_lamp_value", "2")


def test_commands_reach_the_node(home: HomeAssistant, start: Start, broker: Mosquitto) -> None:
    """Buttons and the light do what they say."""
    node = start("handy", allow_buzzer=True, allow_fan=True, allow_leds=True)
    with Listener(broker.port, "harvester/handy/answer") as listener:
        wait_until("the listener is there", lambda: "harvester/handy/answer" in broker.log())
        home.wait_for_state("button.handy_buzzer", "unknown")
        home.wait_for_state("light.handy_leds", lambda state: state != "unavailable")
        home.service("button", "press", "button.handy_buzzer")
        home.service("button", "press", "button.handy_fan")
        home.service("light", "turn_on", "light.handy_leds", rgb_color=[255, 136, 0])
        home.service("light", "turn_off", "light.handy_leds")
        wait_until("four answers", lambda: len(listener.payloads("harvester/handy/answer")) == 4)
        answers = [json.loads(text) for text in listener.payloads("harvester/handy/answer")]
    assert [(answer["command"], answer["ok"]) for answer in answers] == [
        ("buzzer", True), ("fan", True), ("leds", True), ("leds", True)], answers
    assert node.get_json("/api/v1/mqtt")["counters"]["commands_refused"] == 0


def test_a_start_of_home_assistant_costs_one_message_a_device(home: HomeAssistant, start: Start, plugins: Path,
                                                              broker: Mosquitto) -> None:
    """Its birth message brings everything back, and what vanished while it was off is gone."""
    (plugins / "oven.py").write_text(OVEN)
    (plugins / "steps.py").write_text(COUNTER)
    node = start("again")
    home.wait_for_state("sensor.again_oven_temperature", "21.5")
    home.wait_for_state("sensor.again_steps_count", is_number)
    home.stop()
    (plugins / "steps.py").unlink()
    with Listener(broker.port, "homeassistant/device/+/config") as listener:
        wait_until("the device goes",
                   lambda: listener.last("homeassistant/device/harvester_again_steps/config") == "")
    with Listener(broker.port, "homeassistant/device/+/config", options=("-R",)) as listener:
        home.start()
        home.wait_for_state("sensor.again_oven_temperature", "21.5")
        wait_until("the orphan goes", lambda: "harvester_again_steps" not in home.devices())
        births = node.get_json("/api/v1/mqtt")["counters"]["births"]
        sent = len(listener.payloads("homeassistant/device/harvester_again_oven/config"))
    assert births == 1 and sent == 1
    assert not any("steps" in key for key in ours(home, "again"))
