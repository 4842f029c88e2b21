"""Tickets: who gets one, what confirming does, and that it happens once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections
from pytest_django.fixtures import Settings

from candidates.actions import uploads
from candidates.models import UploadTicket
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, Gone, NotFound
from hrassist.models import User
from tests import factories
from tests.conftest import NOON
from tests.uploading import confirmed, issue, md5_of, put, resume

State = UploadTicket.State
DATA = resume()


def confirm(ticket: UploadTicket, by: User, *, now: datetime = NOON, **more: str) -> UploadTicket:
    return uploads.confirm(ticket_id=ticket.pk, by=by, now=now, **more)


def test_a_ticket_says_what_may_be_uploaded_and_is_on_record(recruiter: User, events: Any) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    assert (ticket.state, ticket.declared_size, ticket.declared_type) == (State.ISSUED, len(DATA), "text/plain")
    assert ticket.expires_at == NOON + timedelta(minutes=15)
    assert dict(signed.headers) == {"Content-Type": "text/plain", "Content-MD5": md5_of(DATA)}
    assert [event.target_id for event in events("upload.issued", actor_id=str(recruiter.pk))] == [str(ticket.pk)]


def test_a_key_tells_nothing_about_the_file(recruiter: User) -> None:
    ticket, _ = issue(DATA, by=recruiter, now=NOON, filename="jane doe salary.txt")
    day, name = ticket.key.removeprefix("incoming/").split("/")
    assert day == "20261102"
    assert len(name) == 36
    assert "jane" not in ticket.key


@pytest.mark.parametrize("role", ["interviewer", "hiring_manager", "auditor", "operator", "outsider"])
def test_only_recruiters_and_coordinators_get_a_ticket(role: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        issue(DATA, by=request.getfixturevalue(role), now=NOON)
    assert not UploadTicket.objects.exists()


def test_the_same_idempotency_key_gives_the_same_ticket(recruiter: User, events: Any) -> None:
    first, _ = issue(DATA, by=recruiter, now=NOON, idempotency_key="batch-1-file-1")
    second, signed = issue(DATA, by=recruiter, now=NOON + timedelta(minutes=1), idempotency_key="batch-1-file-1")
    assert first.pk == second.pk
    put(signed, DATA)
    assert len(events("upload.issued")) == 1


def test_an_idempotency_key_belongs_to_one_file_and_one_person(recruiter: User, coordinator: User) -> None:
    first, _ = issue(DATA, by=recruiter, now=NOON, idempotency_key="k")
    with pytest.raises(Conflict) as refusal:
        issue(resume(also="other"), by=recruiter, now=NOON, idempotency_key="k")
    assert refusal.value.code == "idempotency_mismatch"
    other, _ = issue(DATA, by=coordinator, now=NOON, idempotency_key="k")
    assert other.pk != first.pk


def test_an_idempotency_key_of_an_expired_ticket_is_gone(recruiter: User) -> None:
    issue(DATA, by=recruiter, now=NOON, idempotency_key="k")
    with pytest.raises(Gone):
        issue(DATA, by=recruiter, now=NOON + timedelta(minutes=16), idempotency_key="k")


def test_open_tickets_are_limited(recruiter: User, settings: Settings) -> None:
    settings.UPLOAD_OPEN_TICKETS_PER_USER = 2
    for _ in range(2):
        issue(DATA, by=recruiter, now=NOON)
    with pytest.raises(uploads.TooManyUploads) as refusal:
        issue(DATA, by=recruiter, now=NOON)
    assert (refusal.value.status, refusal.value.code) == (429, "too_many_open_uploads")
    issue(DATA, by=recruiter, now=NOON + timedelta(minutes=16))


def test_bytes_per_day_are_limited(recruiter: User, settings: Settings) -> None:
    settings.UPLOAD_BYTES_PER_USER_DAY = len(DATA)
    issue(DATA, by=recruiter, now=NOON)
    with pytest.raises(uploads.TooManyUploads) as refusal:
        issue(DATA, by=recruiter, now=NOON)
    assert refusal.value.code == "upload_quota"
    issue(DATA, by=recruiter, now=NOON + timedelta(hours=25))


def test_a_merged_person_gets_no_resume(recruiter: User) -> None:
    kept = factories.CandidateFactory()
    merged = factories.CandidateFactory(merged_into=kept)
    with pytest.raises(Conflict) as refusal:
        issue(DATA, by=recruiter, now=NOON, candidate=merged)
    assert refusal.value.code == "candidate_merged"


def test_confirming_hands_the_file_over_once(recruiter: User, events: Any, deferred_tasks: Any) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    put(signed, DATA)
    assert confirm(ticket, recruiter).state == State.CONFIRMED
    assert confirm(ticket, recruiter).state == State.CONFIRMED
    assert deferred_tasks("ingest_upload") == [{"ticket_id": str(ticket.pk)}]
    assert len(events("upload.confirmed")) == 1


def test_what_is_confirmed_is_the_object_of_that_moment(recruiter: User) -> None:
    ticket = confirmed(DATA, by=recruiter, now=NOON)
    found = storage.incoming().head(ticket.key)
    assert found is not None
    assert ticket.etag == found.etag


def test_a_file_that_is_not_there_yet_can_be_confirmed_later(recruiter: User, deferred_tasks: Any) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    with pytest.raises(uploads.NotUploadedYet):
        confirm(ticket, recruiter)
    assert deferred_tasks("ingest_upload") == []
    put(signed, DATA)
    assert confirm(ticket, recruiter, now=NOON + timedelta(minutes=29)).state == State.CONFIRMED


def test_past_the_grace_period_a_ticket_is_gone(recruiter: User) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    put(signed, DATA)
    with pytest.raises(uploads.TicketExpired) as refusal:
        confirm(ticket, recruiter, now=NOON + timedelta(minutes=31))
    assert refusal.value.status == 410


@pytest.mark.parametrize("role", ["coordinator", "operator", "outsider"])
def test_nobody_else_can_confirm_or_tell_that_it_exists(
    role: str, recruiter: User, request: pytest.FixtureRequest
) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    put(signed, DATA)
    somebody = request.getfixturevalue(role)
    for pk in (ticket.pk, uuid4()):
        with pytest.raises(NotFound) as refusal:
            uploads.confirm(ticket_id=pk, by=somebody, now=NOON)
        assert refusal.value.message == NotFound.default_message


def test_another_object_than_the_client_uploaded_is_not_confirmed(recruiter: User) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    put(signed, DATA)
    with pytest.raises(storage.ObjectChanged):
        confirm(ticket, recruiter, etag='"0123456789"')
    found = storage.incoming().head(ticket.key)
    assert found is not None
    assert confirm(ticket, recruiter, etag=f'"{found.etag}"').state == State.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_fifty_confirms_at_once_are_one_ingestion(recruiter: User, deferred_tasks: Any, events: Any) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    put(signed, DATA)
    outcomes: Counter[str] = Counter()
    start = threading.Barrier(50)

    def one() -> None:
        start.wait()
        try:
            outcomes[confirm(ticket, recruiter).state] += 1
        except Exception as error:
            outcomes[type(error).__name__] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {State.CONFIRMED: 50}
    assert deferred_tasks("ingest_upload") == [{"ticket_id": str(ticket.pk)}]
    assert len(events("upload.confirmed")) == 1


@pytest.mark.django_db(transaction=True)
def test_the_quota_holds_against_requests_at_once(recruiter: User, settings: Settings) -> None:
    settings.UPLOAD_OPEN_TICKETS_PER_USER = 5
    outcomes: Counter[str] = Counter()

    def one() -> None:
        try:
            issue(DATA, by=recruiter, now=NOON)
            outcomes["issued"] += 1
        except uploads.TooManyUploads:
            outcomes["refused"] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"issued": 5, "refused": 7}


def test_an_operator_ends_a_parked_upload_with_a_reason(recruiter: User, operator: User, events: Any) -> None:
    ticket = _parked(recruiter)
    ended = uploads.reject(ticket_id=ticket.pk, by=operator, reason="by_hand", message="Not a resume.", now=NOON)
    ended.refresh_from_db()
    assert (ended.state, ended.rejected_for, ended.parked_at) == (State.REJECTED, "by_hand", None)
    assert storage.incoming().head(ticket.key) is None
    assert [event.reason_code for event in events("upload.rejected", actor_id=str(operator.pk))] == ["by_hand"]


def test_an_operator_has_a_parked_upload_tried_again(recruiter: User, operator: User, deferred_tasks: Any) -> None:
    ticket = _parked(recruiter)
    again = uploads.retry(ticket_id=ticket.pk, by=operator, now=NOON)
    assert (again.state, again.attempts, again.parked_for) == (State.CONFIRMED, 0, "")
    assert len(deferred_tasks("ingest_upload")) == 2
    with pytest.raises(Conflict):
        uploads.retry(ticket_id=ticket.pk, by=operator, now=NOON)


def test_uploads_of_others_are_not_ended_without_the_right_to_see_them(recruiter: User, outsider: User) -> None:
    ticket = _parked(recruiter)
    for change in (
        lambda: uploads.retry(ticket_id=ticket.pk, by=outsider, now=NOON),
        lambda: uploads.reject(ticket_id=ticket.pk, by=outsider, reason="x", message="x", now=NOON),
    ):
        with pytest.raises(PermissionDenied):
            change()


def test_an_abandoned_ticket_expires_an_hour_after_its_time(recruiter: User, events: Any) -> None:
    ticket, signed = issue(DATA, by=recruiter, now=NOON)
    put(signed, DATA)
    assert uploads.expire(now=NOON + timedelta(minutes=74)) == 0
    assert uploads.expire(now=NOON + timedelta(minutes=76)) == 1
    ticket.refresh_from_db()
    assert ticket.state == State.EXPIRED
    assert storage.incoming().head(ticket.key) is None
    assert len(events("upload.expired")) == 1
    with pytest.raises(Gone):
        confirm(ticket, recruiter)


def _parked(by: User) -> UploadTicket:
    ticket = confirmed(DATA, by=by, now=NOON)
    UploadTicket.objects.filter(pk=ticket.pk).update(parked_at=NOON, parked_for="worker_died", attempts=5)
    return ticket
