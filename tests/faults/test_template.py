"""The process that forks the Python plugins is ill, which is not the plugins' fault."""
import os
import signal
from pathlib import Path

import pytest
from node import COUNTER, Harvester, simulated

DEATHS_MAX = 5  # so many in a row quarantine a plugin
DEADLINE_SECONDS = 1.0


def stop_template(harvester: Harvester) -> int:
    """It does nothing until it is killed."""
    template = harvester.template()
    os.kill(template, signal.SIGSTOP)
    return template


def test_plugin_is_not_blamed(tmp_path: Path) -> None:
    """A template that dies at each fork quarantines nobody: once it is well, all is well."""
    with Harvester(tmp_path, simulated()) as harvester:
        (harvester.plugins / "first.py").write_text(COUNTER)
        harvester.wait_for_value("first")
        for number in range(DEATHS_MAX):
            template = stop_template(harvester)
            if not number:
                (harvester.plugins / "one.py").write_text(COUNTER)
            harvester.wait_until("it waits to be forked",
                                 lambda: harvester.plugin("one").get("state") == "preparing")
            failed = harvester.plugin("one")["errors"]
            os.kill(template, signal.SIGKILL)
            harvester.wait_until("that failed",
                                 lambda count=failed: harvester.plugin("one")["errors"] > count)
            assert harvester.plugin("one")["state"] == "backoff"
            (harvester.plugins / f"next-{number}.py").write_text(COUNTER)
            harvester.wait_for_value(f"next-{number}")
        harvester.wait_for_value("one")


def test_template_hangs(tmp_path: Path) -> None:
    """It is replaced when it does not fork within the deadline of loading."""
    changes = {"polling": {"deadline_seconds": DEADLINE_SECONDS}}
    with Harvester(tmp_path, simulated(changes)) as harvester:
        (harvester.plugins / "first.py").write_text(COUNTER)
        harvester.wait_for_value("first")
        stop_template(harvester)
        (harvester.plugins / "one.py").write_text(COUNTER)
        harvester.wait_until("one polls", lambda: harvester.plugin("one").get("polls"),
                             seconds=10 * DEADLINE_SECONDS)
