"""A person's own page: opened by a mailed link, theirs alone, and everything on it does what it says."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from candidates.actions import consents, erasures, legal_holds, self_service
from candidates.models import (
    Channel,
    ConsentRecord,
    CorrectionRequest,
    DataExport,
    Erasure,
    PoolMembership,
    SelfServiceLink,
)
from jobs.actions import job_notices
from jobs.models import Application, Message, RankingOptOut, ReviewRequest
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db
PAGE = "/my/page/"


@pytest.fixture
def jane():
    return CandidateFactory(full_name="Jane Doe", email="jane@example.org")


def link_for(candidate, **columns):
    """What the mail to this person holds."""
    link = SelfServiceLink.objects.create(
        candidate=candidate, email=candidate.emails.first(), expires_at=timezone.now() + timedelta(days=2), **columns
    )
    assert self_service.send(link_id=link.pk, now=timezone.now())
    return re.search(r"/my/[^/\s]+/", mail.outbox[-1].body)[0]


@pytest.fixture
def visitor(jane):
    client = Client()
    client.get(link_for(jane))
    return client


def test_a_link_opens_the_page_of_the_person_it_was_mailed_to_and_leaves_the_address(jane):
    ApplicationFactory(candidate=jane, job=JobFactory(title="Baker"))
    client = Client()
    entered = client.get(link_for(jane))
    assert entered.status_code == 302
    assert entered["Location"] == PAGE
    assert entered["Referrer-Policy"] == "no-referrer"
    cookie = entered.cookies["my"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    shown = client.get(PAGE)
    assert "Jane Doe" in shown.text
    assert "Baker" in shown.text
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["X-Robots-Tag"] == "noindex, nofollow"


def test_the_answer_is_the_same_whether_somebody_is_known_or_not(jane, deferred_tasks):
    known = Client().post("/my/", {"email": "jane@example.org"})
    unknown = Client().post("/my/", {"email": "nobody@example.org"})
    assert known.status_code == unknown.status_code == 200
    plain = [re.sub(r"\w+@example\.org|csrf\S+", "", one.text) for one in (known, unknown)]
    assert plain[0] == plain[1]
    assert len(deferred_tasks("send_self_service_link")) == 2
    assert SelfServiceLink.objects.count() == 1


def test_a_mailed_key_is_kept_nowhere(jane):
    url = link_for(jane)
    token = url.split("/")[2]
    row = SelfServiceLink.objects.get()
    assert token not in str(vars(row))
    assert not Message.objects.exists()
    assert not Event.objects.filter(changes__icontains=token).exists()


@pytest.mark.parametrize("spoil", [lambda t: t[:-3] + "xyz", lambda _t: "nonsense", lambda t: t.replace(t[5], "_")])
def test_a_forged_key_opens_nothing(jane, spoil):
    token = link_for(jane).split("/")[2]
    answer = Client().get(f"/my/{spoil(token)}/")
    assert answer.status_code == 410
    assert "my" not in {name for name, one in answer.cookies.items() if one.value}


def test_a_link_ends_with_its_time_by_being_taken_back_and_by_a_second_one_of_the_same_row(jane, visitor):
    url = link_for(jane)
    assert Client().get(url).status_code == 302
    SelfServiceLink.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert Client().get(url).status_code == 410
    assert visitor.get(PAGE).status_code == 410
    fresh = link_for(jane)
    self_service.revoke(candidate=jane, now=timezone.now())
    assert Client().get(fresh).status_code == 410


def test_an_open_page_closes_after_an_hour(jane):
    begun = timezone.now() - timedelta(minutes=61)
    token = link_for(jane).split("/")[2]
    _, cookie = self_service.enter(token=token, now=begun)
    client = Client()
    client.cookies["my"] = cookie
    assert client.get(PAGE).status_code == 410


def test_nobody_asks_without_end(jane):
    answers = [Client().post("/my/", {"email": f"x{n}@example.org"}).status_code for n in range(22)]
    assert answers.count(200) == 20
    assert answers[-1] == 429
    assert SelfServiceLink.objects.count() == 0


@pytest.mark.parametrize(
    ("limit", "ask"),
    [
        ("own:change", lambda browser: browser.post("/my/page/ranking/", {"do": "in"})),
        ("own:copy", lambda browser: browser.post("/my/page/copy/")),
        ("own:open", lambda _browser: Client().get("/my/guessed/")),
        ("own:ask_address", lambda browser: browser.post("/my/", {"email": "x@example.org"})),
    ],
)
def test_an_open_page_is_no_way_to_ask_without_end(visitor, settings, limit, ask):
    settings.LIMITS = {limit: (3, 600)}
    answers = [ask(visitor) for _ in range(4)]
    assert answers[0].status_code != 429
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1]["Retry-After"]) <= 200
    # What is over one limit does not close the page itself.
    assert visitor.get(PAGE).status_code == 200


def test_one_address_is_mailed_three_times_an_hour_and_answered_the_same_after_that(jane):
    answers = {Client().post("/my/", {"email": "jane@example.org"}).status_code for _ in range(6)}
    assert answers == {200}
    assert SelfServiceLink.objects.count() == 3


def test_a_page_shows_and_changes_nothing_of_anybody_else(visitor):
    other = ApplicationFactory(candidate=CandidateFactory(full_name="Max Moritz"), status=Application.Status.REJECTED,
                               ended_at=timezone.now(), ended_by=hiring.UserFactory())  # fmt: skip
    assert "Max Moritz" not in visitor.get(PAGE).text
    for name in ("explanation", "review"):
        assert visitor.get(reverse(f"my:{name}", args=[other.pk])).status_code == 404
        assert visitor.post(reverse(f"my:{name}", args=[other.pk])).status_code in {404, 405}
    assert visitor.post("/my/page/ranking/", {"application": other.pk}).status_code == 404
    export = DataExport.objects.create(candidate=other.candidate, channel="admin", due_at=timezone.now())
    assert visitor.get(reverse("my:fetch", args=[export.pk])).status_code == 404
    assert not RankingOptOut.objects.exists()
    assert not ReviewRequest.objects.exists()


def test_without_a_link_every_part_of_the_page_is_closed():
    for url in (PAGE, "/my/page/correct/", "/my/page/erase/", "/my/page/stay/"):
        assert Client().get(url).status_code == 410
    for url in ("/my/page/consent/", "/my/page/ranking/", "/my/page/copy/"):
        assert Client().post(url).status_code == 410


def test_every_event_of_the_page_names_the_person_as_its_actor(jane, visitor, events):
    visitor.get(PAGE)
    visitor.post("/my/page/ranking/", {"do": "out"})
    (viewed,) = events("self_service.viewed")
    (opted,) = events("ranking.opted_out")
    for one in (viewed, opted):
        assert (one.actor_type, one.actor_id, one.subject_ref) == ("candidate", str(jane.pk), str(jane.pk))


def test_a_consent_is_given_and_taken_back_with_one_click_each(jane, visitor):
    visitor.post("/my/page/consent/", {"purpose": "talent_pool", "do": "give"})
    (given,) = ConsentRecord.objects.filter(candidate=jane)
    assert given.channel == Channel.SELF_SERVICE
    assert given.stands(timezone.now())
    inside = hiring.PoolMembershipFactory(candidate=jane)
    answer = visitor.post("/my/page/consent/", {"purpose": "talent_pool", "do": "withdraw"}, follow=True)
    assert "withdrawn" in answer.text
    given.refresh_from_db()
    inside.refresh_from_db()
    assert given.withdrawn_at
    assert inside.removed_for == PoolMembership.Left.WITHDRAWN


def test_a_correction_changes_nothing_until_one_of_ours_takes_it_over(jane, visitor):
    answer = visitor.post("/my/page/correct/", {"full_name": "Jane Roe", "city": "Rome", "message": "I moved."})
    assert answer.status_code == 302
    (asked,) = CorrectionRequest.objects.all()
    assert asked.proposed == {"full_name": "Jane Roe", "city": "Rome"}
    jane.refresh_from_db()
    assert jane.full_name == "Jane Doe"


def test_a_correction_without_anything_in_it_says_so(jane, visitor):
    answer = visitor.post("/my/page/correct/", {"full_name": jane.full_name, "city": jane.city})
    assert answer.status_code == 422
    assert "write what is wrong" in answer.text


def test_a_rejection_stands_there_only_once_its_mail_has_left(jane, visitor, recruiter):
    ended = {"status": Application.Status.REJECTED, "ended_at": timezone.now(), "ended_by": recruiter}
    application = ApplicationFactory(candidate=jane, **ended)
    waiting = hiring.MessageFactory(candidate=jane, application=application, by=recruiter)
    assert "In process" in visitor.get(PAGE).text
    Message.objects.filter(pk=waiting.pk).update(state=Message.State.SENT, sent_at=timezone.now())
    text = visitor.get(PAGE).text
    assert "In process" not in text
    assert "Closed" in text
    assert "ejected" not in text


def test_a_review_is_asked_for_once_where_the_law_grants_it(jane, visitor, recruiter):
    ended = {"status": Application.Status.REJECTED, "ended_at": timezone.now(), "ended_by": recruiter}
    application = ApplicationFactory(candidate=jane, **ended)
    url = reverse("my:review", args=[application.pk])
    assert visitor.get(url).status_code == 200
    for _ in range(2):
        visitor.post(url, {"message": "Please look again."})
    assert ReviewRequest.objects.get().message == "Please look again."
    elsewhere = CandidateFactory(country="JP", city="Kyoto")
    away = ApplicationFactory(candidate=elsewhere, job=JobFactory(country="JP", city="Kyoto"), **ended)
    client = Client()
    client.get(link_for(elsewhere))
    assert client.get(reverse("my:review", args=[away.pk])).status_code == 404


def test_erasure_is_asked_for_after_being_told_what_it_means(jane, visitor):
    assert visitor.post("/my/page/erase/").status_code == 422
    assert not Erasure.objects.exists()
    visitor.post("/my/page/erase/", {"sure": "1"})
    assert Erasure.objects.get().candidate == jane
    assert "being erased" in visitor.get(PAGE).text


def test_a_legal_hold_is_told_of_without_its_reason(jane, visitor, recruiter):
    recruiter.is_superuser = True
    recruiter.save()
    legal_holds.place(scope="candidate", target_ref=jane.pk, reason="Labour court 4711", by=recruiter,
                      now=timezone.now())  # fmt: skip
    answer = visitor.post("/my/page/erase/", {"sure": "1"})
    assert answer.status_code == 409
    assert "may not erase" in answer.text
    assert "4711" not in answer.text
    assert not Erasure.objects.exists()


def test_a_copy_is_made_once_and_fetched_by_the_person_only(jane, visitor, deferred_tasks, own_store, events):
    visitor.post("/my/page/copy/")
    visitor.post("/my/page/copy/")
    export = DataExport.objects.get()
    assert len(deferred_tasks("make_data_export")) == 1
    from tests.factories import put

    put("exports/1.zip", b"PK")
    DataExport.objects.filter(pk=export.pk).update(
        state="ready",
        key="exports/1.zip",
        size=2,
        sha256=hashlib.sha256(b"PK").hexdigest(),
        made_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=7),
    )
    answer = visitor.get(reverse("my:fetch", args=[export.pk]))
    assert b"".join(answer.streaming_content) == b"PK"
    assert answer["Content-Disposition"].startswith("attachment")
    assert len(events("data_export.downloaded")) == 1
    assert Client().get(reverse("my:fetch", args=[export.pk])).status_code == 410


def test_who_is_asked_whether_to_stay_chooses_with_one_click(jane):
    inside = hiring.PoolMembershipFactory(candidate=jane, expires_at=timezone.now() + timedelta(days=20))
    client = Client()
    entered = client.get(link_for(jane, purpose="pool", membership=inside))
    assert entered["Location"] == "/my/page/stay/"
    assert "Keep me" in client.get("/my/page/stay/").text
    client.post("/my/page/stay/", {"do": "stay"})
    inside.refresh_from_db()
    assert inside.expires_at > timezone.now() + timedelta(days=200)
    assert inside.basis == PoolMembership.Basis.CONSENT
    client.post("/my/page/stay/", {"do": "go"})
    inside.refresh_from_db()
    assert inside.removed_for == PoolMembership.Left.LET_GO
    assert not ConsentRecord.objects.standing(now=timezone.now()).filter(candidate=jane).exists()


def test_a_link_of_a_merged_record_opens_the_one_that_stands_for_the_person(jane):
    url = link_for(jane)
    kept = CandidateFactory(full_name="Jane M. Doe")
    type(jane).objects.filter(pk=jane.pk).update(merged_into=kept)
    client = Client()
    client.get(url)
    assert "Jane M. Doe" in client.get(PAGE).text


def test_an_erased_person_has_no_page_any_more(jane, visitor):
    type(jane).objects.filter(pk=jane.pk).update(
        erased_at=timezone.now(), full_name=type(jane).ERASED, headline="", city=""
    )
    assert visitor.get(PAGE).status_code == 410


def test_the_page_costs_few_queries(jane, visitor, assert_queries):
    for _ in range(3):
        ApplicationFactory(candidate=jane)
    ResumeFactory(candidate=jane)
    consents.give(candidate=jane, purpose="talent_pool", notice=job_notices.kept_pool_consent(now=timezone.now()),
                  channel=Channel.SELF_SERVICE, now=timezone.now())  # fmt: skip
    visitor.get(PAGE)
    with assert_queries("my_page"):
        visitor.get(PAGE)
    assert erasures
