"""What a run tells, live: replay by number, permission at connect and again, JSON where streams break."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from hrassist.models import User
from jobs.api import tailoring_stream
from jobs.api.tailoring_stream import tailoring_events
from jobs.models import TailoringRun
from jobs.tailoring import events
from jobs.tailoring.events import Teller
from tests.candidates.api.test_upload_stream import request_of, run, with_deadline
from tests.factories import ApplicationFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rosa():
    return UserFactory(role="Recruiter")


@pytest.fixture
def working(rosa):
    return TailoringRun.objects.create(
        application=ApplicationFactory(),
        provider="offline",
        created_by=rosa,
        state="running",
        started_at=timezone.now(),
    )


asked = sync_to_async(tailoring_events)


async def read(answer, count):
    """(name, id, data) of so many events, which may come several at once."""
    found = []
    async for chunk in answer:
        for one in chunk.decode().split("\n\n"):
            if "event: " not in one:
                continue
            fields = dict(line.split(": ", 1) for line in one.strip().splitlines())
            found.append((fields["event"], int(fields.get("id", 0)), json.loads(fields["data"])))
        if len(found) >= count:
            break
    return found


def told(working, *texts):
    teller = Teller(working.pk)
    for text in texts:
        teller.tell("text", agent="analysis", text=text)


def test_what_was_told_before_is_given_first_and_then_each_thing_as_it_comes(rosa, working):
    told(working, "one", "two")

    request = request_of(rosa)

    async def scenario():
        answer = aiter(await asked(request, working.pk))
        first = await with_deadline(read(answer, 2))
        await sync_to_async(told)(working, "three")
        return first + await with_deadline(read(answer, 1))

    found = run(scenario())
    assert [data["text"] for _, _, data in found] == ["one", "two", "three"]
    assert [number for _, number, _ in found] == [1, 2, 3]


def test_after_a_break_it_goes_on_behind_the_last_number(rosa, working):
    told(working, "one", "two", "three")

    request = request_of(rosa, **{"Last-Event-ID": "2"})

    async def scenario():
        return await with_deadline(read(aiter(await asked(request, working.pk)), 1))

    assert [number for _, number, _ in run(scenario())] == [3]


def test_many_clients_of_a_burst_lose_nothing_and_get_nothing_twice(rosa, working):
    count = 40

    requests = [request_of(rosa) for _ in range(25)]

    async def client(request):
        answer = aiter(await asked(request, working.pk))
        return await asyncio.wait_for(read(answer, count), 30)

    async def scenario():
        clients = [asyncio.create_task(client(one)) for one in requests]
        await asyncio.sleep(0.2)
        for number in range(count):
            await sync_to_async(told)(working, str(number))
        return await asyncio.gather(*clients)

    for found in run(scenario()):
        numbers = [number for _, number, _ in found]
        assert all(one + 1 == other for one, other in pairwise(numbers))
        assert numbers == list(range(1, count + 1))


def test_somebody_who_claims_a_number_of_tomorrow_keeps_nothing_from_the_others(rosa, working):
    liar, honest = request_of(rosa), request_of(rosa)
    liar.META["HTTP_LAST_EVENT_ID"] = "999999999"

    async def scenario():
        waits = asyncio.create_task(read(aiter(await asked(liar, working.pk)), 1))
        await asyncio.sleep(0.2)
        reads = asyncio.create_task(with_deadline(read(aiter(await asked(honest, working.pk)), 2)))
        await asyncio.sleep(0.2)
        await sync_to_async(told)(working, "one", "two")
        try:
            return await reads
        finally:
            waits.cancel()

    assert [data["text"] for _, _, data in run(scenario())] == ["one", "two"]


def test_more_than_one_reading_holds_is_given_whole(rosa, working, monkeypatch):
    monkeypatch.setattr(events, "MOST_EVENTS", 3)
    told(working, *"abcdefgh")
    request = request_of(rosa)

    async def scenario():
        return await with_deadline(read(aiter(await asked(request, working.pk)), 8))

    assert "".join(data["text"] for _, _, data in run(scenario())) == "abcdefgh"


def test_a_run_that_is_over_is_told_so_and_the_stream_ends(rosa, working):
    Teller(working.pk).tell("state", state="review")
    TailoringRun.objects.filter(pk=working.pk).update(state="review", ended_at=timezone.now())

    request = request_of(rosa)

    async def scenario():
        return await with_deadline(read(aiter(await asked(request, working.pk)), 3))

    assert [name for name, _, _ in run(scenario())] == ["tailoring", "done"]


def test_the_same_as_json_where_a_proxy_breaks_streams(rosa, working):
    told(working, "one", "two")
    request = request_of(rosa)
    request.GET = request.GET.copy()
    request.GET.update({"poll": "1", "after": "1"})

    async def scenario():
        return await asked(request, working.pk)

    answer = json.loads(run(scenario()).content)
    assert answer["state"] == "running"
    assert [event["seq"] for event in answer["events"]] == [2]


def forget_roles(user):
    User.objects.get(pk=user.pk).groups.clear()


@pytest.mark.parametrize("role", ["Hiring manager", "Interviewer", "Auditor", ""])
def test_who_may_not_see_the_application_learns_nothing(working, role):
    request = request_of(UserFactory(role=role))

    async def scenario():
        return await asked(request, working.pk)

    assert run(scenario()).status_code == 404


def test_a_permission_that_is_taken_away_ends_the_stream(rosa, working, monkeypatch):
    monkeypatch.setattr(tailoring_stream, "RECHECK_SECONDS", 0)

    request = request_of(rosa)

    async def scenario():
        answer = aiter(await asked(request, working.pk))
        await sync_to_async(told)(working, "one")
        first = await with_deadline(read(answer, 1))
        await sync_to_async(forget_roles)(rosa)
        await sync_to_async(told)(working, "two")
        return first, await with_deadline(read(answer, 1))

    first, then = run(scenario())
    assert (len(first), then) == (1, [])
