"""Answers about sex and race: where people are asked, what is kept of it, and who never gets to it."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.exceptions import FieldError, PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates import disclosure
from hrassist import roles
from hrassist.lib.errors import DomainError, NotFound
from jobs.actions import demographics, privacy_settings
from jobs.models import Application, JobPrivacy, JurisdictionSetting
from jobs.models.demographic import CONSENT, CONSENTS, FORM, DemographicAnswer
from tests.candidates.erasure import canary
from tests.factories import ApplicationFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
# A text that people agreed to never changes; a new version is a new line here.
AGREED = {"2026-11": "560957fcfee1"}


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def job(recruiter):
    """One in New York, where people are asked."""
    JurisdictionSetting.objects.create(code="us-nyc", asks_demographics=True)
    return JobFactory(title="Billing engineer", country="US", city="New York", team={recruiter: "recruiter"})


@pytest.fixture
def application(job):
    return ApplicationFactory(job=job)


def answer(application, now, *, sex="female", race="asian"):
    return demographics.answer_on_own_page(application=application, sex=sex, race=race, form="", now=now)


def test_nobody_is_asked_unless_a_place_or_a_job_is_switched_on(recruiter, now):
    job = JobFactory(country="US", city="New York", team={recruiter: "recruiter"})
    assert not demographics.asks(job)
    privacy_settings.set_jurisdiction(code="us-nyc", enabled=True, asks_demographics=True, by=recruiter, now=now)
    assert demographics.asks(job)
    about = {"job": job, "ranking_off": False, "why": "", "codes": None, "by": recruiter, "now": now}
    privacy_settings.set_job(**about, asks_demographics="no")
    assert not demographics.asks(job)
    # Set by somebody who does not think of it, it stays as it was.
    privacy_settings.set_job(**about)
    assert not demographics.asks(job)
    elsewhere = JobFactory(country="US", city="Boston", team={recruiter: "recruiter"})
    assert not demographics.asks(elsewhere)
    privacy_settings.set_job(**about | {"job": elsewhere}, asks_demographics="yes")
    assert demographics.asking([job, elsewhere]) == {elsewhere.pk}


def test_questions_of_the_united_states_are_not_asked_under_another_law(recruiter, now, job):
    with pytest.raises(DomainError, match="those of the United States"):
        privacy_settings.set_jurisdiction(code="eu", enabled=True, asks_demographics=True, by=recruiter, now=now)
    berlin = JobFactory(country="DE", city="Berlin", team={recruiter: "recruiter"})
    about = {"ranking_off": False, "why": "", "by": recruiter, "now": now}
    with pytest.raises(DomainError, match="European Union"), transaction.atomic():
        privacy_settings.set_job(job=berlin, codes=None, asks_demographics="yes", **about)
    assert not JobPrivacy.objects.filter(job=berlin, asks_demographics="yes").exists()
    # And where a job of New York falls under European law too, it is not asked any more.
    privacy_settings.set_job(job=job, codes=["us-nyc", "eu"], **about)
    assert not demographics.asks(job)


def test_an_answer_is_kept_with_what_was_asked_and_agreed_to(application, now, events):
    form = demographics.asked(now - timedelta(minutes=3))
    made = demographics.answer_on_own_page(application=application, sex="male", race="", form=form, now=now)
    made.refresh_from_db()
    assert (made.sex, made.race, made.form_version, made.consent_version) == ("male", "", FORM, CONSENT)
    assert made.answered_at - made.asked_at == timedelta(minutes=3)
    answer(application, now, sex="another", race="several")
    kept = DemographicAnswer.objects.get()
    assert (kept.pk, kept.sex, kept.race) == (made.pk, "another", "several")
    said = json.dumps([[event.changes, event.target_id, event.target_type] for event in events("demographic_answer.")])
    assert not any(word in said for word in ("male", "another", "several", str(application.pk)))


def test_whoever_prefers_not_to_say_has_no_row_and_takes_back_what_was_there(application, now, events):
    assert answer(application, now, sex="", race="") is None
    assert not DemographicAnswer.objects.exists()
    answer(application, now)
    answer(application, now, sex="", race="")
    assert not DemographicAnswer.objects.exists()
    assert [event.action for event in events("demographic_answer.")] == [
        "demographic_answer.given", "demographic_answer.withdrawn",
    ]  # fmt: skip


@pytest.mark.parametrize("said", [{"sex": "yes"}, {"race": "martian"}, {"sex": "Female"}])
def test_an_answer_that_is_not_on_the_form_is_refused(application, now, said):
    with pytest.raises(demographics.BadAnswer):
        answer(application, now, **said)
    assert not DemographicAnswer.objects.exists()


def test_where_nobody_is_asked_nothing_is_taken(now, recruiter):
    application = ApplicationFactory(job=JobFactory(team={recruiter: "recruiter"}))
    with pytest.raises(demographics.NotAsked):
        answer(application, now)
    with pytest.raises(demographics.NotAsked):
        demographics.bring(application=application, sex="male", race="", by=recruiter, now=now)


def test_what_was_answered_can_be_taken_back_where_nobody_is_asked_any_more(application, now):
    answer(application, now)
    JurisdictionSetting.objects.update(asks_demographics=False)
    assert demographics.withdraw(application=application, now=now)
    assert not demographics.withdraw(application=application, now=now)


def test_a_program_brings_an_answer_and_never_over_a_persons_own(application, now, recruiter, interviewer):
    demographics.bring(application=application, sex="male", race="", by=recruiter, now=now)
    assert DemographicAnswer.objects.get().channel == "api"
    demographics.unbring(application=application, by=recruiter, now=now)
    assert not DemographicAnswer.objects.exists()
    answer(application, now, sex="female")
    demographics.bring(application=application, sex="male", race="white", by=recruiter, now=now)
    demographics.unbring(application=application, by=recruiter, now=now)
    assert DemographicAnswer.objects.get().sex == "female"
    with pytest.raises(PermissionDenied):
        demographics.bring(application=application, sex="male", race="", by=interviewer, now=now)


def test_nobody_brings_answers_for_what_they_do_not_see(application, now):
    outsider = UserFactory()
    outsider.user_permissions.add(Permission.objects.get(codename="add_demographicanswer"))
    for do in (demographics.bring, demographics.unbring):
        said = {"sex": "male", "race": ""} if do is demographics.bring else {}
        with pytest.raises(NotFound):
            do(application=application, by=outsider, now=now, **said)


def test_answers_go_after_four_years(application, now):
    kept = answer(application, now)
    later = now + DemographicAnswer.KEPT
    assert demographics.delete_expired(now=later) == 0
    assert demographics.delete_expired(now=later + timedelta(seconds=1)) == 1
    assert not DemographicAnswer.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(
    "wrong", [{"sex": ""}, {"application": None}, {"asked_at": timezone.now() + timedelta(days=9)}]
)
def test_the_database_refuses_an_answer_that_says_nothing_or_belongs_to_nobody(application, now, wrong):
    row = {"application": application, "sex": "male", "form_version": FORM, "channel": "api", "asked_at": now,
           "answered_at": now}  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        DemographicAnswer.objects.create(**row | wrong)


def test_a_text_that_people_agreed_to_never_changes():
    assert {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in CONSENTS.items()} == AGREED


def test_a_person_gets_their_own_answer_with_the_copy_of_their_data(recruiter):
    candidate = canary.whole_person(recruiter)
    rows = disclosure.document_of(canary.person_of(candidate))["sections"]["answers_about_sex_and_race"]["rows"]
    assert [(row["sex"], row["race"]) for row in rows] == [("Female", "")]


def test_no_query_over_people_or_applications_reaches_an_answer():
    assert not [one.name for one in Application._meta.get_fields() if one.related_model is DemographicAnswer]
    for path in ("demographicanswer", "demographic_answer", "demographicanswer__sex"):
        with pytest.raises(FieldError):
            Application.objects.filter(**{f"{path}__isnull": False})
    assert not admin.site.is_registered(DemographicAnswer)


def test_no_role_may_look_at_an_answer_and_one_may_count_them():
    rights = {name: {one for one in may if "demographic" in one} for name, may in roles.ROLES.items()}
    assert {name: may for name, may in rights.items() if may} == {
        "Recruiter": {"jobs.add_demographicanswer"}, "Auditor": {"jobs.count_demographicanswer"},
    }  # fmt: skip
    names = Permission.objects.filter(content_type__model="demographicanswer").values_list("codename", flat=True)
    assert set(names) == {"add_demographicanswer", "count_demographicanswer"}


def test_only_known_modules_know_of_answers():
    table = apps.get_model("jobs.DemographicAnswer")._meta.db_table
    known = {
        "jobs/actions/demographics.py", "jobs/api/demographics.py", "jobs/models/__init__.py",
        "jobs/models/demographic.py", "jobs/models/disclosure.py", "jobs/models/erasers.py",
        "jobs/reports/demographics.py", "jobs/views/about_you.py", "hrassist/roles.py", "hrassist/api/urls.py",
        "hrassist/ops/demo/demographics.py",
    }  # fmt: skip
    words = (table, "demographicanswer", "DemographicAnswer", "models.demographic", "models import demographic")
    found = {
        str(path.relative_to(ROOT))
        for app in ("audit", "candidates", "hrassist", "jobs")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and any(word in path.read_text() for word in words)
    }
    assert found == known


def test_reading_ranking_and_listing_people_asks_nothing_of_the_table(application, now, recruiter, client, api_as):
    from jobs.actions import matching

    answer(application, now)
    privacy_settings.set_job(job=application.job, ranking_off=False, why="", codes=[], asks_demographics="yes",
                             by=recruiter, now=now)  # fmt: skip
    client.force_login(recruiter)
    api = api_as(recruiter)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        matching.rank_people(job_id=application.job_id, by=recruiter, now=now)
        for path in (
            reverse("admin:candidates_candidate_change", args=[application.candidate_id]),
            reverse("admin:jobs_application_change", args=[application.pk]),
            reverse("admin:jobs_job_privacy", args=[application.job_id]),
            f"{reverse('admin:candidates_candidate_changelist')}?q=asian",
        ):
            assert client.get(path).status_code == 200, path
        for path in (f"/api/v1/applications/{application.pk}", "/api/v1/candidates", "/api/v1/applications"):
            shown = api.get(path)
            assert shown.status_code == 200
            assert "asian" not in shown.content.decode()
    assert len(asked) > 20
    assert not [one["sql"] for one in asked if "demographicanswer" in one["sql"].lower()]
