from __future__ import annotations

import pytest

from hrassist.lib.errors import Conflict
from hrassist.models import User
from jobs.actions import applications, openings
from jobs.actions import jobs as job_actions
from jobs.models import Opening
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def seats(recruiter: User) -> list[Opening]:
    return job_actions.add_openings(job=JobFactory(), count=3, by=recruiter, now=NOON)


def test_a_held_seat_takes_nobody_until_it_is_opened_again(recruiter: User, seats: list[Opening]) -> None:
    job = seats[0].job
    for seat in seats:
        openings.hold(opening=seat, by=recruiter, now=NOON)
    application = ApplicationFactory(job=job)
    with pytest.raises(applications.NoOpening):
        applications.hire(application=application, by=recruiter, now=NOON)
    openings.reopen(opening=seats[1], by=recruiter, now=NOON)
    applications.hire(application=application, by=recruiter, now=NOON)
    filled = Opening.objects.get(filled_by=application)
    assert filled.number == 2
    for action in (openings.cancel, openings.hold, openings.reopen):
        with pytest.raises(openings.OpeningChanged, match="filled by now"):
            action(opening=filled, by=recruiter, now=NOON)


def test_a_second_click_is_told_what_became_of_the_seat(recruiter: User, seats: list[Opening], events: object) -> None:
    openings.cancel(opening=seats[0], by=recruiter, now=NOON)
    with pytest.raises(openings.OpeningChanged, match="Opening 1 is cancelled by now"):
        openings.cancel(opening=seats[0], by=recruiter, now=NOON)
    with pytest.raises(openings.OpeningChanged):
        openings.hold(opening=seats[0], by=recruiter, now=NOON)
    openings.reopen(opening=seats[0], by=recruiter, now=NOON)
    with pytest.raises(openings.OpeningChanged, match="is free by now"):
        openings.reopen(opening=seats[0], by=recruiter, now=NOON)


def test_a_closed_job_opens_no_seat(recruiter: User, seats: list[Opening]) -> None:
    job_actions.close(job=seats[0].job, by=recruiter, now=NOON)
    with pytest.raises(Conflict, match="Reopen it first"):
        openings.reopen(opening=seats[0], by=recruiter, now=NOON)
