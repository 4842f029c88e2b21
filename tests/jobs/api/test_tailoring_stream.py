"""What a run tells, live: replay by number, permission at connect and again, JSON where streams break."""

from __future__ import annotations

import asyncio
import json
import re
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async
from django import conf
from django.urls import get_resolver, resolve
from django.utils import timezone

from hrassist import stream_urls
from hrassist.lib import rounds, sse
from hrassist.models import User
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


def test_no_proxy_on_the_way_keeps_it_back_or_packs_it(rosa, working, monkeypatch):
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.05)

    request = request_of(rosa, accept_encoding="gzip")

    async def silent():
        answer = await asked(request, working.pk)
        chunks = aiter(answer)
        return answer, [await with_deadline(anext(chunks)) for _ in range(2)]

    answer, chunks = run(silent())
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["X-Accel-Buffering"] == "no"
    assert answer["Cache-Control"] == "no-store"
    assert not answer.has_header("Content-Encoding")
    # A comment keeps the line open where nothing is told.
    assert chunks == [b"retry: 2000\n\n", b": still here\n\n"]
    # What packs answers would wait until there is enough to pack.
    assert [one for one in conf.settings.MIDDLEWARE if "gzip" in one.lower()] == []


@pytest.mark.parametrize("path", ["deploy/nginx/hrassist.conf", "deploy/compose/nginx.conf"])
def test_nginx_neither_collects_nor_packs_streams(path):
    (own,) = re.findall(r"location /streams/ \{(.*?)\n    \}", (conf.settings.BASE_DIR / path).read_text(), re.DOTALL)
    directives = [line.strip() for line in own.splitlines()]
    assert "gzip off;" in directives
    assert "proxy_buffering off;" in directives


def test_no_address_of_the_web_process_is_a_stream(rosa, working, client_as):
    """A thread of it would be held for as long as the page is open."""
    streams = {one.callback: f"/{one.pattern}" for one in stream_urls.urlpatterns if "streams/" in str(one.pattern)}
    assert tailoring_events in streams
    for address in streams.values():
        path = address.replace("<uuid:tailoringrun_id>", str(working.pk))
        assert resolve(path).func not in streams
        found = client_as(rosa).get(path)
        assert (found.status_code, found.streaming) == (404, False)

    def views(patterns):
        for one in patterns:
            yield from views(one.url_patterns) if hasattr(one, "url_patterns") else [one.callback]

    assert not streams.keys() & set(views(get_resolver().url_patterns))


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


@pytest.mark.parametrize("role", ["Hiring manager", "Interviewer", "Auditor", ""])
def test_who_may_not_see_the_application_learns_nothing(working, role):
    request = request_of(UserFactory(role=role))

    async def scenario():
        return await asked(request, working.pk)

    assert run(scenario()).status_code == 404


@pytest.fixture
def asked_again_at_once(monkeypatch):
    monkeypatch.setattr(rounds, "RECHECK_SECONDS", 0.02)


async def told_until_it_ends(answer, working):
    """How many more events came until the stream was over."""
    for number in range(200):
        await sync_to_async(told)(working, str(number))
        if await with_deadline(anext(answer, None)) is None:
            return number
    return None


def sign_out(request):
    request.session.flush()


def lock_out(request):
    User.objects.filter(pk=request.user.pk).update(is_active=False)


def take_role(request):
    User.objects.get(pk=request.user.pk).groups.clear()


@pytest.mark.usefixtures("asked_again_at_once")
@pytest.mark.parametrize("take_away", [take_role, sign_out, lock_out])
def test_a_right_that_is_taken_away_ends_the_stream_amid_its_events(rosa, working, take_away):
    told(working, "one")
    request = request_of(rosa)

    async def scenario():
        answer = aiter(await asked(request, working.pk))
        first = await with_deadline(read(answer, 1))
        goes_on = await with_deadline(read(answer_of(answer, working), 3))
        await sync_to_async(take_away)(request)
        return first, goes_on, await told_until_it_ends(answer, working)

    async def answer_of(answer, working):
        for number in range(3):
            await asyncio.sleep(0.1)
            await sync_to_async(told)(working, f"still {number}")
            yield await anext(answer)

    first, goes_on, more = run(scenario())
    assert (len(first), len(goes_on)) == (1, 3)
    assert more is not None


def test_nothing_is_given_five_seconds_after_a_right_was_taken_away():
    # The asking of a whole crowd is spread over half of the time between two.
    assert rounds.RECHECK_SECONDS * 1.5 < 5
