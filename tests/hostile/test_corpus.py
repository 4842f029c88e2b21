import pytest

from candidates.resumes.cage import CageError, decode_document, run_in_cage
from candidates.resumes.document import Unreadable
from candidates.resumes.extract import Limits
from tests.hostile import build, pdfs
from tests.hostile.registry import READABLE, Hostile, corpus

# Less time than in production, so that the slow ones do not hold up the tests.
LIMITS = Limits(wall_seconds=10)
# Loading the builders fills the corpus.
BUILDERS = (build, pdfs)
CORPUS = {one.name: one for one in corpus()}


@pytest.mark.parametrize("one", CORPUS.values(), ids=CORPUS)
def test_a_hostile_file_ends_for_the_right_reason_within_time_and_memory(one: Hostile) -> None:
    outcome = None
    try:
        outcome = run_in_cage(
            "candidates.resumes.caged:read", one.build(), limits=LIMITS, output_bytes=LIMITS.output_bytes
        )
        end = READABLE if decode_document(outcome.output).text else "empty"
    except CageError as error:
        outcome, end = error.outcome, error.code
    except Unreadable as error:
        end = error.code
    assert end in one.ends
    # Safety properties, not speed: past these a file could take the worker down with it.
    if outcome is not None:
        assert outcome.seconds <= LIMITS.wall_seconds + 1
        assert outcome.peak_bytes < LIMITS.memory_bytes


def test_the_corpus_holds_at_least_forty_different_files() -> None:
    assert len(CORPUS) >= 40
