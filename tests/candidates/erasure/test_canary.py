"""After an erasure no word of the person is found: not in the database, not in the store, not in logs or caches."""

from __future__ import annotations

import logging
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from audit import actions as audit
from audit.actions import verifying
from audit.models import Event
from candidates.erasure import certificate
from candidates.models import Candidate, erasing
from hrassist.lib import devdb
from hrassist.models import User
from jobs.models import Application
from tests.audit.sealing import seal
from tests.candidates.erasure import canary
from tests.candidates.erasure.canary import WORD
from tests.hiring import InterviewFactory
from tests.repo.sources import PACKAGES

pytestmark = pytest.mark.django_db(transaction=True)


def files_that_hold(folder: Path, word: str) -> list[str]:
    needle = word.encode()
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if needle in path.name.encode() or (path.is_file() and needle in path.read_bytes().lower())
    ]


def dump(tmp_path: Path) -> str:
    """The whole database as a backup would hold it."""
    settings = connection.settings_dict
    done = subprocess.run(
        [devdb._binary("pg_dump"), "--dbname", settings["NAME"], "--file", str(tmp_path / "dump.sql")],
        env={**os.environ, "PGHOST": settings["HOST"], "PGPORT": str(settings["PORT"] or 5432),
             "PGUSER": settings["USER"], "PGPASSWORD": settings["PASSWORD"]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (tmp_path / "dump.sql").read_text(errors="replace").lower()


def test_no_word_of_the_person_is_left_anywhere(erase, own_store, tmp_path, caplog, recruiter_row):
    candidate = canary.whole_person(recruiter_row)
    written = canary.poison(candidate, by=recruiter_row)
    assert len(written) > 60
    before = canary.columns_that_hold(WORD)
    assert len(before) > 60
    assert WORD in dump(tmp_path)
    assert len(files_that_hold(own_store, WORD)) >= 9
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    done = erase(candidate)

    assert done.state == "done", done.failed_for
    assert canary.columns_that_hold(WORD) == []
    assert WORD not in dump(tmp_path)
    assert files_that_hold(own_store, WORD) == []
    assert files_that_hold(tmp_path / "ledger", WORD) == []
    assert WORD not in caplog.text
    assert certificate.is_genuine(done.certificate)


def cached_under(word: str) -> set[str]:
    """The keys of this process's cache whose values hold the word."""
    kept: dict[str, bytes] = cache._cache  # type: ignore[attr-defined]  what the cache in memory is
    return {key.rpartition(":")[2] for key, value in kept.items() if word.encode() in value.lower()}


def test_no_cache_holds_a_word_of_anybody_whose_pages_were_read(own_store, recruiter, client_as):
    cache.clear()
    candidate = canary.whole_person(recruiter)
    canary.poison(candidate, by=recruiter)
    one = Application.objects.filter(candidate=candidate).first()
    assert one is not None
    ended = timezone.now() - timedelta(hours=2)
    InterviewFactory(application=one, interviewers=[recruiter], starts_at=ended - timedelta(hours=1), ends_at=ended)
    browser = client_as(recruiter)
    assert f"Scorecard: {WORD}" in browser.get("/").content.decode()
    pages = [
        "/", "/candidates/candidate/", f"/candidates/candidate/{candidate.pk}/change/", "/jobs/application/",
        f"/jobs/application/{one.pk}/change/", f"/jobs/job/{one.job_id}/change/", f"/jobs/job/{one.job_id}/pipeline/",
        "/review/", "/jobs/interview/", "/reports/", "/reports/sources/", "/reports/workload/", "/reports/drives/",
        "/candidates/talentpool/", "/candidates/tag/",
    ]  # fmt: skip
    assert {path: browser.get(path).status_code for path in pages if browser.get(path).status_code != 200} == {}
    assert {"candidate-source-values", f"dashboard-owed-{recruiter.pk}"} <= cached_under("")
    assert cached_under(WORD) == set()
    cache.set("a-name", f"{WORD} in a cache")
    assert cached_under(WORD) == {"a-name"}


def test_the_store_holds_no_file_of_the_person_and_every_file_of_others(erase, own_store, recruiter_row):
    candidate = canary.whole_person(recruiter_row)
    canary.ResumeFactory(content=b"somebody else")
    canary.traces(candidate, by=recruiter_row)
    assert erase(candidate).state == "done"
    left = [path.read_bytes() for path in own_store.rglob("*") if path.is_file()]
    assert left == [b"somebody else"]


def test_every_model_that_leads_to_a_person_says_how_it_goes():
    assert leading_to_a_person() == {one.model for one in erasing.registered()} - BY_REFERENCE


# They name a person by identifier, without a key.
BY_REFERENCE = {"candidates.legalhold"}
# Of our own people, of jobs, or shared by many persons: what leads from them to a person is erased itself.
NOT_FOLLOWED = {"hrassist.longtask"}


def leading_to_a_person() -> set[str]:
    """Models from which foreign keys lead to a candidate, in any number of steps."""
    found = {"candidates.candidate"}
    models = [model for label in PACKAGES for model in apps.get_app_config(label).get_models()]
    while (
        more := {
            model._meta.label_lower
            for model in models
            for column in model._meta.concrete_fields
            if column.related_model is not None and column.related_model._meta.label_lower in found
        }
        - found
    ):
        found |= more
    return found


def test_decisions_and_figures_stay_without_a_person(erase, recruiter_row):
    candidate = canary.whole_person(recruiter_row)
    application = candidate.applications.get()
    erase(candidate)
    application.refresh_from_db()
    assert (application.status, application.ended_by) == ("withdrawn", None)
    assert application.decisions.get().verdict == "shortlist"
    assert application.scorecards.get().recommendation == "yes"
    assert application.transitions.count() == 2
    assert candidate.matches.get().rank == 1
    assert Candidate.objects.get(pk=candidate.pk).full_name == "Erased person"


def test_the_audit_log_names_identifiers_and_counts_alone(erase, recruiter_row):
    candidate = canary.whole_person(recruiter_row)
    canary.poison(candidate, by=recruiter_row)
    erase(candidate)
    told = Event.objects.filter(action__startswith="candidate.erased")
    assert {one.subject_ref for one in told} == {str(pk) for pk in canary.person_of(candidate).ids}
    assert not [one for one in Event.objects.all() if WORD in str(vars(one))]


@pytest.fixture
def recruiter_row() -> User:
    return User.objects.create(username="rosa")


def test_the_seals_over_the_audit_log_hold_after_an_erasure(erase, recruiter_row):
    candidate = canary.whole_person(recruiter_row)
    audit.record("candidate.updated", target=candidate, by=recruiter_row, subject=candidate, fields=["full_name"])
    assert seal()
    assert erase(candidate).state == "done"
    seal()
    report = verifying.verify().report
    assert report.is_whole
    assert report.rows >= 4
