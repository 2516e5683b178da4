"""Power cuts of a virtual machine: what its node acknowledged has to be there afterwards."""
from typing import Any

from machine import Machine

PAGE = 1000
# Readings are stored in the order in which they came, which is not quite that of their times.
MARGIN_MS = 30_000


def wait_until_up(machine: Machine) -> None:
    """The service runs and its API answers."""
    def look() -> bool:
        return machine.attempt("systemctl is-active --quiet harvester && exec 3<>/dev/tcp/127.0.0.1/3000")[0] == 0
    try:
        machine.wait_until("the service is up", look)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{machine.run('systemctl status harvester; journalctl -b -n 60 --no-pager')}") from error


def stored(machine: Machine, known: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The stored readings beyond the known ones, in the order of their sequence, page after page."""
    last = known[-1] if known else {"sequence": 0, "timestamp_ms": MARGIN_MS}
    readings: list[dict[str, Any]] = []
    words: str | None = ""
    while words is not None:
        page = machine.get_json(f"/api/v1/history?resolution=raw&limit={PAGE}&from={last['timestamp_ms'] - MARGIN_MS}{words}")
        readings += page["readings"]
        words = f"&after={page['next']}" if page["next"] is not None else None
    return sorted((reading for reading in readings if reading["sequence"] > last["sequence"]), key=lambda one: one["sequence"])


def plugin_states(machine: Machine) -> dict[str, str]:
    """The state of each plugin."""
    return {plugin["name"]: plugin["state"] for plugin in machine.get_json("/api/v1/plugins")}
