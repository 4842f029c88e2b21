"""The live states of one's own uploads."""

from __future__ import annotations

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import RequestFactory

from candidates.api.upload_stream import upload_events
from candidates.models import UploadTicket
from candidates.models.upload import STATE_CHANNEL
from hrassist.identity.sessions import SessionStore
from hrassist.lib import rounds, sse
from hrassist.models import User
from tests.factories import CandidateFactory, ResumeFactory, UploadTicketFactory, UserFactory


def request_of(user: User, **headers: str):
    request = RequestFactory().get("/streams/uploads", headers=headers)
    request.user = user
    request.session = SessionStore()
    request.session.create()
    return request


asked = sync_to_async(upload_events)


async def read(chunks, count: int) -> list[dict]:
    found: list[dict] = []
    async for chunk in chunks:
        if b"data: " in chunk:
            found.append(json.loads(chunk.split(b"data: ", 1)[1]))
        if len(found) == count:
            break
    return found


def run(work):
    async def then_let_go():
        try:
            return await work
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(then_let_go())


async def with_deadline(work):
    return await asyncio.wait_for(work, 10)


@pytest.mark.django_db(transaction=True)
def test_a_client_gets_the_current_states_and_then_each_change():
    ticket = UploadTicketFactory()
    other = UploadTicketFactory()

    request = request_of(ticket.created_by)

    async def scenario() -> list[dict]:
        answer = await asked(request)
        chunks = aiter(answer)
        first = await with_deadline(read(chunks, 1))
        change = UploadTicket.objects.filter(pk__in=[other.pk, ticket.pk]).update
        await sync_to_async(change)(state="expired", settled_at=ticket.expires_at)
        return first + await with_deadline(read(chunks, 1))

    states = run(scenario())
    assert [(one["id"], one["state"]) for one in states] == [(str(ticket.pk), "issued"), (str(ticket.pk), "expired")]


@pytest.mark.django_db(transaction=True)
def test_a_file_that_was_stored_before_tells_whose_it_is():
    known = ResumeFactory(candidate=CandidateFactory(full_name="Ada Byron"))
    ticket = UploadTicketFactory(duplicate_of=known)

    request = request_of(ticket.created_by)

    async def scenario() -> list[dict]:
        return await with_deadline(read(aiter(await asked(request)), 1))

    (state,) = run(scenario())
    assert (state["resume"], state["candidate"]) == (str(known.pk), str(known.candidate_id))
    assert state["person"] == "Ada Byron"


@pytest.mark.django_db(transaction=True)
def test_who_may_not_upload_gets_no_stream():
    answer = upload_events(request_of(UserFactory(role="Auditor")))
    assert answer.status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("origin", "allowed"), [("http://testserver:8000", True), ("http://elsewhere.example", False), ("null", False)]
)
def test_only_pages_of_the_same_host_may_read_it(origin, allowed):
    answer = upload_events(request_of(UploadTicketFactory().created_by, Origin=origin))
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("busy", [True, False])
def test_signing_out_ends_the_stream_when_it_is_quiet_and_amid_events(monkeypatch, busy):
    monkeypatch.setattr(rounds, "RECHECK_SECONDS", 0.02)
    if not busy:
        monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.05)
    mine = UploadTicketFactory()
    request = request_of(mine.created_by)

    def tell() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [STATE_CHANNEL, f"{request.user.pk}:{mine.pk}"])

    async def scenario() -> int | None:
        chunks = aiter(await asked(request))
        for _ in range(2):
            await with_deadline(anext(chunks))
        await sync_to_async(request.session.flush)()
        for number in range(200):
            if busy:
                await sync_to_async(tell)()
            if await with_deadline(anext(chunks, None)) is None:
                return number
        return None

    assert run(scenario()) is not None
