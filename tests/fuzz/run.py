"""Mutation fuzzing of the reader through its cage: `make fuzz SECONDS=600`.

Seeds are the hostile corpus, honest files and earlier crashers; a mutant that ends in a way not seen from its seed
becomes a seed itself. A file that takes its whole batch down is tried again alone, as in production, and must end
there with a known reason code. What does not is kept in tests/fuzz/crashers and fails the run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from candidates.resumes.cage import CageError, decode_document, run_in_cage
from candidates.resumes.document import Unreadable
from candidates.resumes.extract import Limits
from tests.fuzz.caged import pack
from tests.fuzz.mutation import LARGEST, mutated
from tests.hostile import archives, build, good, pdfs
from tests.hostile.registry import corpus

CRASHERS = Path(__file__).parent / "crashers"
SOURCES = Path(__file__).resolve().parents[2] / "candidates" / "resumes"
BATCH = 32
BATCH_LIMITS = Limits(max_bytes=BATCH * 2 * LARGEST, cpu_seconds=40, wall_seconds=60.0)
MOST_SEEDS = 600
# By the cage's own account of one process.
RESIDENT_BYTES = 600 * 2**20
BUILDERS = (archives, build, pdfs)


def known_codes() -> set[str]:
    """Every reason code that the reader's source names."""
    found = {"readable"}
    for path in SOURCES.rglob("*.py"):
        source = path.read_text()
        found |= {one or two for one, two in re.findall(r'code="([a-z_]+)"|\(_[A-Z_]+, "([a-z_]+)", "', source)}
    return found | {"too_slow", "too_much_memory", "too_much_output", "damaged_file"}


def seeds() -> list[bytes]:
    honest = [good.docx(), good.odt(), good.pdf(), good.rtf(good.TEXT), good.TEXT.encode()]
    honest.append(f"<html><body><p>{good.TEXT}</p></body></html>".encode())
    hostile = [one.build() for one in corpus() if "gigabyte" not in one.name and "lie" not in one.name]
    kept = [path.read_bytes() for path in sorted(CRASHERS.glob("*.bin"))]
    return [one for one in [*kept, *honest * 5, *hostile] if 0 < len(one) <= LARGEST]


@dataclass(slots=True)
class Run:
    """What was tried so far and how it ended."""

    seed: int
    files: int = 0
    batches: int = 0
    died: int = 0
    peak_bytes: int = 0
    slowest: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)
    crashers: list[str] = field(default_factory=list)

    def told(self) -> str:
        ends = ", ".join(f"{end} {number}" for end, number in self.ends.most_common())
        worker = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return (
            f"seed {self.seed}: {self.files} files in {self.batches} batches, {self.died} batches died, peak "
            f"{self.peak_bytes >> 20} MB in the cage, {worker} MB outside, slowest alone {self.slowest:.1f} s\n{ends}"
        )


def fuzz(*, seed: int, seconds: float = 0.0, batches: int = 0) -> Run:
    """Until the time is up, or for this many batches; the same seed bends the same files in the same order."""
    dice, known, run = random.Random(seed), known_codes(), Run(seed)
    pool = seeds()
    deadline = time.monotonic() + seconds
    while (batches and run.batches < batches) or (not batches and time.monotonic() < deadline):
        files = [mutated(dice, dice.choice(pool), dice.choice(pool)) for _ in range(BATCH)]
        for file, end in zip(files, ends_of(files, run), strict=True):
            if end not in run.ends and not end.startswith("too_") and len(pool) < MOST_SEEDS:
                pool.append(file)
            run.ends[end] += 1
            if end.lstrip("!") == end and end not in known:
                keep(file, end, run)
        run.files += len(files)
        run.batches += 1
    return run


def ends_of(files: list[bytes], run: Run) -> Iterator[str]:
    try:
        outcome = run_in_cage("tests.fuzz.caged:read_many", pack(files), limits=BATCH_LIMITS, output_bytes=100_000)
        # Memory of many files together says nothing about one: then each is measured by itself.
        if outcome.peak_bytes < RESIDENT_BYTES // 2:
            run.peak_bytes = max(run.peak_bytes, outcome.peak_bytes)
            yield from json.loads(outcome.output)
            return
    except CageError:
        run.died += 1
    for one in files:
        yield alone(one, run)


def alone(data: bytes, run: Run) -> str:
    """As the worker has it: one file, one process, the production's limits."""
    limits = Limits()
    try:
        most = limits.output_bytes + limits.image_output_bytes
        outcome = run_in_cage("candidates.resumes.caged:read_and_draw", data, limits=limits, output_bytes=most)
        decode_document(outcome.output[4 : 4 + int.from_bytes(outcome.output[:4], "big")])
        end = "readable"
    except CageError as error:
        outcome, end = error.outcome, error.code
    except Unreadable as error:
        return error.code
    run.slowest = max(run.slowest, outcome.seconds)
    run.peak_bytes = max(run.peak_bytes, outcome.peak_bytes)
    if outcome.seconds > limits.wall_seconds + 2 or outcome.peak_bytes > RESIDENT_BYTES:
        return f"beyond_limits: {end}, {outcome.seconds:.0f} s, {outcome.peak_bytes >> 20} MB"
    return end


def keep(data: bytes, end: str, run: Run) -> None:
    CRASHERS.mkdir(exist_ok=True)
    path = CRASHERS / f"{hashlib.sha256(data).hexdigest()[:16]}.bin"
    path.write_bytes(data)
    run.crashers.append(f"{path.name}: {end}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    run = fuzz(seed=asked.seed, seconds=asked.seconds)
    sys.stdout.write(run.told() + "\n")
    sys.stdout.writelines(f"crasher {one}\n" for one in run.crashers)
    return 1 if run.crashers else 0


if __name__ == "__main__":
    sys.exit(main())
