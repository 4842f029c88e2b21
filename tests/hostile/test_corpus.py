from __future__ import annotations

import hashlib
import html
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Event
from candidates.actions.upload_request import BadUpload
from candidates.models import Candidate, Resume, UploadTicket
from candidates.resumes.cage import CageError, decode_document, run_in_cage
from candidates.resumes.document import Unreadable
from candidates.resumes.extract import Limits
from hrassist.lib import storage
from hrassist.models import User
from tests.hostile import archives, build, pdfs
from tests.hostile.registry import MEGABYTE, READABLE, Hostile, corpus
from tests.uploading import confirmed, ingested

# Less time than in production, so that the slow ones do not hold up the tests.
LIMITS = Limits(wall_seconds=10)
RESIDENT_BYTES = 600 * MEGABYTE
# Loading the builders fills the corpus.
BUILDERS = (archives, build, pdfs)
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
    # Safety properties, not speed, by the cage's own accounts: past these a file could take the worker down with it.
    if outcome is not None:
        assert outcome.seconds <= LIMITS.wall_seconds + 1
        assert outcome.cpu_seconds <= LIMITS.cpu_seconds + 1
        assert outcome.peak_bytes < RESIDENT_BYTES


def test_the_corpus_holds_every_kind_of_attack_that_is_known() -> None:
    assert len(CORPUS) >= 100
    built = {hashlib.sha256(one.build()).hexdigest() for one in CORPUS.values() if "bomb" not in one.name}
    assert len(built) == len([name for name in CORPUS if "bomb" not in name])


# One file for each reason: that every other file of that reason ends alike is told above.
FIRST_OF_EACH = {one.ends[0]: one for one in reversed(CORPUS.values()) if one.ends[0] not in {READABLE, "too_slow"}}


@pytest.mark.django_db
@pytest.mark.parametrize("one", FIRST_OF_EACH.values(), ids=FIRST_OF_EACH)
def test_a_hostile_upload_is_refused_with_a_sentence_and_leaves_nothing(one: Hostile, recruiter: User) -> None:
    data = one.build()
    if one.ends[0] in {"empty_file", "too_large"} and not 0 < len(data) <= LIMITS.max_bytes:
        with pytest.raises(BadUpload):
            confirmed(data, by=recruiter, now=timezone.now(), filename="resume.pdf")
        assert not UploadTicket.objects.exists()
        return
    ticket = ingested(data, by=recruiter, now=timezone.now(), filename="resume.pdf")
    if one.ends[0] == "no_text":
        # Clean, only without words: it is kept, and nobody is made of it.
        assert ticket.state == UploadTicket.State.AVAILABLE
        assert Resume.objects.get().state == Resume.State.UNREADABLE
        return
    assert ticket.state == UploadTicket.State.REJECTED
    assert ticket.rejected_for in one.ends
    assert ticket.rejected_message.endswith(".")
    assert len(ticket.rejected_message.split()) >= 4
    assert storage.incoming().head(ticket.key) is None
    assert list(storage.clean().list_older_than(timezone.now() + timedelta(days=1))) == []
    assert not Resume.objects.exists()
    assert not Candidate.objects.exists()
    [event] = Event.objects.filter(action="upload.rejected")
    assert (event.reason_code, event.target_id) == (ticket.rejected_for, str(ticket.pk))
    client = Client()
    client.force_login(recruiter)
    told = client.get(f"/candidates/uploadticket/{ticket.pk}/change/").content.decode()
    assert html.escape(ticket.rejected_message) in told
