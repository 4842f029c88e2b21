"""A rejection has a person behind it and says why; who doubts it has another person look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.actions import consents
from candidates.models import Channel, NoticeDelivery
from hrassist.lib.errors import Conflict, DomainError
from jobs.actions import applications, job_notices, messages, ranking_log, review_requests
from jobs.models import Application, MatchRun, Message, RejectionReason
from jobs.reports.overrides import overrides
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def reason():
    return RejectionReason.objects.get_or_create(name="Other fits better", defaults={"kind": "we_rejected"})[0]


def ranked(application, now, *, rank=1, of=10):
    run = MatchRun.objects.create(
        job=application.job, model_hash="m" * 64, weights={}, considered=of, ranked=of, milliseconds=1, created_at=now,
        criteria=[{"text": "Python", "kind": "must", "skills": []}, {"text": "Baking", "kind": "nice", "skills": []}],
    )  # fmt: skip
    match = run.matches.create(candidate=application.candidate, rank=rank, score=1.0, components={}, must_covered=1,
                               must_total=1)  # fmt: skip
    match.evidence.create(criterion=0, strength="strong", quote="Built billing in Python.")
    match.evidence.create(criterion=1, strength="none")
    return match


@pytest.fixture
def in_colorado():
    return ApplicationFactory(job=JobFactory(country="US", city="Denver"), candidate=CandidateFactory(country="US"))


@pytest.mark.parametrize("nobody", [None, "unsaved", "switched off"])
def test_without_a_person_who_answers_for_it_nobody_is_rejected(reason, now, nobody):
    application = ApplicationFactory()
    by = {None: None, "unsaved": UserFactory.build(), "switched off": UserFactory(is_active=False)}[nobody]
    with pytest.raises(applications.NotAPerson):
        applications.reject(application=application, reason=reason, by=by, now=now)
    application.refresh_from_db()
    assert application.status == Application.Status.ACTIVE


def test_in_colorado_a_rejection_carries_its_reasons_and_what_one_can_do(in_colorado, recruiter, reason, now):
    ranked(in_colorado, now)
    mail = applications.Mail(subject="Your application", body="Thank you, and no.")
    applications.reject(application=in_colorado, reason=reason, by=recruiter, now=now, mail=mail)
    (sent,) = Message.objects.all()
    assert sent.body.startswith("Thank you, and no.")
    assert "Python (required): found: “Built billing in Python.”" in sent.body
    assert "Baking (welcome): not found in the resume" in sent.body
    assert "/my/" in sent.body
    assert NoticeDelivery.objects.get().notice.kind == "post_adverse"


def test_without_a_mail_the_notice_is_the_mail(in_colorado, recruiter, reason, now):
    ranked(in_colorado, now)
    applications.reject(application=in_colorado, reason=reason, by=recruiter, now=now)
    assert Message.objects.get().subject.endswith("About this decision")


def test_elsewhere_and_without_a_ranking_nothing_is_added(in_colorado, recruiter, reason, now):
    berlin = ApplicationFactory()
    ranked(berlin, now)
    for one in (berlin, in_colorado):
        applications.reject(application=one, reason=reason, by=recruiter, now=now)
    assert not Message.objects.exists()
    assert not NoticeDelivery.objects.exists()


def test_a_review_is_answered_by_somebody_else_than_who_decided(recruiter, coordinator, reason, now):
    application = ApplicationFactory()
    applications.reject(application=application, reason=reason, by=recruiter, now=now)
    asked = review_requests.ask(application=application, channel=Channel.MAIL, message="", now=now)
    with pytest.raises(review_requests.SamePerson):
        review_requests.answer(request=asked, changes=True, text="No.", by=recruiter, now=now)
    with pytest.raises(DomainError):
        review_requests.answer(request=asked, changes=True, text=" ", by=coordinator, now=now)
    review_requests.answer(request=asked, changes=True, text="We look again.", by=coordinator, now=now)
    application.refresh_from_db()
    assert application.status == Application.Status.ACTIVE
    assert Message.objects.get().body == "We look again."
    with pytest.raises(Conflict):
        review_requests.ask(application=application, channel=Channel.MAIL, message="", now=now)


def test_decisions_against_a_ranking_are_counted(recruiter, now):
    def decide(rank, verdict):
        application = ApplicationFactory()
        match = ranked(application, now, rank=rank, of=9)
        hiring.HumanDecisionFactory(application=application, by=recruiter, verdict=verdict, match=match, at=now)

    decide(1, "reject")
    decide(1, "shortlist")
    decide(9, "shortlist")
    decide(9, "reject")
    found = overrides(since=now - timedelta(days=1), until=now + timedelta(days=1))
    assert (found.decided, found.against, found.rejected_from_top, found.shortlisted_from_bottom) == (4, 2, 1, 1)
    assert found.rate == 0.5


def test_rankings_go_when_their_time_in_the_log_is_over(now, settings, events):
    application = ApplicationFactory()
    fresh = ranked(application, now).run
    months = ranking_log.months_kept()
    assert months == 48
    ranked(ApplicationFactory(), now - timedelta(days=round(months * 30.44) + 1))
    assert ranking_log.forget_old(now=now) == 1
    assert list(MatchRun.objects.all()) == [fresh]
    assert events("match_run.forgotten")[0].changes["count"] == 1


def test_mail_about_other_jobs_stops_with_the_consent_and_is_refused_after_it(recruiter, now):
    person = CandidateFactory()
    consents.give(candidate=person, purpose="talent_pool", notice=job_notices.kept_pool_consent(now=now),
                  channel=Channel.SELF_SERVICE, now=now)  # fmt: skip
    said = {"candidate": person, "subject": "A job", "body": "Look.", "by": recruiter, "now": now}
    waiting = messages.queue(**said, send_at=now + timedelta(hours=1))
    consents.withdraw(candidate=person, purpose="talent_pool", channel=Channel.SELF_SERVICE, now=now)
    waiting.refresh_from_db()
    assert waiting.state == Message.State.CANCELLED
    with pytest.raises(messages.NotWished):
        messages.queue(**said)
