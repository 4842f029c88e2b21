"""What somebody says of their sex and race follows what they sent to the application that comes of it, and no other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jobs.actions import demographics
from jobs.models import Application, IntakeSubmission, JobPrivacy, TrackingLink
from jobs.models.demographic import DemographicAnswer
from tests.conftest import NOON
from tests.jobs.actions.sending import Send, settled
from tests.uploading import resume

pytestmark = pytest.mark.django_db
State = IntakeSubmission.State


def _answered(one: IntakeSubmission, **said: str) -> DemographicAnswer | None:
    asks = {"asks_demographics": "yes", "jurisdictions": [], "updated_by": one.link.created_by}
    JobPrivacy.objects.get_or_create(job=one.job, defaults=asks)
    about = {"sex": "female", "race": "black", **said}
    return demographics.answer_after_form(submission=one, form="", now=NOON, **about)


def test_an_answer_that_came_before_the_file_was_read_follows_to_the_application(
    link: TrackingLink, send: Send
) -> None:
    one, _ = send(link, resume())
    kept = _answered(one)
    assert kept is not None
    assert kept.application is None
    settled(one)
    kept.refresh_from_db()
    assert kept.application == one.application == Application.objects.get()
    assert demographics.of_submission(one) is True
    _answered(one, sex="male")
    assert DemographicAnswer.objects.get().sex == "male"


def test_what_is_answered_with_somebodys_second_form_says_nothing_about_the_first(
    link: TrackingLink, send: Send, events: Any
) -> None:
    first, _ = send(link, resume())
    settled(first)
    again, _ = send(link, resume(also="Rust"), now=NOON + timedelta(minutes=5))
    _answered(again)
    settled(again, now=NOON + timedelta(minutes=7))
    assert again.application == first.application
    assert not DemographicAnswer.objects.exists()
    assert len(events("demographic_answer.discarded")) == 1
    assert demographics.of_submission(again) is None
    with pytest.raises(demographics.NotAsked):
        _answered(again)


def test_whose_file_is_refused_is_not_asked(link: TrackingLink, send: Send) -> None:
    one, _ = send(link, b"%PDF-1.4 broken", filename="cv.pdf")
    settled(one)
    assert one.state == State.REJECTED
    with pytest.raises(demographics.NotAsked):
        _answered(one)
