"""The worker's part: whole or not at all, taken up after a death, gone with the people whom it names."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from candidates.actions import legal_holds, merging
from candidates.models import Candidate, disclosing, erasing
from candidates.models.erasing import Person
from hrassist.lib import storage
from hrassist.lib.errors import Conflict
from hrassist.lib.storage.named import named
from hrassist.models import Notification
from jobs.actions import report_documents
from jobs.models import ReportDocument, ReportPerson
from jobs.reports.documents import making, pdf
from tests.candidates.erasure.conftest import erase, ledger_folder  # noqa: F401
from tests.factories import CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db
State = ReportDocument.State


def asked(kind, *, by, **about):
    return report_documents.ask(kind=kind, by=by, now=timezone.now(), **about)


def test_a_report_is_made_once_with_digests_pages_and_whom_it_names(recruiter, job, people, made, events):
    document = made("job", by=recruiter, about=job)
    assert document.state == State.READY
    assert document.pages >= 1
    for kind in ("docx", "pdf"):
        content = b"".join(storage.clean().open(getattr(document, f"{kind}_key")))
        assert hashlib.sha256(content).hexdigest() == document.digests[kind]
        assert len(content) == document.sizes[kind]
    assert set(document.people.values_list("candidate", flat=True)) == {one.candidate_id for one in people}
    assert named([document.docx_key, document.pdf_key, "clean/other"]) == {document.docx_key, document.pdf_key}
    (event,) = events("report.made")
    assert event.changes["people"] == 3
    assert "Amara" not in str(event.changes)
    keys = (document.docx_key, document.pdf_key)
    making.make(document.pk)
    document.refresh_from_db()
    assert (document.docx_key, document.pdf_key) == keys


def test_two_workers_do_not_make_the_same_report(recruiter, job):
    document = asked("job", by=recruiter, about=job)
    ReportDocument.objects.filter(pk=document.pk).update(
        state=State.MAKING, lease_token=uuid4(), lease_until=timezone.now() + timedelta(seconds=60), attempt=1
    )
    making.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.attempt, document.docx_key) == (State.MAKING, 1, "")


def test_a_dead_workers_report_is_taken_up_and_given_up_after_three_deaths(recruiter, job, deferred_tasks):
    document = asked("job", by=recruiter, about=job)
    late = {"state": State.MAKING, "lease_token": uuid4(), "lease_until": timezone.now() - timedelta(seconds=1)}
    ReportDocument.objects.filter(pk=document.pk).update(**late, attempt=1)
    assert report_documents.take_up(now=timezone.now()) == 1
    assert len(deferred_tasks("make_report")) == 2
    ReportDocument.objects.filter(pk=document.pk).update(attempt=ReportDocument.ATTEMPTS)
    making.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.docx_key) == (State.FAILED, "")
    assert "stopped each time" in document.message
    again = report_documents.try_again(document=document, by=recruiter, now=timezone.now())
    making.make(again.pk)
    document.refresh_from_db()
    assert document.state == State.READY


def test_a_report_whose_task_was_lost_is_asked_for_again(recruiter, job):
    asked("job", by=recruiter, about=job)
    assert report_documents.take_up(now=timezone.now()) == 0
    assert report_documents.take_up(now=timezone.now() + report_documents.QUEUED_WITHIN + timedelta(seconds=1)) == 1


def test_the_owners_sight_is_asked_when_it_is_made(hiring_manager, job, people, events):
    document = asked("job", by=hiring_manager, about=job)
    job.team.filter(user=hiring_manager).delete()
    making.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.message) == (State.FAILED, making.HIDDEN)
    assert not document.docx_key
    assert events("report.failed")


def test_the_owners_role_is_asked_when_it_is_made(recruiter, job):
    document = asked("job", by=recruiter, about=job)
    recruiter.groups.clear()
    making.make(document.pk)
    document.refresh_from_db()
    assert document.state == State.FAILED
    assert "may not" in document.message


def test_a_missing_font_leaves_the_docx(recruiter, job, people):
    Candidate.objects.filter(pk=people[0].candidate_id).update(full_name="𒀀𒀁")
    document = asked("job", by=recruiter, about=job)
    making.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.pdf_key, document.message) == (State.READY, "", making.NO_PDF)
    assert document.docx_key


def test_nothing_is_half_stored_when_writing_fails(recruiter, job, own_store, monkeypatch):
    document = asked("job", by=recruiter, about=job)

    monkeypatch.setattr(pdf, "TEMPLATE", pdf.TEMPLATE.parent / "missing.typ")
    with pytest.raises(RuntimeError, match="No such file"):
        making.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.message) == (State.FAILED, making.UNFORESEEN)
    assert not document.docx_key
    assert [one for one in own_store.rglob("*") if one.is_file()] == []


def test_a_store_that_is_away_is_waited_for_and_costs_no_attempt(recruiter, job, own_store):
    document = asked("job", by=recruiter, about=job)
    own_store.mkdir(parents=True, exist_ok=True)
    (own_store / "clean").write_bytes(b"a file where the folder was")
    with pytest.raises(storage.StorageUnavailable):
        making.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.attempt, document.lease_until, document.docx_key) == (State.MAKING, 0, None, "")
    (own_store / "clean").unlink()
    making.make(document.pk)
    document.refresh_from_db()
    assert document.state == State.READY


def test_a_report_goes_with_a_person_whom_it_names(recruiter, job, people, made, erase):  # noqa: F811
    document = made("job", by=recruiter, about=job)
    keys = [document.docx_key, document.pdf_key]
    erase(people[1].candidate)
    assert not ReportDocument.objects.filter(pk=document.pk).exists()
    assert [storage.clean().head(key) for key in keys] == [None, None]
    # One that is made after it counts them, and does not name them.
    after = made("job", by=recruiter, about=job)
    assert people[1].candidate_id not in set(after.people.values_list("candidate", flat=True))


def test_who_is_erased_while_it_is_made_is_not_in_it(recruiter, job, people, monkeypatch):
    document = asked("job", by=recruiter, about=job)
    write, gone = making._written, people[0].candidate

    def write_and_erase(*args, **options):
        files = write(*args, **options)
        gone.erased_at, gone.full_name, gone.headline, gone.city = timezone.now(), Candidate.ERASED, "", ""
        gone.save()
        return files

    monkeypatch.setattr(making, "_written", write_and_erase)
    making.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.attempt) == (State.READY, 2)
    assert gone.pk not in set(document.people.values_list("candidate", flat=True))


def test_a_row_that_went_while_it_was_made_leaves_no_file(recruiter, job, people, own_store, monkeypatch):
    document = asked("job", by=recruiter, about=job)
    write = making._written

    def write_and_delete(*args, **options):
        files = write(*args, **options)
        ReportDocument.objects.all().delete()
        return files

    monkeypatch.setattr(making, "_written", write_and_delete)
    making.make(document.pk)
    assert [one for one in own_store.rglob("*") if one.is_file()] == []


def test_a_report_follows_a_merge(recruiter, job, people, made):
    kept = CandidateFactory(full_name="Amara Okafor-Smith")
    about_her = made("candidate", by=recruiter, about=people[0].candidate)
    merging.merge(kept=kept, gone=people[0].candidate, by=recruiter, now=timezone.now())
    about_her.refresh_from_db()
    assert about_her.candidate_id == kept.pk
    assert list(about_her.people.values_list("candidate", flat=True)) == [kept.pk]


def test_an_old_report_is_deleted_unless_somebody_in_it_is_held(recruiter, job, people, made):
    today = timezone.localdate()
    held, free = made("job", by=recruiter, about=job), made("monthly", by=recruiter, since=today, until=today)
    officer, her = UserFactory(role="Privacy officer"), people[0].candidate_id
    legal_holds.place(scope="candidate", target_ref=her, reason="A dispute", by=officer, now=timezone.now())
    with pytest.raises(Conflict):
        report_documents.delete(document=held, by=recruiter)
    later = timezone.now() + ReportDocument.KEPT + timedelta(days=1)
    assert report_documents.delete_expired(now=later) == 1
    assert list(ReportDocument.objects.values_list("pk", flat=True)) == [held.pk]
    assert storage.clean().head(free.docx_key) is None


def test_the_persons_copy_tells_of_reports_that_name_them(recruiter, job, people, made):
    made("job", by=recruiter, about=job)
    person = Person(ids=(people[0].candidate_id,), erasure_id=uuid4(), now=timezone.now())
    (section,) = [one for one in disclosing.sections() if one.name == "reports"]
    assert section.rows(person).count() == 1
    assert {one.model for one in erasing.registered()} >= {"jobs.reportdocument", "jobs.reportperson"}
    assert ReportPerson.objects.count() == 3


def test_whoever_waited_longer_than_a_page_is_told(recruiter, job):
    document = asked("job", by=recruiter, about=job)
    making.make(document.pk)
    assert not Notification.objects.exists()
    late = report_documents.ask(kind="job", by=recruiter, now=timezone.now() - timedelta(minutes=1), about=job)
    making.make(late.pk)
    told = Notification.objects.get()
    assert (told.user, told.url, told.job_ref) == (recruiter, f"/reports/documents/{late.pk}/", job.pk)
    assert "Backend" not in told.text


def test_who_presses_twice_gets_the_report_that_is_under_way(recruiter, job):
    first = asked("job", by=recruiter, about=job)
    assert asked("job", by=recruiter, about=job).pk == first.pk


def test_nobody_has_a_hundred_reports_made_at_once(recruiter):
    for _ in range(report_documents.MOST_UNFINISHED):
        asked("job", by=recruiter, about=JobFactory())
    with pytest.raises(Conflict):
        asked("job", by=recruiter, about=JobFactory())
