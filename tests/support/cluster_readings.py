"""Which readings a member of a cluster has, and which are in the log, as it is asked."""
import json
import urllib.error
from typing import Any

from node import Harvester


def cluster(node: Harvester) -> dict[str, Any]:
    """What the node says of its cluster."""
    return node.get_json("/api/v1/cluster")


def measured(node: Harvester, name: str) -> set[tuple[str, int]]:
    """Which readings of the node `name` this one has."""
    found: set[tuple[str, int]] = set()
    after = ""
    while True:
        page = node.get_json(f"/api/v1/history?node={name}&sensor=counter&resolution=raw&limit=1000{after}")
        found |= {(reading["stream"], reading["sequence"]) for reading in page["readings"]}
        if not page["next"]:
            return found
        after = f"&after={page['next']}"


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
