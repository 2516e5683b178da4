"""What must be true of a cluster, whatever happened to it, judged by what was seen from outside. A judge returns what is wrong."""
from collections import Counter
from dataclasses import dataclass
from typing import Any, Iterable, Mapping


@dataclass(frozen=True)
class Sample:
    """At some moment between these two, the node led."""

    asked: float
    answered: float
    node: str
    term: int


@dataclass(frozen=True)
class Effect:
    """What only a leader does: a webhook was called. `term` is None if the node knew of no leader for 20 s, as docs/ALERTS.md says."""

    at: float
    node: str
    term: int | None


@dataclass(frozen=True)
class Command:
    """One that a node sent to another, and what its sender was told: "done", "not done" or "unknown"."""

    name: str
    target: str
    told: str


def judge_terms(samples: Iterable[Sample]) -> list[str]:
    """A term belongs to one node, and whoever leads later has no lower term."""
    found, owners = [], dict[int, str]()
    by_question = sorted(samples, key=lambda sample: sample.asked)
    by_answer = sorted(by_question, key=lambda sample: sample.answered)
    highest, place = 0, 0
    for sample in by_question:
        if owners.setdefault(sample.term, sample.node) != sample.node:
            found.append(f"{sample.node} and {owners[sample.term]} both led with term {sample.term}")
        while by_answer[place].answered < sample.asked:
            highest = max(highest, by_answer[place].term)
            place += 1
        if sample.term < highest:
            found.append(f"{sample.node} led with term {sample.term} after {highest} was seen")
    return found


def judge_effects(effects: Iterable[Effect], absences: Mapping[str, list[tuple[float, float]]]) -> list[str]:
    """A term acts through one node; after a higher term has acted, no lower one does, except of a node that was paused between
    its look at the lease and its call, or died then and sends after its start what it had stored: that one the receiver
    refuses by its term.
    """
    found, owners, began = [], dict[int, str](), dict[int, float]()
    for effect in sorted(effects, key=lambda effect: effect.at):
        if effect.term is None:
            continue
        if owners.setdefault(effect.term, effect.node) != effect.node:
            found.append(f"{effect.node} and {owners[effect.term]} both acted with term {effect.term}")
        began.setdefault(effect.term, effect.at)
        higher = [at for term, at in began.items() if term > effect.term]
        # 20 s: an attempt that fails is made again, unchanged.
        if higher and not any(start < effect.at and end > min(higher) - 20 for start, end in absences.get(effect.node, [])):
            found.append(f"{effect.node} acted with term {effect.term} at {effect.at:.1f} s, after {max(began)} had at "
                         f"{began[max(began)]:.1f} s")
    return found


def judge_commands(commands: Iterable[Command], carried_out: Mapping[str, Iterable[str]]) -> list[str]:
    """Each was carried out at most once and by its target alone; what was told as done was done, as not done was not."""
    times = {node: Counter(names) for node, names in carried_out.items()}
    found = []
    for command in commands:
        count = times.get(command.target, Counter())[command.name]
        elsewhere = [node for node, names in times.items() if node != command.target and names[command.name]]
        if elsewhere:
            found.append(f"{command.name} to {command.target} was carried out by {elsewhere}")
        if count > 1 or count not in {"done": (1,), "not done": (0,), "unknown": (0, 1)}[command.told]:
            found.append(f"{command.name} to {command.target} was carried out {count} times, and its sender was told: {command.told}")
    return found


def judge_order(messages: Iterable[dict[str, Any]]) -> list[str]:
    """Whoever reads the log and drops what it has had already gets each node's readings in order."""
    found, seen, highest = [], set[tuple[str, str, int]](), dict[tuple[str, str], int]()
    for message in messages:
        stream = (message["node"], message["stream"])
        for reading in message["readings"]:
            sequence = reading["sequence"]
            if (*stream, sequence) in seen:
                continue
            seen.add((*stream, sequence))
            if sequence < highest.get(stream, 0):
                found.append(f"{sequence} of {stream} came after {highest[stream]}")
            highest[stream] = max(sequence, highest.get(stream, 0))
    return found


def judge_readings(own: Mapping[Any, Any], others: Mapping[Any, Any]) -> list[str]:
    """All that a node has of its own readings is elsewhere too, with the same values."""
    lacking = sorted(key for key, data in own.items() if others.get(key) != data)
    return [f"{len(lacking)} of {len(own)} readings are missing or differ, the first {lacking[0]}, the last {lacking[-1]}"
            ] if lacking else []
