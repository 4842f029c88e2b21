"""A short, seeded piece of `make fuzz`, and every file that once came out of it."""

from __future__ import annotations

import random
import resource

import pytest

from tests.fuzz import run
from tests.fuzz.mutation import mutated
from tests.hostile.good import docx, pdf


def test_bent_files_end_in_known_ways_and_the_worker_keeps_its_size() -> None:
    # Building the seeds takes room of its own, bombs being among them; what is watched is what reading them takes.
    run.seeds()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = run.fuzz(seed=20_261_102, batches=8)
    assert done.crashers == []
    assert done.files == 8 * run.BATCH
    assert len(done.ends) >= 8, done.told()
    assert done.ends["readable"] > 20
    assert 0 < done.peak_bytes < run.RESIDENT_BYTES
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_seed_bends_the_same_files_again() -> None:
    one, two = random.Random(7), random.Random(7)
    assert [mutated(one, docx(), pdf()) for _ in range(20)] == [mutated(two, docx(), pdf()) for _ in range(20)]


def test_an_end_that_no_source_names_is_a_crasher(tmp_path: object) -> None:
    known = run.known_codes()
    assert {"zip_bomb", "pdf_javascript", "no_text", "too_slow"} <= known
    assert "beyond_limits: readable, 30 s, 700 MB" not in known


@pytest.mark.parametrize("path", sorted(run.CRASHERS.glob("*.bin")), ids=lambda path: path.stem)
def test_what_once_came_out_of_it_ends_in_a_known_way(path: object) -> None:
    data = path.read_bytes()  # type: ignore[attr-defined]
    assert run.alone(data, run.Run(seed=0)) in run.known_codes()
