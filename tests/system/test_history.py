"""The history: what is stored, how it is asked for, saved, put back, and what it survives."""
import csv
import gzip
import io
import io
import json
import os
import random
import resource
import shutil
import tarfile
import urllib.error
from pathlib import Path
from typing import Any, Callable

import pytest
from history_kills import pages, torment_node, torment_writer
from node import COUNTER, Harvester, command, simulated

Start = Callable[..., Harvester]

QUICK = {"history": {"commit_seconds": 0.1}}


def seed() -> int:
    """Of the draws; printed."""
    number = int(os.environ.get("HARVESTER_SEED") or random.SystemRandom().getrandbits(32))
    print(f"seed {number}")
    return number


def wait_for_stored(node: Harvester, count: int, query: str = "") -> list[dict[str, Any]]:
    """The stored readings, once there are so many."""
    return node.wait_until(f"{count} readings are stored",
                           lambda: (found := pages(node, query)) and len(found) >= count and found)


def test_readings_are_stored(plugins: Path, start: Start) -> None:
    """In the order in which they were taken, once each, with their values."""
    (plugins / "counter.py").write_text(COUNTER)
    readings = wait_for_stored(start(QUICK), 10, "&sensor=counter")
    counts = [reading["data"]["count"] for reading in readings]
    assert counts == list(range(1, len(counts) + 1))
    assert all(reading["sensor_id"] == "test:counter" for reading in readings)
    assert len({reading["stream"] for reading in readings}) == 1


FLOOD = """
count = 0

def poll():
    global count
    count += 1
    return [{"sensor_id": f"flood-{number}", "text": f"{count:015}" * 1000} for number in range(60)]
"""


def test_a_flood_costs_no_neighbour_a_reading(plugins: Path, start: Start) -> None:
    """A megabyte a poll: the plugin is thinned, and told so; of its neighbour every reading is there."""
    (plugins / "counter.py").write_text(COUNTER)
    (plugins / "flood.py").write_text(FLOOD)
    node = start({**QUICK, "plugins.flood": {"interval_seconds": 0.02}})
    node.wait_until("the flood is thinned", lambda: node.plugin("flood").get("thinned_readings", 0) > 100)
    assert node.plugin("flood")["is_thinned"]
    so_far = node.data("counter")["count"]
    readings = node.wait_until("the neighbour's are stored", lambda: (
        found := pages(node, "&sensor=counter")) and found[-1]["data"]["count"] >= so_far + 5 and found)
    counts = [reading["data"]["count"] for reading in readings]
    assert counts == list(range(1, len(counts) + 1))
    assert (node.plugin("counter")["thinned_readings"], node.plugin("counter")["is_thinned"]) == (0, False)
    assert node.get_json("/api/v1/history/status")["dropped"] == 0
    metrics = node.get("/metrics").decode()
    assert 'harvester_plugin_thinned_readings_total{plugin="counter"} 0' in metrics
    assert len(node.log(r"warning flood: it returns more data than the history writes")) == 1


def test_a_restart_goes_on(plugins: Path, tmp_path: Path) -> None:
    """A stop writes what waits, however long the commit would have waited."""
    (plugins / "counter.py").write_text(COUNTER)
    slow = simulated({"history": {"commit_seconds": 3600}})
    with Harvester(tmp_path, slow, plugins) as node:
        node.wait_for_data("counter", "has counted", lambda data: data["count"] >= 5)
        assert not pages(node)
    with Harvester(tmp_path, simulated(QUICK), plugins) as node:
        stored = pages(node, "&sensor=counter")
        assert [reading["data"]["count"] for reading in stored[:5]] == [1, 2, 3, 4, 5]
        readings = wait_for_stored(node, len(stored) + 3)
        assert [reading["sequence"] for reading in readings] == list(range(1, len(readings) + 1))


def test_one_field_and_a_range(plugins: Path, start: Start) -> None:
    """The other parameters narrow the answer; a gap is not filled."""
    (plugins / "two.py").write_text(COUNTER.replace('{"count"', '{"other": None, "count"'))
    node = start(QUICK)
    readings = wait_for_stored(node, 6, "&field=count")
    assert all(reading["data"].keys() == {"count"} for reading in readings)
    begin, end = readings[2]["timestamp_ms"], readings[4]["timestamp_ms"]
    assert len(pages(node, f"&from={begin}&to={end}")) == 2
    assert not pages(node, "&node=nobody") and not pages(node, "&sensor=nothing")


def test_series(plugins: Path, start: Start) -> None:
    """What a chart wants; null where there is no number."""
    (plugins / "gappy.py").write_text(COUNTER.replace(
        '{"count": count}', '{"count": count if count % 2 else None}'))
    node = start(QUICK)
    stored = wait_for_stored(node, 6)
    last = stored[5]["timestamp_ms"] + 1
    series = node.get_json(f"/api/v1/history/series?node=test&sensor=gappy&fields=count,nothing"
                           f"&from={stored[0]['timestamp_ms']}&to={last}")
    assert series["resolution"] == "raw"
    found = dict(zip(series["times_ms"], series["fields"]["count"]["mean"]))
    for reading in stored[:6]:
        assert found[reading["timestamp_ms"]] == reading["data"]["count"]
    assert set(series["fields"]["nothing"]["mean"]) == {None}


@pytest.mark.parametrize("query, status, detail", [
    ("history?limit=10001", 400, "limit: expected an integer from 1 to 10000"),
    ("history?from=5&to=5", 400, "`from` must be before `to`"),
    ("history?resolution=second", 400, "resolution"),
    ("history?sensr=x", 400, "sensr"),
    ("history/series?node=test", 400, "sensor"),
    ("history/series?node=test&sensor=x&fields=a,,b", 400, "`fields` must be 1 to 16 names"),
    ("history/series?node=test&sensor=x&fields=a", 404, "no sensor x of the node test"),
])
def test_wrong_questions(start: Start, query: str, status: int, detail: str) -> None:
    """They are told what is wrong."""
    node = start(QUICK)
    with pytest.raises(urllib.error.HTTPError) as error:
        node.get(f"/api/v1/{query}")
    assert error.value.code == status
    assert detail in json.load(error.value)["detail"]


def test_disk_is_full(plugins: Path, start: Start, tmp_path: Path) -> None:
    """Polling goes on, the log says it once, and what waited is stored when there is room."""
    (plugins / "counter.py").write_text(COUNTER)
    node = start(QUICK)
    stored = len(wait_for_stored(node, 5))
    limit = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE)
    # A file that may not grow fails as one on a full disk does.
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (1, limit[1]))
    node.wait_for_log(r"error history: the history's database: (disk|database)")
    status = node.get_json("/api/v1/history/status")
    assert status["state"] == "failing" and status["reason"]
    with pytest.raises(urllib.error.HTTPError) as error:
        node.get("/readyz")
    assert "the history cannot be written; the log says why" in json.load(error.value)["reasons"]
    assert b"\nharvester_history_up 0\n" in node.get("/metrics")
    count = node.data("counter")["count"]
    node.wait_for_data("counter", "counts on", lambda data: data["count"] > count + 3)
    resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, limit)
    node.wait_for_log(r"info history: works again; 0 readings were dropped")
    readings = wait_for_stored(node, stored + 10, "&sensor=counter")
    counts = [reading["data"]["count"] for reading in readings]
    assert counts == list(range(1, len(counts) + 1))
    assert len(node.log(r"error history:")) == 1
    status = node.get_json("/api/v1/history/status")
    assert status["state"] == "ok" and status["failures"] > 0 and status["dropped"] == 0


def test_damaged_database(plugins: Path, tmp_path: Path) -> None:
    """It is moved aside, loudly, and the node runs."""
    (plugins / "counter.py").write_text(COUNTER)
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "history.db").write_bytes(b"no database " * 1000)
    with Harvester(tmp_path, simulated(QUICK), plugins) as node:
        node.wait_for_log(r"error history: THE HISTORY IS DAMAGED .* moved to .*history\.db\.damaged-1,")
        assert wait_for_stored(node, 3)


def test_two_daemons(plugins: Path, start: Start, tmp_path: Path) -> None:
    """The second one on a data folder is refused."""
    start()
    done = command("run", "--config", tmp_path / "config.toml", "--data", tmp_path / "data",
                   "--listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert "another harvester already uses the data folder" in done.stderr


def test_export(plugins: Path, start: Start, tmp_path: Path) -> None:
    """Lines of JSON are the API's readings and their units; CSV has a line for each field."""
    (plugins / "counter.py").write_text(COUNTER.replace('"count"', '"te,\\"xt": "a\\"b", "count"'))
    node = start(QUICK)
    wait_for_stored(node, 5)
    data = tmp_path / "data"
    lines = command("history", "export", "--data", data, "--format", "jsonl").stdout.splitlines()
    stored = pages(node)
    assert [json.loads(line) for line in lines] == [{**one, "units": {}} for one in stored[:len(lines)]] and len(lines) >= 5
    file = tmp_path / "out.csv"
    done = command("history", "export", "--data", data, "--sensor", "counter", "-o", file)
    assert done.returncode == 0 and not done.stdout
    rows = list(csv.DictReader(file.open(newline="")))
    assert rows[0]["field"] == 'te,"xt' and rows[0]["value"] == 'a"b'
    assert rows[1]["field"] == "count" and rows[1]["value"] == "1"
    begin = stored[2]["timestamp_ms"]
    part = command("history", "export", "--data", data, "--format", "jsonl", "--from", str(begin),
                   "--to", str(begin + 1))
    assert all(json.loads(line)["timestamp_ms"] == begin for line in part.stdout.splitlines())
    for wrong in (("--format", "xml"), ("--from", "yesterday"), ("--from", "5", "--to", "4")):
        assert command("history", "export", "--data", data, *wrong).returncode == 2
    assert command("history", "export", "--data", tmp_path / "none").returncode == 1


FORMULAS = """
def poll():
    return {"sensor_id": "-1+2", "@SUM(1)": "+1", "text": "-2+3", "number": -5, "plain": "a=b"}
"""


def test_export_has_no_formulas(plugins: Path, start: Start, tmp_path: Path) -> None:
    """A spreadsheet runs no text of a plugin: an apostrophe stands before what looks like one."""
    (plugins / "sly.py").write_text(FORMULAS)
    wait_for_stored(start(QUICK), 1)
    done = command("history", "export", "--data", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    found = {row["field"]: row["value"] for row in rows[:4]}
    assert found == {"'@SUM(1)": "'+1", "text": "'-2+3", "number": "-5", "plain": "a=b"}
    assert rows[0]["sensor"] == "'-1_2"


def test_export_of_a_name_that_never_was_fails(plugins: Path, start: Start, tmp_path: Path) -> None:
    """With the nearest one; the id that the API shows is a name too, and a time without readings is said to be one."""
    (plugins / "counter.py").write_text(COUNTER)
    node = start(QUICK)
    wait_for_stored(node, 3)
    export = ("history", "export", "--data", tmp_path / "data")
    plain, by_id = (command(*export, "--to", str(2**40), "--sensor", name) for name in ("counter", "test:counter"))
    assert plain.returncode == by_id.returncode == 0 and plain.stdout == by_id.stdout
    assert "no stored reading matches" in plain.stderr
    whole = command(*export, "--sensor", "test:counter", "--node", "test")
    assert whole.returncode == 0 and ",test,counter," in whole.stdout and not whole.stderr
    for words, text in ((("--sensor", "countr"), "no readings of the sensor countr in the history, did you mean counter?"),
                        (("--sensor", "other:counter"), "no readings of the sensor other:counter in the history; "),
                        (("--sensor", "x" * 200), "no readings of the sensor xxx"),
                        (("--sensor", "test:counter", "--node", "tset"), "the node tset in the history, did you mean test?"),
                        (("--node", "zzz"), "no readings of the node zzz in the history; leave the option out")):
        file = tmp_path / "out.csv"
        done = command(*export, *words, "-o", file)
        assert done.returncode == 1 and text in done.stderr and not file.exists(), done.stderr


def tree(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_backup_and_restore(plugins: Path, start: Start, tmp_path: Path) -> None:
    """A node is put back with all it had, while the daemon ran on; the history goes on in a new
    stream.
    """
    (plugins / "counter.py").write_text(COUNTER)
    node = start(QUICK)
    stored = wait_for_stored(node, 5)
    (tmp_path / "data" / "approvals" / "other.json").write_text("{}")
    file, new = tmp_path / "backup.tar.gz", tmp_path / "new"
    places = ("--config", tmp_path / "config.toml", "--plugins", plugins, "--data",
              tmp_path / "data")
    done = command("backup", file, *places)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert command("backup", file, *places).returncode == 1
    done = command("restore", file, *places, "--force")
    assert done.returncode == 1 and "another harvester already uses" in done.stderr
    new.mkdir()
    places = ("--config", new / "config.toml", "--plugins", new / "plugins", "--data", new / "data")
    done = command("restore", file, *places)
    assert done.returncode == 0, done.stderr
    assert (new / "config.toml").read_text() == (tmp_path / "config.toml").read_text()
    assert tree(new / "plugins") == tree(plugins)
    assert (new / "data" / "approvals" / "other.json").exists()
    assert (new / "data").stat().st_mode & 0o777 == 0o700
    with Harvester(new, simulated(QUICK), new / "plugins") as again:
        assert pages(again)[:5] == stored[:5]
        more = again.wait_until("a new stream began", lambda: [
            reading for reading in pages(again) if reading["stream"] != stored[0]["stream"]])
        assert more[0]["sequence"] == 1
        assert [reading["stream"] for reading in pages(again)][-1] == more[0]["stream"]
    done = command("restore", file, *places)
    assert done.returncode == 1 and "already exists" in done.stderr
    before = tree(new / "data")
    done = command("restore", file, *places, "--force")
    assert done.returncode == 0, done.stderr
    kept = list(new.glob("data.before-*"))
    assert len(kept) == 1 and tree(kept[0]) == before


def make_archive(path: Path, *entries: tuple[str, bytes | None]) -> Path:
    """A tar that nobody made with `harvester backup`; None: a link to /etc/passwd."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return path


MANIFEST = ("harvester-backup.json", b'{"format":1}')


@pytest.mark.parametrize("entries, text", [
    ([("data/x", b"")], "this is not a backup of harvester: name a file that `harvester backup` made"),
    ([("harvester-backup.json", b'{"format":2}')], "newer version"),
    ([MANIFEST], "the backup has no data folder: use another backup"),
    ([MANIFEST, ("data/../../x", b"")], "unsafe name"),
    ([MANIFEST, ("/data/x", b"")], "unsafe name"),
    ([MANIFEST, ("data//x", b"")], "unsafe name"),
    ([MANIFEST, ("other/x", b"")], "which `harvester backup` never saves"),
    ([MANIFEST, ("datax", b"")], "which `harvester backup` never saves"),
    ([MANIFEST, ("data/cache/key", b"k" * 32)], "never saves compiled components"),
    ([MANIFEST, ("data/cache/", b"")], "never saves compiled components"),
    ([MANIFEST, ("data/cache", b"")], "never saves compiled components"),
    ([MANIFEST, ("data/link", None)], "neither a file nor a folder"),
    ([MANIFEST, ("data/history.db", b"no database" * 100)], "one of the backup's databases is damaged ("),
    ([MANIFEST, ("data/x", b""), ("config.toml", b"[nonsense]\n")], "the configuration in the backup does not fit this machine ("),
])
def test_bad_archives(tmp_path: Path, entries: list[tuple[str, bytes | None]], text: str) -> None:
    """Nothing is changed by what is no backup, or a forged one."""
    file = make_archive(tmp_path / "bad.tar.gz", *entries)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kept").write_text("kept")
    before = tree(tmp_path)
    places = ("--config", tmp_path / "config.toml", "--plugins", tmp_path / "plugins", "--data",
              tmp_path / "data", "--force")
    done = command("restore", file, *places)
    assert done.returncode == 1 and text in done.stderr, done.stderr
    assert tree(tmp_path) == before and not list(tmp_path.glob("*.restoring"))


@pytest.mark.parametrize("size, text", [
    (1 << 40, "the backup unpacks to more than"),
    ((1 << 40) + 1, "the backup unpacks to more than"),
    (1 << 62, "the backup unpacks to more than"),
])
def test_an_archive_cannot_fill_the_disk(tmp_path: Path, size: int, text: str) -> None:
    """What says that it is larger than what is free is refused before it is unpacked."""
    if size <= shutil.disk_usage(tmp_path).free:
        pytest.skip("this disk is larger")
    info = tarfile.TarInfo("data/large")
    info.size = size
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        manifest = tarfile.TarInfo(MANIFEST[0])
        manifest.size = len(MANIFEST[1])
        archive.addfile(manifest, io.BytesIO(MANIFEST[1]))
        archive.fileobj.write(info.tobuf(tarfile.GNU_FORMAT))
    file = tmp_path / "large.tar.gz"
    file.write_bytes(gzip.compress(content.getvalue()))
    done = command("restore", file, "--config", tmp_path / "c", "--plugins", tmp_path / "p",
                   "--data", tmp_path / "d")
    assert done.returncode == 1 and text in done.stderr, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["large.tar.gz"]


def test_cut_archives(plugins: Path, start: Start, tmp_path: Path) -> None:
    """A backup that ends early is refused wherever it ends."""
    (plugins / "counter.py").write_text(COUNTER)
    wait_for_stored(start(QUICK), 3)
    whole = tmp_path / "backup.tar.gz"
    assert command("backup", whole, "--config", tmp_path / "config.toml", "--plugins", plugins,
                   "--data", tmp_path / "data").returncode == 0
    content = whole.read_bytes()
    new = tmp_path / "new"
    new.mkdir()
    draw = random.Random(seed())
    for size in [0, 1, *(draw.randrange(len(content) - 8) for _ in range(8))]:
        (new / "cut").write_bytes(content[:size])
        done = command("restore", new / "cut", "--config", new / "c", "--plugins", new / "p",
                       "--data", new / "d")
        assert done.returncode == 1, size
        assert [path.name for path in new.iterdir()] == ["cut"]


def test_kills(tmp_path: Path) -> None:
    """50 kills at any moment: nothing that was acknowledged is lost, and each open goes well."""
    result = torment_writer(tmp_path, seed(), 50)
    print(result.text())
    assert result.acknowledged > 1000


def test_kills_of_the_node(tmp_path: Path) -> None:
    """The same of the real one, through its API."""
    print(torment_node(tmp_path, seed(), 3).text())
