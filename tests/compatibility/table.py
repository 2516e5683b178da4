"""Tries drivers and the standard library in the sandbox, and makes docs/COMPATIBILITY.md of what
came out.

    table.py          write the file
    table.py --check  say how it differs
"""
import collections
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Iterator

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support"), str(HERE.parent / "runtime")]

import drivers  # noqa: E402
import stdlib  # noqa: E402
from node import PROGRAM, ROOT, Harvester, simulated  # noqa: E402

DOCUMENT = ROOT / "docs" / "COMPATIBILITY.md"
CONSTRAINTS = HERE / "requirements.txt"
EXTRA_DEVICES = ("bme280", "mcp3008", "pms5003", "sds011", "button", "pca9685")
SECONDS = 25  # for a driver to give a reading that is right
SIMULATED, AT_THE_BOUNDARY, FAILS = "simulated chip", "fake chip at the host calls", "fails"

Row = tuple[str, ...]


# Packages

def cache() -> Path:
    """The folder of the packages, named by what is in it."""
    text = CONSTRAINTS.read_text() + "".join(driver.package for driver in drivers.DRIVERS)
    folder = subprocess.run([ROOT / "tools" / "cache-dir"], capture_output=True, text=True,
                            check=True).stdout.strip()
    return Path(folder) / f"packages-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def plugin_folder(driver: drivers.Driver) -> Path:
    """A plugin with its package, put there by `add-package` once."""
    folder = cache() / driver.name
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "plugin.py").write_text("")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # with a pip
        done = subprocess.run([PROGRAM, "plugin", "add-package", folder, driver.package],
                              env=os.environ | {"PIP_CONSTRAINT": str(CONSTRAINTS), "PATH": path},
                              capture_output=True, text=True, check=False)
        (folder / "done").write_text(done.stderr)
        if done.returncode and not driver.expected_to_fail:
            (folder / "done").unlink()
            raise RuntimeError(f"{driver.package}: {done.stderr}")
    return folder


def refusal(driver: drivers.Driver) -> str:
    """Why the package could not be added; empty where it was."""
    return (plugin_folder(driver) / "done").read_text().strip()


# In the sandbox

def batches() -> Iterator[list[drivers.Driver]]:
    """Drivers that can run at the same time: one for each device."""
    by_device = collections.defaultdict(list)
    for driver in drivers.DRIVERS:
        if driver.device and not refusal(driver):
            by_device[driver.device].append(driver)
    while any(by_device.values()):
        yield [queue.pop(0) for queue in by_device.values() if queue]


def run_batch(batch: list[drivers.Driver], folder: Path) -> dict[str, str]:
    """What is wrong with each driver; empty where nothing is."""
    plugins = folder / "plugins"
    for driver in batch:
        shutil.copytree(plugin_folder(driver), plugins / driver.name)
        shutil.copytree(drivers.FOLDER / driver.name, plugins / driver.name, dirs_exist_ok=True)
    config = simulated({"polling": {"interval_seconds": 0.5},
                        "hardware": {"devices": EXTRA_DEVICES}})
    with Harvester(folder, config, plugins) as node:
        return watch(node, batch)


def watch(node: Harvester, batch: list[drivers.Driver]) -> dict[str, str]:
    """Wait until every driver's reading is right, or for so long."""
    wrong = {driver.name: "no reading" for driver in batch}
    end = time.monotonic() + SECONDS
    while any(wrong[driver.name] for driver in batch if not driver.expected_to_fail) \
            and time.monotonic() < end:
        truth = node.get_json("/api/v1/simulation")
        for driver in batch:
            if wrong[driver.name]:
                wrong[driver.name] = judge(driver, node.data(driver.name), truth)
        time.sleep(0.2)
    for driver in batch:
        if driver.expected_to_fail:
            node.wait_until(f"{driver.name} fails", lambda name=driver.name: node.data(name))
            wrong[driver.name] = judge(driver, node.data(driver.name), {})
    return wrong


def judge(driver: drivers.Driver, reading: dict[str, Any], truth: dict[str, Any]) -> str:
    """What is wrong with a reading."""
    if not reading:
        return "no reading"
    if "error" in reading:
        return str(reading["error"])
    known = truth.get(driver.device, {})
    return "" if driver.check(reading, known) else f"{reading} is not {known}"


# At the boundary, on this machine's Python

def run_alone(driver: drivers.Driver) -> str:
    """The same plugin over a chip of fake_chips.py; a process of its own, since it has the runtime."""
    done = subprocess.run([sys.executable, HERE / "alone.py", driver.name, plugin_folder(driver)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().rpartition("\n")[2]
    answer = json.loads(done.stdout)
    return "" if driver.check(answer["reading"], answer["truth"]) else str(answer)


# The tables

def try_drivers() -> dict[str, str]:
    """What is wrong with each."""
    wrong = {driver.name: refusal(driver) for driver in drivers.DRIVERS}
    with tempfile.TemporaryDirectory(prefix="harvester-compatibility-") as name:
        for number, batch in enumerate(batches()):
            folder = Path(name) / str(number)
            folder.mkdir()
            wrong |= run_batch(batch, folder)
    for driver in drivers.DRIVERS:
        if not driver.device:
            wrong[driver.name] = run_alone(driver)
    return wrong


def driver_rows(wrong: dict[str, str]) -> Iterator[Row]:
    """A row for each; those that fail last, with the reason."""
    for driver in sorted(drivers.DRIVERS, key=lambda driver: bool(driver.expected_to_fail)):
        error = wrong[driver.name]
        if driver.expected_to_fail:
            known = re.search(driver.expected_to_fail, error)
            result = f"{FAILS}: {driver.why}" if known else f"changed: {error or 'it works now'}"
        else:
            result = "its values" if not error else f"FAILS: {error}"
        place = SIMULATED if driver.device else AT_THE_BOUNDARY
        package, _, version = driver.package.partition("==")
        yield package, version, driver.speaks, f"{driver.device or driver.name}, {place}", result


def try_stdlib() -> list[dict[str, Any]]:
    """The readings of stdlib.py."""
    with tempfile.TemporaryDirectory(prefix="harvester-compatibility-") as name:
        plugin = Path(name) / "plugins" / "stdlib"
        plugin.mkdir(parents=True)
        shutil.copy(HERE / "stdlib.py", plugin / "plugin.py")
        with Harvester(Path(name), simulated(), plugin.parent) as node:
            node.wait_until("the modules are tried", lambda: len(node.readings()) >= COUNT)
            return [reading["data"] for reading in node.readings().values()]


COUNT = sum(map(len, (stdlib.WORKS, stdlib.PARTLY, stdlib.IMPORT_ONLY, stdlib.ABSENT)))


def stdlib_lines(results: list[dict[str, Any]]) -> Iterator[str]:
    """Four lists, and what is not as stdlib.py says."""
    kinds: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for result in sorted(results, key=lambda result: str(result["name"])):
        kinds[str(result["kind"])].append(result)
    names = {kind: ", ".join(f"`{result['name']}`" for result in found)
             for kind, found in kinds.items()}
    yield f"**Work**: {names['works']}.\n"
    yield "**Work in part**:\n\n| module | |\n|---|---|"
    for result in kinds["partly"]:
        yield f"| `{result['name']}` | {result['words']} |"
    yield f"\n**Can be imported**, and raise an error that says why not when used: {names['imports']}.\n"
    yield f"**Not there** (ModuleNotFoundError): {names['absent']}, and others.\n"
    for result in results:
        if result.get("error") or (result["kind"] != "works" and "raises" not in result):
            yield f"**Changed**: `{result['name']}`: {result}\n"


def document() -> str:
    """The whole file."""
    rows = list(driver_rows(try_drivers()))
    lines = [(HERE / "head.md").read_text(),
             "| package | version | speaks | tried on | gives |\n|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["\n## The standard library\n", *stdlib_lines(try_stdlib())]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines).rstrip() + "\n")


def main() -> int:
    """Write it or check it."""
    text = document()
    if "--check" not in sys.argv:
        DOCUMENT.write_text(text)
        print(f"{len(drivers.DRIVERS)} drivers, {COUNT} modules: {DOCUMENT}")
        return 0
    same = text == DOCUMENT.read_text()
    print("as written" if same else text)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
