"""Which readings a member of a cluster has, and which are in the log, as it is asked."""
import json
import urllib.error
from typing import Any

from node import Harvester


def cluster(node: Harvester) -> dict[str, Any]:
    """What the node says of its cluster."""
    return node.get_json("/api/v1/cluster")


def readings(node: Harvester, name: str) -> list[dict[str, Any]]:
    """The readings of the counter of the node `name` that this one has in its history, in order."""
    found, after = [], ""
    while True:
        page = node.get_json(f"/api/v1/history?node={name}&sensor=counter&resolution=raw&limit=1000{after}")
        found += page["readings"]
        if not page["next"]:
            return found
        after = f"&after={page['next']}"


def measured(node: Harvester, name: str) -> set[tuple[str, int]]:
    """Which readings of the node `name` this one has."""
    return {(reading["stream"], reading["sequence"]) for reading in readings(node, name)}


def counted(node: Harvester, name: str) -> list[int]:
    """What the counter of the node `name` counted, of what this one has."""
    return [reading["data"]["count"] for reading in readings(node, name)]


def log(node: Harvester) -> list[dict[str, Any]]:
    """All messages; none while the servers elect."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        try:
            page = node.get_json(f"/api/v1/log?after={after}&limit=64")
        except urllib.error.HTTPError as refused:
            assert refused.code == 503, json.load(refused)
            return []
        if not page["messages"]:
            return found
        found += page["messages"]
        after = page["next"]


def logged(node: Harvester, name: str) -> set[tuple[str, int]]:
    """Which readings of the node `name` are in the log."""
    return {(message["stream"], reading["sequence"]) for message in log(node) if message["node"] == name
            for reading in message["readings"] if reading["sensor"] == "counter"}
