"""A site behind a line of its own is a plain member: while the line is cut, its readings wait in its history."""
from pathlib import Path

import pytest
from boards import Board
from cluster_checks import judge_order
from cluster_readings import cluster, log, logged, measured
from cluster_world import Member
from house import FAKETIME, clock_of
from nats_servers import program
from networks import Network, are_possible
from node import simulated

pytestmark = pytest.mark.skipif(not program().exists() or not are_possible() or not FAKETIME,
                                reason="needs nats-server, nftables and libfaketime, and root for network namespaces")

HEALING = 90.0
DAYS = 10  # more than the 7 that the log keeps a message
CUT = [(0, 1), (1, 0)]


def test_a_site_that_was_cut_off_for_days_loses_nothing(tmp_path: Path) -> None:
    """By its clock: the line is cut, ten days pass, and its node is killed meanwhile."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    config = simulated({"polling": {"interval_seconds": 0.02}, "history": {"commit_seconds": 0.2}})
    with Network(2) as network:
        attic, garden = (Board(tmp_path / name, name, network.names[i], f"{network.address(i)}:4222")
                         for i, name in enumerate(("attic", "garden")))
        attic.init("home")
        garden.join(attic)
        assert attic.server
        attic.server.start()
        try:
            with Member(attic, config, {}) as one:
                with network.losing(CUT):
                    clock.write_text(f"-{DAYS * 86400}")
                    with Member(garden, config, clock_of(clock)) as site:
                        site.wait_until("it has measured", lambda: len(measured(site, "garden")) > 300)
                        assert cluster(site)["state"] == "waiting" and "trying again" in site.text()
                        site.process.kill()
                        site.end()
                    with Member(garden, config, clock_of(clock)) as site:
                        clock.write_text("+0")
                        site.wait_until("it has measured more", lambda: len(measured(site, "garden")) > 600)
                    assert not logged(one, "garden")
                with Member(garden, config, {}) as site:
                    own = measured(site, "garden")
                    one.wait_until("the log has all of it", lambda: own <= logged(one, "garden"), HEALING)
                    one.wait_until("the other site has all of it", lambda: own <= measured(one, "garden"), HEALING)
                    times = [reading["timestamp_ms"] for message in log(one) if message["node"] == "garden"
                             for reading in message["readings"]]
                    assert max(times) - min(times) > (DAYS - 1) * 86_400_000
                    assert not judge_order(log(one))
        finally:
            attic.server.kill()
