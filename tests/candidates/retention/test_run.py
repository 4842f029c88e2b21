"""The rules over the database: the dry run is the run, nothing past due survives it, nothing held is removed."""

from __future__ import annotations

import io
import random
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.models import Event
from candidates.actions import legal_holds, retention
from candidates.models import Candidate, Erasure, PoolMembership, Resume, RetentionDue, RetentionRule, TalentPool
from candidates.retention.engine import shift
from hrassist.models import Notification
from jobs.models import Application
from tests.candidates.erasure.conftest import finish, ledger_folder  # noqa: F401  their fixtures
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rules(db):
    RetentionRule.objects.all().delete()
    RetentionRule.objects.create(name="Rejected", clock="rejected", months=6)
    RetentionRule.objects.create(name="Pool", clock="pool", months=24)
    RetentionRule.objects.create(name="Prospects", clock="prospect", months=6)


def ended(months_ago: int, *, status: str = "rejected", **facts: object) -> Candidate:
    """Somebody whose only application ended so many months before now."""
    at = shift(timezone.now(), -months_ago)
    candidate = CandidateFactory(created_at=at, **facts)
    ApplicationFactory(
        candidate=candidate, status=status, ended_at=at, ended_by=UserFactory(), applied_at=at - timedelta(days=20)
    )
    return candidate


def over() -> set[object]:
    return {one.person for one in retention.falling_due(until=timezone.now())}


def test_the_dry_run_names_whom_the_run_removes_and_does_nothing():
    gone, stays = ended(7), ended(5)
    would = retention.apply(now=timezone.now(), dry_run=True)
    assert would.removed == (gone.pk,)
    assert not Erasure.objects.exists()
    done = retention.apply(now=timezone.now())
    assert done.removed == would.removed
    gone.refresh_from_db()
    stays.refresh_from_db()
    assert gone.erased_at is not None
    assert stays.erased_at is None


def test_running_again_does_nothing():
    ended(7)
    retention.apply(now=timezone.now())
    finish(Erasure.objects.get().pk)
    assert retention.apply(now=timezone.now()).removed == ()
    assert Erasure.objects.count() == 1


def test_a_hold_on_the_person_the_job_or_the_application_keeps_them(auditor):
    people = [ended(7) for _ in range(3)]
    job, application = (people[0].applications.get().job, people[1].applications.get())
    from tests.factories import UserFactory as Users

    officer = Users(role="Privacy officer")
    for scope, thing in (("job", job), ("application", application), ("candidate", people[2])):
        legal_holds.place(scope=scope, target_ref=thing.pk, reason="3 Ca 112/26", by=officer, now=timezone.now())
    done = retention.apply(now=timezone.now())
    assert done.removed == ()
    assert set(done.held) == {one.pk for one in people}
    for hold in list(legal_holds.LegalHold.objects.all()):
        legal_holds.release(hold=hold, by=officer, now=timezone.now())
    assert set(retention.apply(now=timezone.now()).removed) == {one.pk for one in people}


def test_each_removal_is_on_record_with_its_rule():
    candidate = ended(7)
    retention.apply(now=timezone.now())
    told = Event.objects.get(action="retention.fell_due")
    assert told.subject_ref == str(candidate.pk)
    assert told.changes["rule"] == str(RetentionRule.objects.get(clock="rejected").pk)
    assert Event.objects.get(action="erasure.requested").changes["grounds"] == "retention"


def test_whoever_applied_again_meanwhile_stays():
    candidate = ended(7)
    ApplicationFactory(candidate=candidate)
    assert retention.apply(now=timezone.now()).removed == ()


def test_a_record_that_was_merged_counts_for_the_person_it_went_into():
    kept = ended(7)
    ApplicationFactory(candidate=CandidateFactory(merged_into=kept))
    assert over() == set()


def test_a_change_of_a_word_in_the_record_is_no_contact():
    candidate = CandidateFactory(created_at=shift(timezone.now(), -7), last_activity_at=timezone.now())
    assert over() == {candidate.pk}


def test_the_rule_of_a_country_is_that_of_the_job():
    RetentionRule.objects.create(name="Netherlands", clock="rejected", months=1, country="NL")
    at = shift(timezone.now(), -2)
    candidate = CandidateFactory(country="DE", created_at=at)
    ApplicationFactory(
        candidate=candidate, job=JobFactory(country="NL"), status="rejected", ended_at=at, ended_by=UserFactory(),
        applied_at=at,
    )  # fmt: skip
    assert over() == {candidate.pk}


def test_two_hundred_random_lives_end_as_the_engine_says():
    """The same property as over ten thousand timelines, with rows: what is over and free goes, all else stays."""
    dice = random.Random(11)
    now, user, job = timezone.now(), UserFactory(role="Privacy officer"), JobFactory()
    pool = TalentPool.objects.create(name="Later")
    for _ in range(200):
        at = now - timedelta(days=dice.randrange(0, 900))
        candidate = CandidateFactory(created_at=at)
        if dice.random() < 0.7:
            status = dice.choice(["rejected", "withdrawn", "hired", "active"])
            ApplicationFactory(
                candidate=candidate, job=job, status=status, applied_at=at,
                ended_at=None if status == "active" else at, ended_by=None if status == "active" else user,
            )  # fmt: skip
        if dice.random() < 0.2:
            PoolMembership.objects.create(
                pool=pool, candidate=candidate, basis="consent", added_at=at, expires_at=at + timedelta(days=400)
            )
        if dice.random() < 0.1:
            legal_holds.place(scope="candidate", target_ref=candidate.pk, reason="Claim", by=user, now=now)
    expected = {one.person for one in retention.falling_due(until=now) if not one.timeline.held}
    held = {one.person for one in retention.falling_due(until=now) if one.timeline.held}
    assert expected
    assert held
    done = retention.apply(now=now)
    assert set(done.removed) == expected
    assert set(Candidate.objects.filter(erased_at__isnull=False).values_list("pk", flat=True)) == expected
    assert over() == held


def test_owners_are_told_once_two_weeks_ahead(recruiter):
    first = ended(0, created_by=recruiter)
    Application.objects.filter(candidate=first).update(ended_at=shift(timezone.now() + timedelta(days=10), -6))
    Candidate.objects.filter(pk=first.pk).update(created_at=shift(timezone.now(), -8))
    retention.forecast(now=timezone.now())
    assert RetentionDue.objects.get().candidate == first
    assert retention.remind(now=timezone.now()) == 1
    assert "1 person of yours" in Notification.objects.get(kind="privacy", user=recruiter).text
    retention.forecast(now=timezone.now())
    assert retention.remind(now=timezone.now()) == 0


def test_the_command_names_people_by_identifier_and_says_what_it_did():
    candidate = ended(7, full_name="Jane Canary")
    out, err = io.StringIO(), io.StringIO()
    call_command("apply_retention", "--dry-run", stdout=out, stderr=err)
    assert f"{candidate.pk} would be erased" in out.getvalue()
    assert "1 past their time, 0 held." in err.getvalue()
    assert not Erasure.objects.exists()
    call_command("apply_retention", stdout=out, stderr=err)
    assert f"{candidate.pk} erased" in out.getvalue()
    assert "Canary" not in out.getvalue() + err.getvalue()


def test_a_file_that_came_yesterday_is_a_contact(recruiter):
    candidate = CandidateFactory(created_at=shift(timezone.now(), -7))
    Resume.objects.create(candidate=candidate, key="clean/1", sha256="0", size=1, kind="pdf", filename="a.pdf",
                          state="ready", scanned_by="none", created_at=timezone.now())  # fmt: skip
    assert over() == set()


def test_a_preview_counts_before_and_after_and_changes_nothing():
    ended(5)
    rule = RetentionRule.objects.get(clock="rejected")
    facts = {name: getattr(rule, name) for name in retention.FACTS} | {"months": 3}
    seen = retention.preview(rule_id=rule.pk, facts=facts, now=timezone.now())
    assert (seen.before, seen.after, seen.judged) == (0, 1, 1)
    rule.refresh_from_db()
    assert rule.months == 6


def test_what_belongs_to_nobody_goes_after_the_time_of_people_without_application(recruiter, own_store):
    old, young = shift(timezone.now(), -7), shift(timezone.now(), -5)
    for number, at in enumerate((old, young)):
        key = f"clean/{number}"
        put(key, b"of nobody")
        Resume.objects.create(key=key, sha256=str(number), size=9, kind="pdf", filename="who.pdf", state="unreadable",
                              unreadable_at=at, unreadable_for="no_text", scanned_by="none", created_at=at)  # fmt: skip
    assert retention.forget_leftovers(now=timezone.now()) == {"files of nobody": 1}
    assert [one.created_at for one in Resume.objects.all()] == [young]
    assert [path.name for path in own_store.rglob("*") if path.is_file()] == ["1"]
    assert retention.forget_leftovers(now=timezone.now()) == {}
