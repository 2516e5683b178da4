"""What Home Assistant wants of a device's discovery message, and a model of what it makes of a
series of them. By https://www.home-assistant.io/integrations/mqtt/ and its source."""
import json
import re
from typing import Any

TOPIC = re.compile(r"^homeassistant/device/([A-Za-z0-9_-]+)/config$")
ENTITY_ID = re.compile(r"^(sensor|binary_sensor|button|light|update)\.[a-z0-9_]+$")
DEVICE_KEYS = {"ids", "cns", "name", "mf", "mdl", "mdl_id", "hw", "sw", "sn", "sa", "cu", "via_device"}
COMMON = {"p", "unique_id", "name", "default_entity_id", "availability", "availability_mode",
          "device_class", "entity_category", "enabled_by_default"}
STATE = {"state_topic", "value_template", "expire_after"}
PLATFORMS = {
    "sensor": COMMON | STATE | {"unit_of_measurement", "state_class", "suggested_display_precision"},
    "binary_sensor": COMMON | STATE | {"payload_on", "payload_off"},
    "update": COMMON | {"state_topic", "value_template", "title", "command_topic", "payload_install"},
    "button": COMMON | {"command_topic", "payload_press"},
    "light": COMMON | {"command_topic", "schema", "command_on_template", "command_off_template",
                       "red_template", "green_template", "blue_template", "optimistic"},
}
STATE_CLASSES = {"measurement", "total", "total_increasing"}


def check(topic: str, config: dict[str, Any]) -> None:
    """Fail if Home Assistant would refuse the message, or a part of it."""
    assert TOPIC.match(topic), topic
    assert set(config) == {"dev", "o", "cmps", "qos"}, config
    assert config["o"]["name"] and config["dev"]["ids"]
    assert set(config["dev"]) <= DEVICE_KEYS, config["dev"]
    assert config["dev"]["name"]
    for key, component in config["cmps"].items():
        assert re.match(r"^[A-Za-z0-9_-]+$", key), key
        platform = component["p"]
        if len(component) == 1:  # the first step of a removal
            continue
        assert set(component) <= PLATFORMS[platform], set(component) - PLATFORMS[platform]
        assert component["unique_id"] and ENTITY_ID.match(component["default_entity_id"])
        assert component["default_entity_id"].startswith(platform + ".")
        assert component.get("name") or component.get("device_class"), component  # it has names for its classes
        if component.get("device_class") == "connectivity":  # it has a state also when there is no connection
            assert (component["payload_on"], component["payload_off"]) == ("online", "offline")
        elif platform in ("sensor", "binary_sensor"):
            assert not set("+#\0") & set(component["state_topic"])
            assert component["expire_after"] > 0
            assert component["availability"]
            for template in [component["value_template"], *(item.get("value_template", "")
                                                            for item in component["availability"])]:
                # An empty message has no value_json, and Home Assistant would log an error.
                assert "value_json[" not in template, template
        if "state_class" in component:
            assert component["state_class"] in STATE_CLASSES


class Model:
    """What Home Assistant knows after these messages, if it was there for all of them."""

    def __init__(self) -> None:
        self.devices: dict[str, dict[str, Any]] = {}
        self.left: list[str] = []  # entities that vanished without the first step

    def take(self, topic: str, payload: str) -> None:
        """One message on homeassistant/device/+/config."""
        match = TOPIC.match(topic)
        assert match, topic
        device = match[1]
        if not payload:
            self.devices.pop(device, None)
            return
        config = json.loads(payload)
        check(topic, config)
        known = self.devices.setdefault(device, {})
        for key, component in config["cmps"].items():
            if len(component) == 1:
                known.pop(key, None)
            else:
                known[key] = component
        self.left += [f"{device} {key}" for key in set(known) - set(config["cmps"])]

    def entities(self) -> set[str]:
        """All unique ids."""
        return {component["unique_id"] for device in self.devices.values()
                for component in device.values()}
