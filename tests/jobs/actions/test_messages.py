import base64
import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from candidates.models import CandidateEmail
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification
from jobs.actions import bulk_messages, messages
from jobs.emails.reports import Report, Verdict
from jobs.models import Message
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import MessageFactory, OfferFactory

pytestmark = pytest.mark.django_db
State = Message.State
CORPUS = Path(__file__).parents[1] / "emails" / "reports"
OURS = "018f0000-0000-7000-8000-000000000001"


def write(candidate, by, **more):
    return messages.queue(candidate=candidate, subject="Hello", body="Dear Jane", by=by, now=NOON, **more)


def bounced(message, *, verdict=Verdict.WRONG_ADDRESS, recipient=None):
    report = Report(message.pk, message.to if recipient is None else recipient, verdict, "5.1.1 unknown")
    return messages.record_bounce(report=report, now=NOON)


def test_a_mail_in_ten_minutes_can_be_taken_back_until_then(recruiter, deferred_tasks, events):
    one = write(CandidateFactory(), recruiter, send_at=NOON + messages.UNDO_WINDOW)
    assert deferred_tasks("send_message") == [{"message_id": str(one.pk)}]
    assert messages.take_back(message=one, by=recruiter, now=NOON).state == State.CANCELLED
    with pytest.raises(messages.TooLate):
        messages.take_back(message=one, by=recruiter, now=NOON)
    assert [event.action for event in events("message.")] == ["message.queued", "message.cancelled"]


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.BOUNCED])
def test_what_leaves_or_left_cannot_be_taken_back(recruiter, state):
    bounce = {"bounced_at": NOON, "bounced_for": "x"} if state == State.BOUNCED else {}
    with pytest.raises(messages.TooLate):
        messages.take_back(message=MessageFactory(state=state, **bounce), by=recruiter, now=NOON)


def test_a_placeholder_that_was_left_does_not_leave(recruiter):
    with pytest.raises(DomainError, match=r"interview\.when") as refused:
        messages.queue(
            candidate=CandidateFactory(), subject="Hi", body="See you {{ interview.when }}", by=recruiter, now=NOON
        )
    assert refused.value.code == "unfilled"


def test_the_mails_of_a_day_are_counted_per_sender(recruiter, coordinator, settings):
    settings.MAIL_PER_SENDER_DAY = 2
    person = CandidateFactory()
    write(person, recruiter)
    taken_back = write(person, recruiter, send_at=NOON + timedelta(minutes=10))
    with pytest.raises(messages.TooManyMails):
        write(person, recruiter)
    messages.take_back(message=taken_back, by=recruiter, now=NOON)
    write(person, recruiter)
    write(person, coordinator)


def test_a_failed_mail_goes_to_the_address_that_is_current_now(recruiter):
    person = CandidateFactory(email="old@example.org")
    one = MessageFactory(candidate=person, to="old@example.org", state=State.FAILED, failed_at=NOON, failed_for="x")
    person.emails.update(status=CandidateEmail.Status.INVALID)
    with pytest.raises(messages.NoAddress):
        messages.retry(message=one, by=recruiter, now=NOON)
    CandidateEmail.objects.create(candidate=person, address="new@example.org")
    again = messages.retry(message=one, by=recruiter, now=NOON)
    assert (again.to, again.state, again.failed_for) == ("new@example.org", State.QUEUED, "")


def test_an_unclear_mail_is_settled_by_a_person(recruiter):
    one = MessageFactory(state=State.UNCLEAR, claimed_at=NOON, failed_at=NOON, failed_for="x")
    settled = messages.mark_sent(message=one, by=recruiter, now=NOON + timedelta(hours=1))
    assert (settled.state, settled.sent_at) == (State.SENT, NOON)
    with pytest.raises(Conflict):
        messages.retry(message=settled, by=recruiter, now=NOON)


def test_a_wrong_address_is_marked_everywhere_and_the_sender_is_told(recruiter, events):
    person = CandidateFactory(email="jane@example.org")
    twin = CandidateFactory(email="jane@example.org")
    one = MessageFactory(candidate=person, to="jane@example.org", state=State.SENT, by=recruiter)
    assert bounced(one).state == State.BOUNCED
    bounced(one)
    states = set(CandidateEmail.objects.filter(candidate__in=[person, twin]).values_list("status", flat=True))
    assert states == {CandidateEmail.Status.INVALID}
    assert Notification.objects.filter(user=recruiter, kind="message_failed").count() == 1
    (event,) = events("message.bounced")
    assert "jane" not in json.dumps(event.changes)


def test_a_full_mailbox_fails_the_mail_and_not_the_address(recruiter):
    person = CandidateFactory(email="jane@example.org")
    one = MessageFactory(candidate=person, to="jane@example.org", state=State.SENT)
    assert bounced(one, verdict=Verdict.REFUSED).state == State.BOUNCED
    assert person.emails.get().status == CandidateEmail.Status.CURRENT


def test_a_late_mail_is_only_put_on_record(events):
    one = MessageFactory(state=State.SENT)
    assert bounced(one, verdict=Verdict.LATE).state == State.SENT
    assert len(events("message.delayed")) == 1
    assert not Notification.objects.exists()


def test_a_report_about_another_address_or_another_mail_counts_for_nothing(recruiter):
    one = MessageFactory(state=State.SENT, to="jane@example.org")
    assert bounced(one, recipient="boss@example.org") is None
    one.refresh_from_db()
    assert one.state == State.SENT
    assert messages.record_bounce(report=Report(uuid4(), "", Verdict.REFUSED, "x"), now=NOON) is None


def test_a_report_settles_what_was_unclear():
    assert bounced(MessageFactory(state=State.UNCLEAR, claimed_at=NOON)).state == State.BOUNCED


def test_the_command_reads_a_folder_a_mailbox_and_what_is_piped(tmp_path, capsys, monkeypatch):
    one = MessageFactory(pk=OURS, to="jane@example.org", state=State.SENT)
    call_command("read_bounces", str(CORPUS))
    one.refresh_from_db()
    assert one.state == State.BOUNCED
    box = tmp_path / "mbox"
    box.write_bytes(b"From x@y Thu Nov 26 10:00:00 2026\n" + (CORPUS / "policy.eml").read_bytes() + b"\n")
    call_command("read_bounces", str(box))
    assert "1 mails read, 1 reports in them, 1 about mails of ours" in capsys.readouterr().out
    copy = tmp_path / "new" / "1"
    copy.parent.mkdir()
    copy.write_bytes((CORPUS / "delayed.eml").read_bytes())
    call_command("read_bounces", str(copy.parent), "--delete")
    assert not copy.exists()


KNOWN = "sendgrid:hush"


def report_of_sendgrid(message, *, secret=KNOWN, **event):
    said = [{"event": "bounce", "email": message.to, "message": str(message.pk), "sg_event_id": "1", **event}]
    headers = {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    return Client(raise_request_exception=False).post(
        "/mail/reports/sendgrid", json.dumps(said), content_type="application/json", **headers
    )


@pytest.fixture
def reports_taken(settings):
    settings.MAIL_REPORTS_SECRET = KNOWN
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": KNOWN}


@pytest.mark.usefixtures("reports_taken")
@pytest.mark.parametrize(
    ("event", "state", "address"),
    [
        ({"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 unknown user"}, "bounced", "invalid"),
        ({"type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 spam"}, "bounced", "current"),
        ({"event": "deferred", "response": "451 later"}, "sent", "current"),
        ({"event": "delivered"}, "sent", "current"),
    ],
)
def test_a_provider_reports_bounces(event, state, address):
    person = CandidateFactory(email="jane@example.org")
    one = MessageFactory(candidate=person, to="jane@example.org", state=State.SENT)
    assert report_of_sendgrid(one, **event).status_code == 200
    one.refresh_from_db()
    assert (one.state, person.emails.get().status) == (state, address)


def test_reports_without_the_secret_are_not_taken(settings):
    one = MessageFactory(to="jane@example.org", state=State.SENT)
    assert report_of_sendgrid(one).status_code == 404
    settings.MAIL_REPORTS_SECRET = KNOWN
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": KNOWN}
    assert report_of_sendgrid(one, secret="sendgrid:guess").status_code == 400
    assert report_of_sendgrid(one, secret="").status_code == 400
    one.refresh_from_db()
    assert one.state == State.SENT


def run(task):
    from hrassist import long_tasks

    long_tasks.run(str(task.pk))
    task.refresh_from_db()
    return task


def test_many_people_get_one_mail_each_and_a_second_run_adds_none(recruiter):
    job = JobFactory(title="Nurse")
    people = [ApplicationFactory(job=job) for _ in range(3)]
    unreachable = ApplicationFactory(job=job, candidate=CandidateFactory(email=""))
    task = bulk_messages.start(
        applications=[*people, unreachable], subject="About {{ job.title }}", body="Dear {{ candidate.first_name }}",
        by=recruiter, now=NOON,
    )  # fmt: skip
    done = run(task)
    assert done.result["queued"] == 3
    assert (done.result["refused"], [key for key, _ in done.result["refused_keys"]]) == (1, [str(unreachable.pk)])
    type(task).objects.filter(pk=task.pk).update(state="running", ended_at=None)
    run(task)
    assert Message.objects.filter(subject="About Nurse").count() == 3


def test_who_lost_sight_of_a_job_in_between_writes_to_nobody_there(recruiter):
    one = ApplicationFactory()
    task = bulk_messages.start(applications=[one], subject="Hi", body="Hello", by=recruiter, now=NOON)
    one.job.confidential = True
    one.job.save()
    assert run(task).result["queued"] == 0
    assert not Message.objects.exists()


def test_a_mail_about_an_offer_is_read_only_by_those_who_may_see_the_offer(
    recruiter, coordinator, interviewer, hiring_manager
):
    offer = OfferFactory()
    one = MessageFactory(candidate=offer.application.candidate, application=offer.application, offer=offer)
    plain = MessageFactory(candidate=offer.application.candidate, application=offer.application)
    seen = {
        user: set(Message.objects.visible_to(user)) for user in (recruiter, coordinator, interviewer, hiring_manager)
    }
    assert seen == {recruiter: {one, plain}, coordinator: {plain}, interviewer: set(), hiring_manager: set()}
