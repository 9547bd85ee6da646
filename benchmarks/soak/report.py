"""What a run came to, in words and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from benchmarks.soak.clients import Ledger, Lost
from benchmarks.soak.measure import Sample, slope
from benchmarks.soak.troubles import KILLED_MASTER, KILLED_WORKER, NO_MEMORY, Event

AFTER_S = 2.0  # so long after an event a connection may still break of it: a dead master's workers end a moment later
CAUSES = (KILLED_WORKER, KILLED_MASTER, NO_MEMORY)
UNEXPLAINED = "unexplained"


def cause(lost: Lost, events: list[Event]) -> str:
    """Return what took a request: the trouble during which it was lost."""
    for name in CAUSES:
        if any(e.name == name and lost.begun <= e.ended + AFTER_S and e.begun <= lost.ended for e in events):
            return name
    return UNEXPLAINED


def lines(
    ledger: Ledger, events: list[Event], samples: list[Sample], calm_at: float, starts: int, minutes: float
) -> Iterator[str]:
    """Yield the report line by line. calm_at : since when no process was ended any more."""
    verdicts, kinds = Counter[str](), Counter[str]()
    for (kind, said), count in ledger.counts.items():
        verdicts[said] += count
        kinds[kind] += count
    causes = Counter(cause(one, events) for one in ledger.lost)
    yield f"{minutes:.1f} minutes, {sum(kinds.values()) + len(ledger.lost)} requests, slowest {ledger.slowest_s:.1f} s"
    yield "  of each kind: " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    yield "  answers: " + ", ".join(f"{said} {count}" for said, count in sorted(verdicts.items()))
    yield f"wrong answers: {verdicts['wrong']}"
    yield f"lost requests: {len(ledger.lost)} " + ", ".join(f"({name}: {count})" for name, count in causes.items())
    done = Counter(event.name for event in events)
    yield "troubles: " + ", ".join(f"{name} {count}" for name, count in sorted(done.items())) + f"; {starts} starts"
    calm = [sample for sample in samples if sample.when >= calm_at]
    for title, some in (("whole run", samples), ("calm part", calm)):
        for role in ("master", "worker"):
            memory, descriptors = slope(some, role, "memory"), slope(some, role, "descriptors")
            yield (
                f"{title}, {role}: memory {memory.per_hour / 2**20:+.2f} +- {memory.error / 2**20:.2f} MiB/h, "
                f"descriptors {descriptors.per_hour:+.2f} +- {descriptors.error:.2f} per hour "
                f"({memory.processes} processes, {memory.hours:.2f} process hours)"
            )
    for one in ledger.lost:
        if cause(one, events) == UNEXPLAINED:
            yield f"  unexplained: {one}"


def failed(ledger: Ledger, events: list[Event]) -> bool:
    """Say whether something went wrong that must not."""
    return bool(ledger.wrong) or any(cause(one, events) == UNEXPLAINED for one in ledger.lost)
