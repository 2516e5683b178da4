"""The tables of the runtime, and the old contract inside the new one, against the WIT files."""
import tomllib

import pytest
import wit

from harvester_runtime import exported, imports

KINDS = {"list<u8>": "bytes", "mode": "Mode", "level": "Level"}
IMPORTS = [name for name in wit.read("harvester")
           if name != "script" and not name.endswith("-logic")]
PLUGINS = ["bh1750", "bme680", "dashboard", "dht22", "oled", "pi4-monitor",
           *(f"extra/{path.parent.name}" for path in (wit.ROOT / "plugins/extra").glob("*/plugin.py"))]


def test_new_package_holds_the_old_imports_unchanged() -> None:
    new = wit.read("harvester")
    compared = 0
    for name, interface in wit.read("demo").items():
        if name.endswith("-logic"):
            continue
        for function, parameters in interface.functions.items():
            assert new[name].functions[function] == parameters
            assert new[name].results[function] == interface.results[function]
            compared += 1
    assert compared == 21


@pytest.mark.parametrize("name", IMPORTS)
def test_every_import_is_checked(name: str) -> None:
    declared = {wit.snake(function): " ".join(KINDS.get(kind, kind) for _, kind in parameters)
                for function, parameters in wit.read("harvester")[name].functions.items()}
    assert imports.SIGNATURES[wit.snake(name)] == declared


def test_known_records_have_the_order_of_the_contract() -> None:
    declared = {}
    for package in ("demo", "harvester"):
        for name, interface in wit.read(package).items():
            # A declaration names its members: which of them are there is up to the plugin.
            if name.endswith("-logic") and name != "description-logic" and interface.records:
                declared[wit.snake(name)] = {wit.camel(record): tuple(map(wit.snake, fields))
                                             for record, fields in interface.records.items()}
    assert exported.KNOWN_RECORDS == declared


@pytest.mark.parametrize("name", PLUGINS)
def test_permissions_ask_for_what_the_source_uses(name: str) -> None:
    folder = wit.ROOT / "plugins" / name
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    asked = set(tomllib.loads((folder / "permission.toml").read_text()))
    used = {"allow_leds": "led_controller.set", "allow_buzzer": "buzzer_controller.",
            "allow_fan": "fan_controller.",
            "allow_i2c": "i2c.", "allow_gpio": "read_dht22", "allow_spi": "spi.",
            "allow_uart": "uart.", "allow_gpio_in": "gpio.capture", "allow_w1": "one_wire."}
    asked.discard("share_i2c")  # of what is asked for
    assert asked == {key for key, call in used.items() if call in source}
