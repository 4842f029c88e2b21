"""What a run of the load test has shown, in lines to read, and what of it misses a bound, in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

# design: at least 50 clients at once with p99 < 250 ms, and at least 350 lists of the API a second, on two cores.
P99_MS = 250.0
LISTS_PER_SECOND = 350.0
# Of fewer requests the slowest one in a hundred says nothing.
FEWEST = 100


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor from the first request that counts to the end of that time."""

    web: float
    database: float
    clients: float
    others: float


@dataclass(frozen=True, slots=True)
class Phase:
    """One crowd: who asked, for how long, and how long each answer took in milliseconds."""

    title: str
    clients: dict[str, int]
    seconds: float
    spent: Spent
    answered: Sequence[tuple[str, str, float]]
    failures: Sequence[str] = ()
    # Whether each client thinks between two requests; without that, what counts is how many are answered.
    thinks: bool = True
    loads: tuple[float, ...] = field(default=())

    def times(self, kind: str, name: str | None = None) -> list[float]:
        return sorted(took for whose, what, took in self.answered if whose == kind and name in {None, what})

    def names(self, kind: str) -> list[str]:
        return [name for name, _ in Counter(what for whose, what, _ in self.answered if whose == kind).most_common()]

    def per_second(self, kind: str) -> float:
        return len(self.times(kind)) / self.seconds


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the times that so many are not above."""
    return ordered[math.ceil(len(ordered) * share) - 1] if ordered else math.nan


def wrong(phases: Iterable[Phase], *, strict: bool) -> list[str]:
    """Every failure, and if `strict` every missed bound, each as a sentence."""
    return [sentence for phase in phases for sentence in (*_failed(phase), *(_missed(phase) if strict else ()))]


def _failed(phase: Phase) -> Iterator[str]:
    for said, count in Counter(phase.failures).most_common(10):
        yield f"{phase.title}: failed {count} times: {said}."
    for kind in phase.clients:
        if not phase.times(kind):
            yield f"{phase.title}: no request of {kind} was answered."


def _missed(phase: Phase) -> Iterator[str]:
    for kind in phase.clients:
        times = phase.times(kind)
        if phase.thinks and len(times) < FEWEST:
            yield f"{phase.title}: {len(times)} requests of {kind} are too few for a p99, which takes {FEWEST}: let it run for longer."  # noqa: E501
        elif phase.thinks and not percentile(times, 0.99) < P99_MS:
            yield f"{phase.title}: p99 of {kind} is {percentile(times, 0.99):.0f} ms, and the bound is {P99_MS:.0f} ms."
        elif not phase.thinks and phase.per_second(kind) < LISTS_PER_SECOND:
            yield f"{phase.title}: {phase.per_second(kind):.0f} lists a second were answered, and the bound is {LISTS_PER_SECOND:.0f}."  # noqa: E501


def lines(phase: Phase) -> Iterator[str]:
    """The figures of one phase as a table that Markdown reads, and below it who took the processors."""
    yield f"{phase.title}: {' and '.join(f'{count} {kind}' for kind, count in phase.clients.items())}, {phase.seconds:.0f} s"  # noqa: E501
    yield ""
    yield "| who | what | requests | req/s | p50 ms | p95 ms | p99 ms | most ms |"
    yield "|---|---|---|---|---|---|---|---|"
    for kind in phase.clients:
        for name in (None, *phase.names(kind)):
            times = phase.times(kind, name)
            shown = " | ".join(f"{percentile(times, share):.0f}" for share in (0.5, 0.95, 0.99, 1.0))
            yield f"| {kind} | {name or 'all'} | {len(times)} | {len(times) / phase.seconds:.1f} | {shown} |"
    yield ""
    count, spent = max(1, len(phase.answered)), phase.spent
    yield f"failures {len(phase.failures)}; CPU for each request: web {spent.web * 1000 / count:.1f} ms, database {spent.database * 1000 / count:.1f} ms"  # noqa: E501
    shares = {"web": spent.web, "database": spent.database, "clients": spent.clients, "others on the machine": spent.others}  # noqa: E501  # fmt: skip
    yield "processors in use: " + ", ".join(f"{who} {share / phase.seconds:.2f}" for who, share in shares.items())
    yield f"load of the machine {', '.join(f'{one:.1f}' for one in phase.loads)}"
