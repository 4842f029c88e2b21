"""The copy of somebody's data: complete by introspection, without names of our own people, kept for a week."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit import actions as audit
from candidates import disclosure
from candidates.actions import data_exports
from candidates.models import DataExport, disclosing
from hrassist.lib import storage
from hrassist.lib.errors import NotFound
from hrassist.models import User
from tests.candidates.erasure import canary
from tests.candidates.erasure.test_canary import leading_to_a_person
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory, UserFactory

pytestmark = pytest.mark.django_db

PERSON = {"candidates.candidate"}


def made(candidate: object, by: User | None) -> DataExport:
    asked = data_exports.request(candidate=candidate, by=by, channel="admin", now=timezone.now())  # type: ignore[arg-type]
    disclosure.make(asked.pk)
    asked.refresh_from_db()
    return asked


def opened(export: DataExport, by: User | None) -> zipfile.ZipFile:
    file = data_exports.open_copy(export=export, by=by, now=timezone.now())
    return zipfile.ZipFile(io.BytesIO(file.content.read()))


def test_every_model_that_leads_to_a_person_is_given_or_withheld_with_a_reason():
    given = {one.model for one in disclosing.sections()}
    kept = {one.model for one in disclosing.withheld()}
    assert leading_to_a_person() - given - kept == set()
    assert given & kept == set()
    assert all(len(one.why) > 20 for one in disclosing.withheld())


def test_every_column_of_a_section_can_be_told(recruiter):
    candidate = canary.whole_person(recruiter)
    document = disclosure.document_of(canary.person_of(candidate))
    # The copy that is being asked for, and the dates of the rules, come and go.
    empty = [name for name, section in document["sections"].items() if not section["rows"]]
    assert empty == []


def test_the_copy_holds_rows_originals_accesses_and_scores_with_reasons(recruiter):
    candidate = canary.whole_person(recruiter)
    candidate.data_exports.all().delete()
    audit.viewed("candidate.viewed", target=candidate, by=recruiter, subject=candidate)
    with opened(made(candidate, recruiter), recruiter) as archive:
        names = archive.namelist()
        document = json.loads(archive.read("data.json"))
        assert f"{canary.WORD} resume" in archive.read(next(one for one in names if "resumes/" in one)).decode()
    assert document["schema_version"] == disclosure.SCHEMA_VERSION
    assert {"data.json", "README.txt"} <= set(names)
    sections = document["sections"]
    assert sections["emails"]["rows"][0]["address"] == candidate.emails.get().address
    score = sections["scores"]["rows"][0]
    assert (score["score"], score["components"]) == (0.5, {"lexical": 0.5})
    assert score["reasons"][0]["criterion"] == "Python"
    assert f"{canary.WORD} wrote Python" in score["reasons"][0]["quote"]
    assert "candidate.viewed" in [one["what"] for one in document["accesses"]["rows"]]


def test_nobody_who_works_for_us_is_named(recruiter):
    colleague = UserFactory(username="berthold.zwicky", email="berthold@example.org", first_name="Berthold")
    candidate = canary.whole_person(colleague)
    audit.record("candidate.updated", target=candidate, by=colleague, subject=candidate)
    text = json.dumps(disclosure.document_of(canary.person_of(candidate)), default=str).lower()
    assert "berthold" not in text
    assert "colleague 1" in text


def test_another_person_is_not_in_it(recruiter):
    candidate = canary.whole_person(recruiter)
    other = CandidateFactory(full_name="Somebody Else")
    ResumeFactory(candidate=other, content=b"of somebody else")
    ApplicationFactory(candidate=other, job=candidate.applications.get().job)
    text = json.dumps(disclosure.document_of(canary.person_of(candidate)), default=str)
    assert "Somebody Else" not in text
    assert str(other.pk) not in text


def test_a_confidential_job_that_somebody_never_applied_for_is_not_named(recruiter):
    candidate = canary.whole_person(recruiter)
    run = candidate.matches.get().run
    run.job = JobFactory(title="Next chief executive", confidential=True)
    run.save()
    document = disclosure.document_of(canary.person_of(candidate))
    assert "Next chief executive" not in json.dumps(document, default=str)
    assert document["sections"]["scores"]["rows"][0]["job"] == "a job that is not public"


def test_a_download_is_on_record_hands_it_over_and_ends_after_a_week(recruiter, events):
    candidate = CandidateFactory()
    export = made(candidate, recruiter)
    assert export.state == DataExport.State.READY
    opened(export, recruiter).close()
    export.refresh_from_db()
    assert (export.state, export.handed_over_by) == (DataExport.State.HANDED_OVER, recruiter)
    assert [one.subject_ref for one in events("data_export.downloaded")] == [str(candidate.pk)]
    key = export.key
    assert disclosure.expire(now=timezone.now() + timedelta(days=6)) == 0
    assert disclosure.expire(now=timezone.now() + timedelta(days=8)) == 1
    assert storage.clean().head(key) is None
    with pytest.raises(data_exports.CopyExpired):
        data_exports.open_copy(export=export, by=recruiter, now=timezone.now())


def test_asked_twice_at_once_it_is_one_copy(recruiter):
    candidate = CandidateFactory()
    first = data_exports.request(candidate=candidate, by=recruiter, channel="admin", now=timezone.now())
    assert data_exports.request(candidate=candidate, by=None, channel="self_service", now=timezone.now()) == first


def test_only_who_may_sees_and_downloads_it(hiring_manager, coordinator, recruiter):
    candidate = CandidateFactory()
    export = made(candidate, recruiter)
    with pytest.raises(NotFound):
        data_exports.open_copy(export=export, by=hiring_manager, now=timezone.now())
    with pytest.raises(PermissionDenied):
        data_exports.open_copy(export=export, by=coordinator, now=timezone.now())
    with pytest.raises(NotFound):
        data_exports.request(candidate=candidate, by=hiring_manager, channel="admin", now=timezone.now())


def test_a_copy_of_somebody_who_is_erased_meanwhile_goes_with_them(recruiter, settings):
    settings.ERASURE_WAIT = timedelta(0)
    candidate = CandidateFactory()
    export = data_exports.request(candidate=candidate, by=recruiter, channel="admin", now=timezone.now())
    DataExport.objects.filter(pk=export.pk).delete()
    disclosure.make(export.pk)
    assert not list(storage.clean().list_older_than(timezone.now() + timedelta(days=1)))


def test_a_file_that_the_store_lost_is_named_and_the_rest_is_given(recruiter):
    candidate = CandidateFactory()
    ResumeFactory(candidate=candidate, filename="lost.pdf")
    with opened(made(candidate, recruiter), recruiter) as archive:
        document = json.loads(archive.read("data.json"))
    assert [one.rpartition("/")[2] for one in document["missing_files"]] == ["lost.pdf"]
