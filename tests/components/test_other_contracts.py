"""Components of any contract: what fits runs, what does not is refused at load, and says why."""
import shutil
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

import wasm
from conftest import CONFIG
from node import ROOT, Harvester, simulated

HERE = Path(__file__).resolve().parent
HAS = "which this host does not have (it has demo:plugin@0.2 and harvester:plugin@0.1): " \
      "build the component for one of these"
BUILD = ": build the component with this version's wit/"
TRANSFER = "func(addr: u8, write-data: string, read-len: u32) -> result<string, string>"


def transfer(interface: str, name: str = "transfer", **changes: Any) -> wasm.Import:
    """An import like that of i2c's transfer."""
    return wasm.Import(interface, name, changes.get("parameters", {
        "addr": wasm.U8, "write-data": wasm.STRING, "read-len": wasm.U32}),
        changes.get("result", wasm.RESULT_OF_STRINGS))


ACCEPTED = {
    "the-contract": transfer("demo:plugin/i2c@0.2.0"),
    "its-next-patch": transfer("demo:plugin/i2c@0.2.7"),
    "the-new-package": transfer("harvester:plugin/i2c@0.1.0"),
}

REFUSED = {
    "another-package": (
        wasm.Import("acme:thing/part@0.1.0", "do-it", {}, None),
        f"imports acme:thing/part@0.1.0#do-it, {HAS}"),
    "newer-version": (
        transfer("demo:plugin/i2c@0.3.0"), f"imports demo:plugin/i2c@0.3.0#transfer, {HAS}"),
    "older-version": (
        transfer("demo:plugin/i2c@0.1.0"), f"imports demo:plugin/i2c@0.1.0#transfer, {HAS}"),
    "version-that-begins-alike": (
        transfer("demo:plugin/i2c@0.20.0"), f"imports demo:plugin/i2c@0.20.0#transfer, {HAS}"),
    "no-version": (
        transfer("demo:plugin/i2c"), f"imports demo:plugin/i2c#transfer, {HAS}"),
    "another-interface": (
        transfer("demo:plugin/i3c@0.2.0"), f"imports demo:plugin/i3c@0.2.0#transfer, {HAS}"),
    "another-function": (
        transfer("demo:plugin/i2c@0.2.0", "explode"),
        f"imports demo:plugin/i2c@0.2.0#explode, {HAS}"),
    "another-type": (
        transfer("demo:plugin/i2c@0.2.0", parameters={"x": wasm.U32}, result=wasm.U32),
        "imports demo:plugin/i2c@0.2.0#transfer as func(x: u32) -> u32, "
        f"this host has {TRANSFER}{BUILD}"),
    "no-result": (
        transfer("demo:plugin/i2c@0.2.0", result=None),
        "imports demo:plugin/i2c@0.2.0#transfer as "
        f"func(addr: u8, write-data: string, read-len: u32), this host has {TRANSFER}{BUILD}"),
    "another-name-of-an-argument": (
        transfer("demo:plugin/i2c@0.2.0", parameters={
            "address": wasm.U8, "write-data": wasm.STRING, "read-len": wasm.U32}),
        "imports demo:plugin/i2c@0.2.0#transfer as func(address: u8, write-data: string, "
        f"read-len: u32) -> result<string, string>, this host has {TRANSFER}{BUILD}"),
    "more-than-the-type": (
        wasm.Import("demo:plugin/led-controller@0.2.0", "clear", {}, wasm.U32),
        f"imports demo:plugin/led-controller@0.2.0#clear as func() -> u32, this host has func(){BUILD}"),
}

# What every kind of WIT type becomes in a reading; shapes/plugin.py gives it.
SHAPES = {
    "not_a_number": None,
    "too_much": None,
    "matrix": [[1.5, 2.5], [], [-0.5]],
    "nothing": None,
    "something": 7,
    "quality": "bad-air",
    "weather": [["calm", None], ["wind", 3.5], ["gusts", [1.0, 2.0]]],
    "marks": ["first", "third"],
    "place": {"room": "attic", "floor": -3},
    "pair": [9, "nine"],
    "outcome": [False, "no luck"],
    "letter": "é",
    "smallest": -2 ** 63,
    "largest": 2 ** 63 - 1,
    "error": "not_a_number is nan; too_much is inf",
}


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """A host with all of these components; those to be refused have an import that fits, too."""
    folder = tmp_path_factory.mktemp("contracts")
    plugins = folder / "plugins"
    plugins.mkdir()
    for name, wanted in ACCEPTED.items():
        (plugins / f"{name}.wasm").write_bytes(wasm.component(1, [wanted]))
    for name, (wanted, _) in REFUSED.items():
        fits = wasm.Import("demo:plugin/system-info@0.2.0", "get-uptime", {}, wasm.U64)
        (plugins / f"{name}.wasm").write_bytes(wasm.component(2, [fits, wanted]))
    (plugins / "nothing-to-call.wasm").write_bytes(wasm.component())
    with Harvester(folder, CONFIG, plugins) as harvester:
        harvester.wait_until("every plugin runs or is refused", lambda: all(
            plugin["state"] in ("idle", "failed", "backoff")
            for plugin in harvester.all_plugins().values()))
        yield harvester


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(contracts: Harvester, name: str) -> None:
    """It runs."""
    assert contracts.wait_for_data(name, "is there", bool) == {"value": 1}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(contracts: Harvester, name: str) -> None:
    """It never ran, and the reason is in its state, in the log and in place of its reading."""
    reason = REFUSED[name][1]
    plugin = contracts.all_plugins()[name]
    assert (plugin["state"], plugin["reason"], plugin["pid"]) == ("failed", reason, 0)
    assert (plugin["polls"], plugin["restarts"]) == (0, 0)
    assert f" error {name}: {reason}\n" in contracts.text()
    assert f" error {name}: stays off until its file changes: {reason}\n" in contracts.text()
    assert contracts.data(name)["error"] == reason


@pytest.mark.parametrize("request_text, reason", [
    ("", "imports i2c, which it was not granted (strict_imports is true); to request it, add "
         "`allow_i2c = [ADDRESS]` to one.permission.toml"),
    ("allow_i2c = [0x40]\n", "imports i2c, which the owner has withheld (strict_imports is true); to let it run "
                            "all the same, the owner sets strict_imports = false"),
    ("allow_i2c = [0x23]\n", None)])
def test_strict_imports(tmp_path: Path, plugins: Path, request_text: str,
                        reason: str | None) -> None:
    """Where the owner wants it, an interface without a grant is refused like an unknown one."""
    (plugins / "one.wasm").write_bytes(wasm.component(1, [ACCEPTED["the-contract"]]))
    (plugins / "one.permission.toml").write_text(request_text)
    config = simulated({"permissions": {"auto_approve": True, "strict_imports": True,
                                        "deny_i2c": [0x40]}})
    with Harvester(tmp_path, config, plugins) as harvester:
        if reason is None:
            assert harvester.wait_for_value("one") == {"value": 1}
            return
        harvester.wait_until("it is off", lambda: harvester.plugin("one")["state"] == "failed")
        assert harvester.plugin("one")["reason"] == reason
        assert f" error one: {reason}\n" in harvester.text()
        (plugins / "one.permission.toml").write_text("allow_i2c = [0x23]\n")
        assert harvester.wait_for_value("one") == {"value": 1}


def test_nothing_to_call(contracts: Harvester) -> None:
    """A component without any of the functions that a host calls."""
    plugin = contracts.all_plugins()["nothing-to-call"]
    assert plugin["state"] == "backoff"
    assert plugin["reason"] == "exports no poll(), render(string) or update(string)"


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvester]:
    """A Python component with a contract of its own; every second poll raises."""
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "plugins").mkdir()
    component = subprocess.run(
        [ROOT / "tools" / "build-component", "shapes", HERE / "shapes", "shapes", HERE / "shapes",
         "plugin"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    shutil.copy(component, folder / "plugins" / "shapes.wasm")
    with Harvester(folder, CONFIG) as harvester:
        harvester.wait_for_log(": compiled shapes in ", seconds=120)
        yield harvester


def test_every_kind_of_type(shapes: Harvester) -> None:
    """As a reading; a number that is none is null, and said."""
    good = shapes.wait_until("a good reading", lambda: shapes.data("shapes:1"))
    assert {field: good.get(field) for field in SHAPES} == SHAPES


def test_exception(shapes: Harvester) -> None:
    """The log has the traceback, with file and line of the plugin's source, once for each."""
    lines = (HERE / "shapes" / "plugin.py").read_text().splitlines()
    raised = next(i for i, line in enumerate(lines, 1) if "raise LookupError" in line)
    called = next(i for i, line in enumerate(lines, 1) if line.strip() == "fail()")
    shapes.wait_for_log("starts again in ")
    log = shapes.text()
    places = [log.index("Traceback (most recent call last):"),
              log.index(f'plugin.py", line {called}, in poll'),
              log.index(f'plugin.py", line {raised}, in fail'),
              log.index("LookupError: the sensor fell off the wall"),
              log.index(" error shapes: ")]
    assert places == sorted(places)


def test_starts_again_after_an_exception(shapes: Harvester) -> None:
    """In a new instance: its first poll is good again."""
    def polled_again() -> dict[str, Any] | None:
        plugin = shapes.all_plugins()["shapes"]
        return plugin if plugin["restarts"] and plugin["polls"] >= 3 else None
    assert shapes.wait_until("a poll after the restart", polled_again)["kills"] == 0


def test_exception_is_one_error(shapes: Harvester) -> None:
    """Every second poll fails."""
    plugin = shapes.wait_until("a restart", lambda: shapes.all_plugins()["shapes"]["restarts"]
                         and shapes.all_plugins()["shapes"])
    assert plugin["errors"] == plugin["polls"] // 2
