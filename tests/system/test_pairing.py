"""A hub and a spoke from the files that ship, by the commands that README and profiles print; and invitations that cannot work."""
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
from node import PATIENCE, ROOT, Harvester, command, simulated

PIN = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.fixture(autouse=True)
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No other node runs, as far as these commands know."""
    with tempfile.TemporaryDirectory(prefix="hv-", dir="/tmp") as folder:
        monkeypatch.setenv("HARVESTER_RUNTIME_DIR", folder)
        yield Path(folder)


def profile(folder: Path, name: str) -> str:
    """A shipped file, in a folder with the shipped monitor of the machine."""
    shutil.copytree(ROOT / "plugins" / "pi4-monitor", folder / "plugins" / "pi4-monitor")
    return (ROOT / "config" / f"{name}.toml").read_text()


@pytest.mark.parametrize("spoke_profile", ["spoke", "pizero"])
def test_the_shipped_profiles_pair(tmp_path: Path, spoke_profile: str) -> None:
    """Hub up, invite, join, start: the hub's page and API have the spoke's readings, under the name that it was invited with."""
    there, here = tmp_path / "hub", tmp_path / "spoke"
    for folder, name in ((there, "hub"), (here, spoke_profile)):
        (folder / "plugins").mkdir(parents=True)
        (folder / "config.toml").write_text(profile(folder, name))
    hub_text = (there / "config.toml").read_text()
    assert "harvester node invite" in hub_text and "token add" not in hub_text
    with Harvester(there, hub_text) as hub:
        # The test's hub listens on loopback, which an invitation for another machine cannot name.
        refused = command("node", "invite", "cellar")
        assert refused.returncode == 1 and "which other machines cannot reach" in refused.stderr
        assert f"under [http] in {there}/config.toml" in refused.stderr
        invited = command("node", "invite", "cellar", "--url", hub.address)
        assert invited.returncode == 0, invited.stderr
        words = shlex.split(invited.stdout)
        assert words[:3] == ["harvester", "node", "join"]
        joined = command(*words[1:], "--data", here / "data")
        assert joined.returncode == 0, joined.stderr
        # All as it ships, but for how long a reading waits for the disk.
        quick = re.sub(r"\[history\]\ncommit_seconds = \d+\n", "", (here / "config.toml").read_text())
        with Harvester(here, quick + "\n[history]\ncommit_seconds = 0.5\n") as spoke:
            line = spoke.wait_for_log(r"not started: waiting for approval.*`(harvester [^`]*)`")
            assert command(*shlex.split(line[1])[1:], "--yes").returncode == 0
            # Some machines have no sensor for the CPU's temperature: then that one field is null, with an error.
            spoke.wait_for_data("pi4-monitor", "has values", lambda data: data.get("cpu_usage") is not None)
            sensor = hub.wait_until("the hub has the spoke's readings", lambda: [
                reading for reading in hub.get_json("/api/readings")["readings"]
                if reading["sensor_id"] == "cellar:pi4-monitor" and reading["data"].get("cpu_usage") is not None])
            assert sensor[0]["data"]["memory_total_mb"] > 0
            hub.wait_until("the page's document names the spoke", lambda: "cellar" in str(hub.get_json("/api/v1/nodes")))
            assert spoke.log("this node is called cellar, the name in its hub's invitation")


def test_a_spoke_that_has_not_joined_says_how(tmp_path: Path) -> None:
    """It runs, keeps its readings and names the two commands."""
    with Harvester(tmp_path, simulated({"cluster": {"role": "spoke", "node_id": "pi4"}})) as spoke:
        assert spoke.log("has not joined a hub.*`harvester node invite pi4` on the hub")


def test_invitation_needs_a_hub_that_runs(tmp_path: Path) -> None:
    """Nobody runs, or only elsewhere, or what runs is no hub: refused with what to do, and no token is made."""
    data = tmp_path / "nowhere"
    done = command("node", "invite", "cellar", "--data", data)
    assert done.returncode == 1 and f"no node runs on the data folder {data}: start the hub first" in done.stderr
    folder = tmp_path / "hub"
    folder.mkdir()
    with Harvester(folder, simulated({"cluster": {"role": "hub", "node_id": "attic"}})) as hub:
        done = command("node", "invite", "cellar", "--data", data, "--url", hub.address, "--config", folder / "other.toml")
        assert done.returncode == 1
        done = command("node", "invite", "cellar", "--data", data)
        assert done.returncode == 1 and f"--data {folder}/data" in done.stderr and "(node attic," in done.stderr
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    with Harvester(lonely, simulated()) as node:
        done = command("node", "invite", "cellar", "--url", node.address)
        assert done.returncode == 1 and 'set role = "hub" under [cluster]' in done.stderr
        assert f"in {lonely}/config.toml" in done.stderr
    for place in (data, folder / "data", lonely / "data"):
        assert command("token", "list", "--data", place, "--json").stdout in ('{\n  "tokens": []\n}\n',)


def test_invitation_says_where_the_hub_listens(tmp_path: Path) -> None:
    """On every address: this machine's name and the port that was bound, whatever the file says."""
    config = simulated({"cluster": {"role": "hub"}})
    assert command("user", "add", "ann", "--password-stdin", "--data", tmp_path / "data").returncode in (0, 1)
    with Harvester(tmp_path, config, options=("--listen", "0.0.0.0:0")) as hub:
        done = command("node", "invite", "cellar")
        assert done.returncode == 0, done.stderr
        url = re.search(r"'(http://[^#]*)#node=cellar&token=", done.stdout)
        assert url and url[1].endswith(hub.address.rpartition(":")[2]) and "0.0.0.0" not in url[1]
        assert os.uname().nodename.partition(".")[0] in url[1]
        assert "anybody on the network can read the token" in done.stderr


@pytest.mark.parametrize("url, status", [("http", 1), ("https", 0)])
def test_join_by_http_with_a_pin_is_refused(tmp_path: Path, url: str, status: int) -> None:
    """A line that lost its s would send the token in clear: nothing is kept of it."""
    line = f"{url}://hub.local:3000#node=cellar&token=secret&pin={PIN}"
    done = command("node", "join", line, "--data", tmp_path / "data")
    assert done.returncode == status
    if status:
        assert "would send the token unencrypted" in done.stderr and "secret" not in done.stderr
        assert not (tmp_path / "data" / "hub.json").exists()
    plain = command("node", "join", "http://hub.local:3000#node=cellar&token=secret", "--data", tmp_path / "plain")
    assert plain.returncode == 0 and "anybody on the network can read the token" in plain.stderr


def test_a_hub_with_a_certificate_is_not_invited_to_by_http(tmp_path: Path) -> None:
    """The pin comes from the running hub; an address without https beside it is refused."""
    key, certificate = tmp_path / "key.pem", tmp_path / "node.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "30", "-subj", "/CN=hub", "-keyout", key, "-out", certificate], check=True, capture_output=True,
                   timeout=PATIENCE)
    config = simulated({"cluster": {"role": "hub"}, "http": {"tls_certificate": str(certificate), "tls_key": str(key)}})
    with Harvester(tmp_path, config):
        certificate.rename(tmp_path / "moved.pem")  # the running node knows its own
        done = command("node", "invite", "cellar", "--url", "http://hub.local:3000")
        assert done.returncode == 1 and "give --url https://" in done.stderr
        done = command("node", "invite", "cellar", "--url", "https://hub.local:3000", "--json")
        assert done.returncode == 0 and "&pin=sha256//" in json.loads(done.stdout)["invitation"]
