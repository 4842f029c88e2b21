"""People who come in by themselves: what they send is kept, read, and becomes one application."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from candidates.models import Candidate, UploadTicket
from candidates.tasks import ingest_upload
from hrassist import tasks
from hrassist.lib.errors import Conflict
from hrassist.models import Notification, User
from jobs.actions import drives, intake, links, settling
from jobs.actions import jobs as job_actions
from jobs.models import (
    Application,
    DriveJob,
    EmailTemplate,
    IntakeSubmission,
    Job,
    Message,
    Referral,
    StageTransition,
    TrackingLink,
)
from tests.conftest import NOON
from tests.factories import CandidateFactory, JobFactory, UserFactory
from tests.hiring import DriveFactory
from tests.jobs.actions.sending import Send, settled
from tests.uploading import md5_of, put, resume

pytestmark = pytest.mark.django_db
State = IntakeSubmission.State


def test_a_sent_resume_becomes_an_application_with_its_source(
    link: TrackingLink, send: Send, recruiter: User, events: Any
) -> None:
    one, _ = send(link, resume())
    assert settled(one).state == State.APPLIED
    application = Application.objects.get()
    assert (application.job, application.source, application.tracking_link) == (link.job, "University fair", link)
    assert (application.stage.name, application.applied_at) == ("Applied", NOON)
    assert one.application == application
    assert one.consent_text == intake.CONSENT
    assert [event.actor_id for event in events("application.created")] == [str(recruiter.pk)]
    assert Notification.objects.get(user=recruiter).text == "Jane Doe applied for Billing engineer"


def test_contacts_and_the_name_of_somebody_new_are_what_they_wrote(link: TrackingLink, send: Send) -> None:
    one, _ = send(link, resume(), name="Jane Marie Doe", email="jane.private@example.org")
    person = settled(one).candidate
    assert person is not None
    assert person.full_name == "Jane Marie Doe"
    assert set(person.emails.values_list("address", flat=True)) == {"jane.doe@example.org", "jane.private@example.org"}
    assert person.emails.get(address="jane.private@example.org").source == "application form"
    assert person.phones.filter(e164="+49305551234").exists()


def test_somebody_who_is_known_by_the_address_in_the_resume_keeps_their_name(
    link: TrackingLink, send: Send, recruiter: User
) -> None:
    known = CandidateFactory(full_name="Dr Jane Doe", email="jane.doe@example.org", created_at=NOON - timedelta(days=9))
    one, _ = send(link, resume(), name="J. Doe")
    assert settled(one).candidate == known
    known.refresh_from_db()
    assert known.full_name == "Dr Jane Doe"
    assert Candidate.objects.count() == 1


def test_only_reading_decides_whose_resume_it_is_not_the_address_in_the_form(link: TrackingLink, send: Send) -> None:
    victim = CandidateFactory(email="boss@example.org")
    one, _ = send(link, resume(), email="boss@example.org")
    assert settled(one).candidate != victim
    assert not Application.objects.filter(candidate=victim).exists()


def test_the_second_application_is_kept_and_changes_nothing(link: TrackingLink, send: Send) -> None:
    first, _ = send(link, resume())
    again, _ = send(link, resume(also="Rust"), now=NOON + timedelta(minutes=5))
    settled(first, now=NOON + timedelta(minutes=6))
    settled(again, now=NOON + timedelta(minutes=7))
    assert first.application == again.application == Application.objects.get()
    assert (intake.is_repeat(first), intake.is_repeat(again)) == (False, True)
    assert StageTransition.objects.count() == 1
    texts = Notification.objects.order_by("created_at", "id").values_list("text", flat=True)
    assert list(texts)[1:] == ["Jane Doe applied again for Billing engineer"]


def test_the_same_bytes_again_are_the_same_person_too(link: TrackingLink, send: Send) -> None:
    first, _ = send(link, resume())
    settled(first)
    again, _ = send(link, resume(), now=NOON + timedelta(minutes=1))
    assert settled(again, now=NOON + timedelta(minutes=2)).state == State.APPLIED
    assert (Candidate.objects.count(), Application.objects.count()) == (1, 1)


def test_a_refused_file_is_told_with_its_reason(link: TrackingLink, send: Send) -> None:
    one, _ = send(link, b"%PDF-1.7 and nothing behind it", filename="cv.pdf")
    assert settled(one).state == State.REJECTED
    assert one.failed_for == UploadTicket.objects.get().rejected_message != ""
    assert not Application.objects.exists()


def test_a_file_that_never_came_is_refused_in_the_end(link: TrackingLink, send: Send) -> None:
    one, _ = send(link, resume(), read=False)
    UploadTicket.objects.update(state="issued", confirmed_at=None, etag="")
    from hrassist.lib import storage

    storage.incoming().delete(UploadTicket.objects.get().key)
    assert settled(one).state == State.WAITING
    assert settled(one, now=NOON + timedelta(hours=1)).state == State.REJECTED


def test_a_process_that_ended_between_form_and_file_is_made_up_for(
    link: TrackingLink, send: Send, deferred_tasks: Any
) -> None:
    one, _ = send(link, resume(), read=False)
    UploadTicket.objects.update(state="issued", confirmed_at=None, etag="")
    assert settled(one, now=NOON + timedelta(minutes=2)).state == State.WAITING
    assert UploadTicket.objects.get().state == "confirmed"
    ingest_upload(ticket_id=str(UploadTicket.objects.get().pk))
    assert settled(one).state == State.APPLIED


def test_while_the_file_is_read_nothing_happens(link: TrackingLink, send: Send) -> None:
    one, _ = send(link, resume(), read=False)
    assert settled(one).state == State.WAITING
    assert settling.settle_waiting(now=NOON) == 0


def test_settling_again_and_again_makes_one_of_everything(link: TrackingLink, send: Send) -> None:
    EmailTemplate.objects.filter(kind="received").delete()
    EmailTemplate.objects.create(
        name="Got it", kind="received", subject="For {{ job.title }}", body="Dear {{ candidate.first_name }}"
    )
    one, _ = send(link, resume())
    for _ in range(3):
        settled(one)
    mail = Message.objects.get()
    assert (mail.to, mail.subject, mail.body) == ("jane.doe@example.org", "For Billing engineer", "Dear Jane")
    assert Notification.objects.count() == Application.objects.count() == 1


def test_what_fails_halfway_leaves_nothing_and_completes_when_run_again(
    link: TrackingLink, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmailTemplate.objects.get_or_create(name="Got it", kind="received", subject="Thanks", body="Dear you")
    send(link, resume())

    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("the worker is killed here")

    with monkeypatch.context() as patch:
        patch.setattr(settling, "_tell", broken)
        assert settling.settle_waiting(now=NOON) == 0
    assert not Application.objects.exists()
    assert settling.settle_waiting(now=NOON) == 1
    assert Application.objects.count() == Message.objects.count() == 1


def test_a_job_that_closed_meanwhile_needs_a_look_and_can_be_tried_again(
    link: TrackingLink, send: Send, recruiter: User, coordinator: User
) -> None:
    one, _ = send(link, resume())
    job_actions.hold(job=link.job, by=recruiter, now=NOON)
    assert settled(one).state == State.FAILED
    assert "takes no applications" in one.failed_for
    assert Notification.objects.get(user=recruiter).text == "An application for Billing engineer needs a look"
    job_actions.open_job(job=link.job, by=recruiter, now=NOON)
    with pytest.raises(Exception, match="Only recruiters"):
        settling.retry(submission=one, by=coordinator, now=NOON)
    settling.retry(submission=one, by=recruiter, now=NOON)
    assert settled(one).state == State.APPLIED
    with pytest.raises(Conflict):
        settling.retry(submission=one, by=recruiter, now=NOON)


def test_a_parked_file_needs_a_look_and_retrying_unparks_it(link: TrackingLink, send: Send, recruiter: User) -> None:
    one, _ = send(link, resume(), read=False)
    UploadTicket.objects.update(parked_at=NOON, parked_for="killed")
    assert settled(one).state == State.FAILED
    settling.retry(submission=one, by=recruiter, now=NOON)
    ticket = UploadTicket.objects.get()
    assert ticket.parked_at is None
    ingest_upload(ticket_id=str(ticket.pk))
    assert settled(one).state == State.APPLIED


def test_a_colleagues_link_gives_them_the_credit_though_they_may_not_upload(
    job: Job, send: Send, hiring_manager: User, recruiter: User
) -> None:
    link = links.my_referral_link(job=job, by=hiring_manager, now=NOON)
    assert links.my_referral_link(job=job, by=hiring_manager, now=NOON) == link
    one, _ = send(link, resume())
    application = settled(one).application
    assert application is not None
    assert application.credited_to == hiring_manager
    assert Referral.objects.get().referred_by == hiring_manager
    assert UploadTicket.objects.get().created_by == recruiter


def test_through_a_drive_people_choose_among_its_open_jobs(recruiter: User, send: Send) -> None:
    drive = DriveFactory(created_by=recruiter)
    open_job, closed, hidden = JobFactory(), JobFactory(status="closed"), JobFactory(confidential=True)
    for job in (open_job, closed, hidden):
        DriveJob.objects.create(drive=drive, job=job)
    link = links.create(drive=drive, by=recruiter, now=NOON, facts={"label": "Fair"})
    with pytest.raises(intake.LinkClosed, match="You can apply here from"):
        intake.jobs_of(link, now=NOON)
    drives.start(drive=drive, by=recruiter, now=NOON)
    link.refresh_from_db()
    assert intake.jobs_of(link, now=NOON) == [open_job]
    with pytest.raises(intake.BadForm) as refusal:
        send(link, resume(), job=hidden)
    assert "job" in refusal.value.fields
    one, _ = send(link, resume(also="x"), job=open_job)
    assert settled(one).job == open_job
    drives.end(drive=drive, by=recruiter, now=NOON)
    link.refresh_from_db()
    with pytest.raises(intake.LinkClosed, match="has ended"):
        intake.jobs_of(link, now=NOON)


def test_the_form_sent_twice_is_one_submission_with_one_secret(link: TrackingLink, recruiter: User) -> None:
    data = resume()
    _, signed, text = intake.issue_ticket(
        link=link, filename="cv.txt", size=len(data), content_type="", md5=md5_of(data), now=NOON
    )
    put(signed, data)
    how: dict[str, Any] = {
        "link": link, "job_id": None, "full_name": "Jane", "email": "j@example.org", "phone": "", "message": "",
        "consents": True, "proof": intake.read_proof(text, link=link), "now": NOON,
    }  # fmt: skip
    first, secret = intake.submit(**how)
    second, same = intake.submit(**how)
    assert (first, secret) == (second, same)
    assert intake.of_secret(secret) == first
    assert intake.of_secret("guessed") is None
    assert secret not in str(first.__dict__)


def test_a_proof_of_another_link_or_a_forged_one_is_no_file(link: TrackingLink, job: Job, recruiter: User) -> None:
    other = links.create(job=job, by=recruiter, now=NOON, facts={"label": "Other"})
    _, _, text = intake.issue_ticket(
        link=other, filename="a.txt", size=3, content_type="", md5=md5_of(b"abc"), now=NOON
    )
    for bad in (text, text[:-2] + "xx", "", "nonsense"):
        with pytest.raises(intake.BadForm):
            intake.read_proof(bad, link=link)


def test_files_come_in_for_a_recruiter_of_the_team_once_the_maker_of_the_link_has_left(
    link: TrackingLink, recruiter: User, job: Job
) -> None:
    stays = UserFactory(role="Recruiter")
    job.team.create(user=stays, role="recruiter")
    recruiter.is_active = False
    recruiter.save()
    assert intake.owner_of(TrackingLink.objects.get(pk=link.pk)) == stays


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_make_one_application(link: TrackingLink, send: Send) -> None:
    EmailTemplate.objects.create(name="Got it", kind="received", subject="Thanks", body="Dear you")
    one, _ = send(link, resume())
    start = threading.Barrier(8)
    errors: list[Exception] = []

    def work() -> None:
        start.wait()
        try:
            settling.settle(submission_id=one.pk, now=NOON)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Application.objects.count() == Message.objects.count() == Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_send_is_one_submission(link: TrackingLink) -> None:
    data = resume()
    _, signed, text = intake.issue_ticket(
        link=link, filename="cv.txt", size=len(data), content_type="", md5=md5_of(data), now=NOON
    )
    put(signed, data)
    start = threading.Barrier(5)
    secrets: list[str] = []

    def click() -> None:
        start.wait()
        try:
            _, secret = intake.submit(
                link=link, job_id=None, full_name="Jane", email="j@example.org", phone="", message="", consents=True,
                proof=intake.read_proof(text, link=link), now=NOON,
            )  # fmt: skip
            secrets.append(secret)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(secrets) == 5
    assert len(set(secrets)) == IntakeSubmission.objects.count() == 1


def test_the_task_looks_again_while_the_file_is_read_and_then_leaves_it_to_the_minute(
    link: TrackingLink, send: Send, deferred_tasks: Any
) -> None:
    one, _ = send(link, resume(), read=False)
    tasks.settle_submission(submission_id=str(one.pk), tries=4)
    assert [task.get("tries", 0) for task in deferred_tasks("settle_submission")] == [0, 5]
    tasks.settle_submission(submission_id=str(one.pk), tries=5)
    assert len(deferred_tasks("settle_submission")) == 2
    ingest_upload(ticket_id=str(UploadTicket.objects.get().pk))
    tasks.settle_submissions(timestamp=0)
    one.refresh_from_db()
    assert one.state == State.APPLIED


@pytest.mark.django_db(transaction=True)
def test_visits_are_counted_exactly_however_many_come_at_once(link: TrackingLink) -> None:
    def visit() -> None:
        try:
            links.count_visit(link=link)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=visit) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    link.refresh_from_db()
    assert link.visits == 50
