"""Files that break every attempt are parked after five, and the others become people meanwhile (F14)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Event
from candidates.models import Resume, UploadTicket
from candidates.resumes import claims
from hrassist.models import User
from tests.chaos.conftest import Reader, until
from tests.uploading import confirmed, resume

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

# One in ten, as 100 among 1000: HRASSIST_POISON=100 takes an hour, this a minute.
POISON = int(os.environ.get("HRASSIST_POISON", "4"))
HONEST = 9 * POISON


@pytest.fixture
def poison() -> Iterator[str]:
    """The name of files whose last step fails in the database, in a way that no code of ours expects."""
    name = "poison.txt"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER poison BEFORE INSERT ON candidates_resume FOR EACH ROW"
            f" WHEN (NEW.filename = '{name}') EXECUTE FUNCTION poison()"
        )
    yield name
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION poison CASCADE")


def test_poison_is_parked_after_five_attempts_and_the_others_are_read(
    recruiter: User, reader: Reader, poison: str
) -> None:
    now = timezone.now()
    tickets = [
        confirmed(
            resume(f"Ada Poe {number}", f"ada{number}@example.org"), by=recruiter, now=now,
            filename="resume.txt" if number % 10 else poison,
        )
        for number in range(POISON + HONEST)
    ]  # fmt: skip
    bad, good = tickets[::10], [one for number, one in enumerate(tickets) if number % 10]
    assert (len(bad), len(good)) == (POISON, HONEST)
    worker = reader(concurrency=2)
    until(lambda: Resume.objects.count() == HONEST, what="the reading of the others", patience=60 + 15 * HONEST)
    soon()
    keys = [one.pk for one in bad]
    until(lambda: all_parked(keys), what="the parking", patience=60 + 15 * POISON)
    assert worker.poll() is None
    assert set(UploadTicket.objects.filter(pk__in=[one.pk for one in good]).values_list("state", flat=True)) == {
        UploadTicket.State.AVAILABLE
    }
    parked = UploadTicket.objects.filter(pk__in=keys)
    assert set(parked.values_list("attempts", flat=True)) == {claims.MAX_ATTEMPTS}
    assert Event.objects.filter(action="upload.parked").count() == POISON
    assert set(parked.values_list("claimed_until", flat=True)) == {None}


def all_parked(keys: list[object]) -> bool:
    soon()
    return UploadTicket.objects.filter(pk__in=keys).parked().count() == len(keys)


def soon() -> None:
    """Let the growing pauses between attempts pass at once."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
