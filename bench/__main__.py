"""The figures of `make bench`: what a start, a plugin, a poll and a request cost on this machine.

    bench BUILD_FOLDER [--json FILE] [--save]
           [--only start,timeline,memory,idle,polls,interpreted,bus,ioctl,web,page,events,reload,history,disk,link,bundles,scale,mqtt,
            spokes,peers,cluster,small]
          [--quick] [--busy]

The BUILD_FOLDER's programs run as a user would run them. Each part measures several times and gives
the lowest, the median and the highest value; ratios are between figures of the same run. --save
keeps the parts that were measured in bench/results.json, from which docs/PERFORMANCE.md is made. --busy
measures while a loop runs on each processor, and --save then keeps the ratios alone, beside those of the quiet run.
"""
import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

import bundles
import bus
import cluster
import disk
import events
import history
import idle
import interpreted
import ioctl
import link
import memory
import mqtt
import native
import page
import peers
import polls
import reload
import report
import results
import scale
import small
import spin
import spokes
import start
import timeline
import web

PARTS = {"start": start, "timeline": timeline, "memory": memory, "idle": idle, "polls": polls, "interpreted": interpreted,
         "bus": bus, "ioctl": ioctl, "web": web, "page": page, "events": events, "reload": reload,
         "history": history, "disk": disk, "link": link, "bundles": bundles,
         "scale": scale, "mqtt": mqtt, "spokes": spokes, "peers": peers}
# Only when they are asked for: one needs a build with -Dcluster=enabled and nats-server, the other an hour.
ALL = {**PARTS, "cluster": cluster, "small": small}


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.partition("\n")[0])
    parser.add_argument("build", type=pathlib.Path, help="the folder with the built programs")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    parser.add_argument("--save", action="store_true",
                        help="keep the figures in bench/results.json, and draw their plots")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--busy", action="store_true", help="while a loop runs on each processor; --save keeps the ratios")
    parser.add_argument("--quick", action="store_true", help="fewer runs: to try the bench itself")
    arguments = parser.parse_args()
    unknown = set(arguments.only.split(",")) - ALL.keys()
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    for program in ("harvester", "harvester-guest", "runtime.cwasm"):
        if not (arguments.build / program).exists():
            parser.error(f"{arguments.build / program} is missing: run make build")
    return arguments


def main() -> int:
    """Measure, print, and write the file."""
    arguments = parse_arguments()
    machine = report.describe_machine()
    print(report.machine_text(machine), flush=True)
    parts: dict[str, list[report.Figure]] = {}
    with tempfile.TemporaryDirectory(prefix="harvester-bench-") as folder:
        bench = report.Bench(arguments.build.resolve(), pathlib.Path(folder), arguments.quick)
        bench.peer = native.prepare(bench)
        for name in arguments.only.split(","):
            with spin.spinning(only_idle=False) if arguments.busy else contextlib.nullcontext():
                part = ALL[name].measure(bench)
            print(report.table(name, ALL[name].__doc__ or "", part), flush=True)
            parts[name] = part
            if arguments.save and arguments.busy:
                results.save_busy(name, part)
            elif arguments.save:
                results.save(name, ALL[name], machine, part)
    figures = [figure for part in parts.values() for figure in part]
    missed = [figure for figure in figures if figure.is_missed]
    targets = sum(figure.target is not None for figure in figures)
    print(f"\n{len(figures)} figures, {targets} with a target, {len(missed)} missed"
          + "".join(f"\n  {figure.name}" for figure in missed))
    if arguments.save:
        subprocess.run([native.DEBIAN_PYTHON, results.__file__], check=True)
        print("kept in bench/results.json; tools/docs makes docs/PERFORMANCE.md of it")
    if arguments.json:
        content = {"machine": machine, "figures": [figure.to_json() for figure in figures]}
        arguments.json.write_text(json.dumps(content, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
