"""Whom a ranking may look at, asked of the ranking itself: what the model was given, and which rows there are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.actions import consents, talent_pools
from candidates.models import Candidate, Channel, ConsentRecord, NoticeDelivery
from hrassist.lib.embeddings import shared_embedder
from hrassist.lib.jurisdictions import after_business_days
from jobs.actions import job_notices, matching, own_page, privacy_settings, ranking_choices
from jobs.matching import lawful
from jobs.matching.run import RankingOff, rank_job
from jobs.matching.standing import Absence, evidence_of, standings
from jobs.matching.suit import jobs_for
from jobs.models import Application, Match, MatchEvidence, MatchRun, RankingOptOut
from tests import hiring
from tests.factories import ApplicationFactory, JobFactory
from tests.jobs.matching.people import CHEF_RESUME, PYTHON_RESUME, resume_of

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=400)
MARK = "Wrote the zanzibar ledger in Python."


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def job():
    return JobFactory(title="Backend Engineer", must_have="Python\nPostgreSQL")


class Listening:
    """The real model, and every text that it was given."""

    def __init__(self):
        self.model, self.heard = shared_embedder(), []

    @property
    def model_hash(self):
        return self.model.model_hash

    def embed(self, texts, **kwargs):
        self.heard += list(texts)
        return self.model.embed(texts, **kwargs)


def marked(**columns):
    return resume_of(PYTHON_RESUME + MARK + "\n", **columns)


def old(candidate):
    """A record that is too old to be without a ground."""
    Candidate.objects.filter(pk=candidate.pk).update(created_at=timezone.now() - LONG_AGO)
    return candidate


def ranked(job, user, **options):
    return {one.candidate for one in rank_job(job.pk, user=user, **options).people}


def test_who_opted_out_is_in_no_model_call_and_no_row(recruiter, now):
    # Half of the second requirement stands in the resume: the model is given the sentence to judge.
    job = JobFactory(title="Backend Engineer", must_have="Python\nLedger accounting")
    person, other = marked(), resume_of(CHEF_RESUME)
    before = Listening()
    rank_job(job.pk, user=recruiter, embedder=before)
    assert any("zanzibar" in text for text in before.heard)
    matching.rank_people(job_id=job.pk, by=recruiter, now=now)
    assert Match.objects.filter(candidate=person).exists()
    ranking_choices.opt_out(candidate=person, channel=Channel.SELF_SERVICE, now=now)
    assert not Match.objects.filter(candidate=person).exists()
    assert not MatchEvidence.objects.filter(quote__contains="zanzibar").exists()
    after = Listening()
    found = rank_job(job.pk, user=recruiter, embedder=after)
    assert {one.candidate for one in found.people} == {other.pk}
    assert after.heard
    assert not any("zanzibar" in text for text in after.heard)
    assert found.left_out == {"opted_out": 1}
    run = matching.rank_people(job_id=job.pk, by=recruiter, now=now)
    assert not run.matches.filter(candidate=person).exists()
    assert run.left_out == {"opted_out": 1}


def test_no_side_door_reads_who_opted_out(job, recruiter, now, monkeypatch):
    person = marked()
    ranking_choices.opt_out(candidate=person, channel=Channel.PHONE, now=now, by=recruiter)
    listening = Listening()
    for module in ("standing", "suit"):
        monkeypatch.setattr(f"jobs.matching.{module}.shared_embedder", lambda: listening)
    (standing,) = standings(job, [person], user=recruiter).people
    assert standing.absence == Absence.OPTED_OUT
    assert standing.evidence == ()
    assert evidence_of(job, person.pk)[2] == ()
    assert jobs_for(person.resumes.get(), user=recruiter) == ([], 0)
    assert not any("zanzibar" in text for text in listening.heard)


def test_an_opt_out_counts_for_its_job_only_and_ends_when_it_is_taken_back(job, recruiter, now):
    person, another = marked(), JobFactory(title="Backend Engineer", must_have="Python")
    ranking_choices.opt_out(candidate=person, channel=Channel.PHONE, now=now, by=recruiter, job=job)
    ranking_choices.opt_out(candidate=person, channel=Channel.PHONE, now=now, by=recruiter, job=job)
    assert RankingOptOut.objects.count() == 1
    assert ranked(job, recruiter) == set()
    assert ranked(another, recruiter) == {person.pk}
    ranking_choices.opt_in(candidate=person, channel=Channel.PHONE, now=now, by=recruiter, job=job)
    assert ranked(job, recruiter) == {person.pk}


def test_without_a_ground_nobody_is_ranked(job, recruiter):
    person = old(marked())
    assert ranked(job, recruiter) == set()
    (standing,) = standings(job, [person], user=recruiter).people
    assert standing.absence == Absence.NO_GROUND
    ApplicationFactory(candidate=person)
    assert ranked(job, recruiter) == {person.pk}


def test_a_new_record_may_be_ranked_while_its_ground_is_settled(job, recruiter, settings):
    person = marked()
    assert ranked(job, recruiter) == {person.pk}
    settings.RANK_WITHOUT_GROUND_DAYS = 0
    assert ranked(job, recruiter) == set()


def test_a_pool_is_a_ground_until_it_ends(job, recruiter, now):
    person = old(marked())
    inside = hiring.PoolMembershipFactory(candidate=person, basis="legitimate_interest")
    assert ranked(job, recruiter) == {person.pk}
    type(inside).objects.update(expires_at=now - timedelta(minutes=1))
    assert ranked(job, recruiter) == set()


def test_a_withdrawal_ends_being_ranked_for_later_jobs_at_once(job, recruiter, now):
    person = old(marked())
    hiring.PoolMembershipFactory(candidate=person)
    consents.give(candidate=person, purpose="talent_pool", notice=job_notices.kept_pool_consent(now=now),
                  channel=Channel.SELF_SERVICE, now=now)  # fmt: skip
    assert ranked(job, recruiter) == {person.pk}
    consents.withdraw(candidate=person, purpose="talent_pool", channel=Channel.SELF_SERVICE, now=now)
    assert ranked(job, recruiter) == set()


def test_a_new_record_whose_person_withdrew_is_not_ranked(job, recruiter, now):
    person = marked()
    consents.give(candidate=person, purpose="talent_pool", notice=job_notices.kept_pool_consent(now=now),
                  channel=Channel.SELF_SERVICE, now=now)  # fmt: skip
    consents.withdraw(candidate=person, purpose="talent_pool", channel=Channel.SELF_SERVICE, now=timezone.now())
    assert ranked(job, recruiter) == set()


def test_a_consent_for_an_application_that_was_withdrawn_is_no_ground_any_more(job, recruiter, now):
    person = old(marked())
    ApplicationFactory(candidate=person, job=job, applied_at=now - timedelta(days=3))
    (notice,) = [one for one in job_notices.kept_of_job(job, now=now) if one.kind == "privacy"]
    consents.give(candidate=person, purpose="application", notice=notice, channel=Channel.APPLY_FORM, now=now,
                  job=job.pk)  # fmt: skip
    assert ranked(job, recruiter) == {person.pk}
    consents.withdraw(candidate=person, purpose="application", channel=Channel.SELF_SERVICE, now=timezone.now())
    assert ranked(job, recruiter) == set()


# --- New York City: told first, ranked ten business days later --------------------------------------------------------


@pytest.fixture
def new_york(recruiter, now):
    privacy_settings.set_jurisdiction(code="us-nyc", enabled=True, by=recruiter, now=now,
                                      bias_audit_on=(now - timedelta(days=90)).date())  # fmt: skip
    return JobFactory(title="Backend Engineer", must_have="Python", country="US", city="Brooklyn")


def test_a_ranking_waits_until_ten_business_days_after_the_notice(new_york, recruiter, now):
    person = marked()
    assert ranked(new_york, recruiter) == set()
    told = [str(one.pk) for one in job_notices.kept_of_job(new_york, now=now)]
    job_notices.tell(candidate=person, job=new_york, notice_ids=told, channel=Channel.APPLY_FORM, at=now)
    gate = NoticeDelivery.objects.get(notice__jurisdiction="us-nyc").begins_at
    assert gate == after_business_days(now, 10)
    assert ranked(new_york, recruiter, now=gate - timedelta(minutes=1)) == set()
    assert lawful.reasons(new_york, [person.pk], now=now) == {person.pk: lawful.LeftOut.NOT_YET}
    assert ranked(new_york, recruiter, now=gate) == {person.pk}


def test_ten_business_days_are_two_weeks_and_skip_weekends():
    from datetime import UTC, datetime

    friday = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    assert after_business_days(friday, 1) == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    assert after_business_days(friday, 10) == datetime(2026, 12, 11, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("audited", [None, timedelta(days=400)])
def test_without_a_bias_audit_of_the_past_year_nobody_is_ranked_in_new_york(new_york, recruiter, now, audited):
    privacy_settings.set_jurisdiction(code="us-nyc", enabled=True, by=recruiter, now=now,
                                      bias_audit_on=(now - audited).date() if audited else None)  # fmt: skip
    with pytest.raises(RankingOff, match="bias audit"):
        rank_job(new_york.pk, user=recruiter)
    privacy_settings.set_jurisdiction(code="us-nyc", enabled=False, by=recruiter, now=now)
    person = marked()
    assert ranked(new_york, recruiter) == {person.pk}


def test_a_job_can_be_without_rankings_and_name_other_places_than_its_own(job, recruiter, now):
    marked()
    privacy_settings.set_job(job=job, ranking_off=True, why="Few apply.", codes=None, by=recruiter, now=now)
    with pytest.raises(RankingOff, match="Few apply"):
        matching.rank_people(job_id=job.pk, by=recruiter, now=now)
    assert not MatchRun.objects.exists()
    privacy_settings.set_job(job=job, ranking_off=False, why="", codes=["us-co"], by=recruiter, now=now)
    assert [one.code for one in lawful.in_force(job)] == ["us-co"]


# --- The log ----------------------------------------------------------------------------------------------------------


def test_every_ranking_that_is_stored_is_whole_in_the_log(job, recruiter, now, events):
    for _ in range(3):
        marked()
        matching.rank_people(job_id=job.pk, by=recruiter, now=now)
    runs = list(MatchRun.objects.order_by("created_at", "pk"))
    for run in runs:
        assert all((run.model_hash, run.app_version, run.weights, run.criteria, run.inputs_hash, run.created_by_id))
    logged = events("match_run.created")
    assert [one.target_id for one in logged] == [str(run.pk) for run in runs]
    assert [one.changes["inputs"] for one in logged] == [run.inputs_hash for run in runs]
    assert set(Match.objects.values_list("run", flat=True)) == {run.pk for run in runs}
    assert len({run.inputs_hash for run in runs}) == 3


def test_the_same_inputs_have_the_same_digest_and_give_the_same_list(job, recruiter):
    marked()
    resume_of(CHEF_RESUME)
    first, second = rank_job(job.pk, user=recruiter), rank_job(job.pk, user=recruiter)
    assert first.inputs_hash == second.inputs_hash
    assert [(one.candidate, one.score) for one in first.people] == [(one.candidate, one.score) for one in second.people]


def test_a_person_reads_what_was_found_of_each_requirement(job, recruiter, now):
    person = marked()
    application = ApplicationFactory(candidate=person, job=job)
    assert own_page.explanation_of(application) is None
    matching.rank_people(job_id=job.pk, by=recruiter, now=now)
    told = own_page.explanation_of(application)
    assert [(one.text, one.is_must, one.found) for one in told.requirements] == [
        ("Python", True, True), ("PostgreSQL", True, True),
    ]  # fmt: skip
    assert "found: “" in own_page.in_words(told)


def test_people_out_of_a_pool_by_time_are_out_of_rankings_with_the_next_task(job, recruiter, now):
    person = old(marked())
    inside = hiring.PoolMembershipFactory(candidate=person, expires_at=now - timedelta(minutes=1))
    assert talent_pools.remove_expired(now=now) == 1
    inside.refresh_from_db()
    assert (inside.removed_for, inside.removed_by) == ("expired", None)
    assert ranked(job, recruiter) == set()
    assert not ConsentRecord.objects.exists()
    assert not Application.objects.exists()
