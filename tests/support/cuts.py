"""Power cuts of a virtual machine: what its node acknowledged has to be there afterwards."""
from typing import Any

from machine import Machine

PAGE = 500


def wait_until_up(machine: Machine) -> None:
    """The service runs and its API answers."""
    def look() -> bool:
        return machine.attempt("systemctl is-active --quiet harvester && exec 3<>/dev/tcp/127.0.0.1/3000")[0] == 0
    try:
        machine.wait_until("the service is up", look)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{machine.run('systemctl status harvester; journalctl -b -n 60 --no-pager')}") from error


def stored(machine: Machine, after: int) -> list[dict[str, Any]]:
    """The stored readings beyond a sequence number, page after page."""
    readings: list[dict[str, Any]] = []
    following: Any = after
    while following is not None:
        page = machine.get_json(f"/api/v1/history?resolution=raw&limit={PAGE}&after={following}")
        readings += page["readings"]
        following = page["next"]
    return readings


def plugin_states(machine: Machine) -> dict[str, str]:
    """The state of each plugin."""
    return {plugin["name"]: plugin["state"] for plugin in machine.get_json("/api/v1/plugins")}
