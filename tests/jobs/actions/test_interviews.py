from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from django.core import mail
from django.db import connections

from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification
from jobs.actions import availability, interviews
from jobs.actions.interviews import ChangedMeanwhile, Clashes, Facts
from jobs.actions.messages import NoAddress
from jobs.calendars import sending
from jobs.emails import deliver as mails
from jobs.models import Absence, Application, CalendarInvitation, Interview, Message
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.hiring import InterviewFactory
from tests.jobs.calendars.client import CalendarClient

pytestmark = pytest.mark.django_db

# A Tuesday, ten in the morning in UTC.
TEN = datetime(2026, 11, 10, 10, tzinfo=UTC)


def facts(starts_at=TEN, minutes=45, **others):
    values = {"title": "Technical interview", "time_zone": "Europe/Berlin", "place": "Room 3"} | others
    return Facts(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes), **values)


@pytest.fixture
def application(recruiter):
    return ApplicationFactory(candidate__full_name="Jane Doe", job=JobFactory(team={recruiter: "recruiter"}))


@pytest.fixture
def plan(recruiter, interviewer, application):
    def schedule(**others):
        common = {"facts": facts(), "interviewers": [interviewer], "by": recruiter, "now": NOON} | others
        return interviews.schedule(application=application, **common)

    return schedule


def deliver():
    """Send everything that waits, as the worker would; gives the calendar objects by address."""
    mail.outbox.clear()
    for one in CalendarInvitation.objects.filter(settled_at__isnull=True):
        sending.send(str(one.pk), now=NOON)
    for message in Message.objects.queued():
        mails.deliver(str(message.pk), now=NOON)
    return [(one.to[0], _calendar_of(one)) for one in mail.outbox]


def _calendar_of(message):
    read = message_from_bytes(message.message().as_bytes(linesep="\r\n"))
    # Once among the alternatives of the text, for programs that answer it, and once as a file.
    (inline,) = [part for part in read.walk() if part.get_content_type() == "text/calendar"]
    (file,) = [part for part in read.walk() if part.get_filename() == "interview.ics"]
    assert sorted(name for name, _ in inline.get_params()) == ["charset", "method", "text/calendar"]
    assert inline.get_content_charset() == "utf-8"
    text = inline.get_payload(decode=True).decode()
    assert f"METHOD:{inline.get_param('method')}\r\n" in text
    assert file.get_payload(decode=True).decode() == text
    return text


def test_everybody_gets_an_invitation_that_a_calendar_understands(plan, interviewer, application, events):
    interview = plan()
    sent = dict(deliver())
    address = application.candidate.emails.get().address
    assert set(sent) == {interviewer.email, address}
    for who, text in sent.items():
        client = CalendarClient(who)
        assert client.receive(text) == "added"
        assert client.busy[0]["DTSTART"].dt == TEN
    assert interviewer.email not in sent[address]
    assert events("interview.scheduled")[0].changes["interviewers"] == [interviewer.pk]
    assert interview.sequence == 0


def test_an_update_a_removal_and_a_cancellation_reach_the_right_calendars(plan, recruiter, interviewer):
    other = UserFactory(username="otis", role="Interviewer")
    interview = plan(interviewers=[interviewer, other])
    stays, leaves = CalendarClient(interviewer.email), CalendarClient(other.email)
    clients = {interviewer.email: stays, other.email: leaves}

    def receive():
        return sorted((who, clients[who].receive(text)) for who, text in deliver() if who in clients)

    assert receive() == [(interviewer.email, "added"), (other.email, "added")]
    later = facts(TEN + timedelta(hours=2))
    interview = interviews.reschedule(
        interview=interview, facts=later, interviewers=[interviewer, other], by=recruiter, now=NOON
    )
    assert receive() == [(interviewer.email, "updated"), (other.email, "updated")]
    assert stays.busy[0]["DTSTART"].dt == later.starts_at
    interviews.change_interviewers(interview=interview, interviewers=[interviewer], by=recruiter, now=NOON)
    assert receive() == [(interviewer.email, "updated"), (other.email, "cancelled")]
    assert (len(stays.busy), len(leaves.busy)) == (1, 0)
    assert other.email not in stays.attendees(stays.busy[0])
    interviews.cancel(interview=interview, reason="The job is filled", by=recruiter, now=NOON)
    assert receive() == [(interviewer.email, "cancelled")]
    assert stays.busy == []


def test_what_comes_late_is_ignored_and_what_is_overtaken_is_not_sent(plan, recruiter, interviewer):
    interview = plan()
    first = dict(deliver())[interviewer.email]
    for hours in (1, 2):
        interview = interviews.reschedule(
            interview=interview, facts=facts(TEN + timedelta(hours=hours)), interviewers=[interviewer], by=recruiter,
            now=NOON,
        )  # fmt: skip
    sent = [text for who, text in deliver() if who == interviewer.email]
    client = CalendarClient(interviewer.email)
    assert [client.receive(text) for text in [*sent, first]] == ["added", "ignored"]
    assert client.busy[0]["DTSTART"].dt == TEN + timedelta(hours=2)


def test_a_mail_to_an_interviewer_is_sent_once_however_often_its_task_runs(plan, interviewer):
    plan(invite_candidate=False)
    assert [who for who, _ in deliver()] == [interviewer.email]
    one = CalendarInvitation.objects.get()
    sending.send(str(one.pk), now=NOON)
    assert len(mail.outbox) == 1
    assert one.settled_at == NOON


def test_the_candidate_is_not_written_to_when_only_colleagues_change(plan, recruiter, interviewer):
    interview = plan()
    deliver()
    other = UserFactory(role="Interviewer")
    interviews.change_interviewers(interview=interview, interviewers=[interviewer, other], by=recruiter, now=NOON)
    assert {who for who, _ in deliver()} == {interviewer.email, other.email}


def test_without_an_address_nothing_is_scheduled_unless_nobody_writes(recruiter, interviewer):
    one = ApplicationFactory(candidate=CandidateFactory(email=""), job=JobFactory(team={recruiter: "recruiter"}))
    common = {"application": one, "facts": facts(), "interviewers": [interviewer], "by": recruiter, "now": NOON}
    with pytest.raises(NoAddress):
        interviews.schedule(**common)
    interviews.schedule(**common, invite_candidate=False)
    assert not Message.objects.exists()


def test_a_new_time_asks_again_and_a_new_place_does_not(plan, recruiter, interviewer):
    interview = plan()
    interviews.respond(interview=interview, response="accepted", by=interviewer, now=NOON)
    interview = interviews.reschedule(
        interview=interview, facts=facts(place="Room 5"), interviewers=[interviewer], by=recruiter, now=NOON
    )
    assert interview.interviewers.get().response == "accepted"
    interview = interviews.reschedule(
        interview=interview, facts=facts(TEN + timedelta(hours=1)), interviewers=[interviewer], by=recruiter, now=NOON
    )
    assert interview.interviewers.get().response == "waiting"
    assert interview.sequence == 2


def test_nothing_changed_tells_nobody(plan, recruiter, interviewer):
    interview = plan()
    deliver()
    again = interviews.reschedule(
        interview=interview, facts=facts(), interviewers=[interviewer], by=recruiter, now=NOON
    )
    assert (again.sequence, deliver()) == (0, [])


def test_a_change_by_somebody_else_meanwhile_is_told(plan, recruiter, interviewer):
    interview = plan()
    seen = interview.updated_at
    interviews.reschedule(
        interview=interview, facts=facts(place="Room 5"), interviewers=[interviewer], by=recruiter, now=NOON
    )
    with pytest.raises(ChangedMeanwhile):
        interviews.reschedule(
            interview=interview, facts=facts(place="Room 6"), interviewers=[interviewer], by=recruiter, now=NOON,
            expected_updated_at=seen,
        )  # fmt: skip
    with pytest.raises(ChangedMeanwhile):
        interviews.cancel(interview=interview, reason="x", by=recruiter, now=NOON, expected_updated_at=seen)


def test_an_interview_is_cancelled_once_and_only_with_a_reason(plan, recruiter):
    interview = plan()
    with pytest.raises(DomainError, match="Say why"):
        interviews.cancel(interview=interview, reason=" ", by=recruiter, now=NOON)
    interviews.cancel(interview=interview, reason="Sick", word_to_candidate="Sorry!", by=recruiter, now=NOON)
    with pytest.raises(Conflict):
        interviews.cancel(interview=interview, reason="Sick", by=recruiter, now=NOON)
    body = Message.objects.latest("created_at", "id").body
    assert "Sorry!" in body
    assert "Sick" not in body


def test_it_took_place_only_after_it_began_and_a_mistake_is_taken_back(plan, recruiter):
    interview = plan()
    with pytest.raises(Conflict, match="not begun"):
        interviews.settle(interview=interview, to="done", by=recruiter, now=NOON)
    later = TEN + timedelta(hours=1)
    assert interviews.settle(interview=interview, to="no_show", by=recruiter, now=later).status == "no_show"
    assert interviews.settle(interview=interview, to="scheduled", by=recruiter, now=later).status == "scheduled"
    assert interviews.settle(interview=interview, to="done", by=recruiter, now=later).status == "done"


def test_a_no_is_told_to_whoever_planned_it(plan, recruiter, interviewer, outsider):
    interview = plan()
    interviews.respond(interview=interview, response="declined", by=interviewer, now=NOON)
    told = Notification.objects.get(user=recruiter)
    assert told.text.startswith(f"{interviewer.display_name} cannot come to: Technical interview with Jane Doe")
    with pytest.raises(DomainError, match="not an interviewer"):
        interviews.respond(interview=interview, response="accepted", by=outsider, now=NOON)


def test_an_interviewer_is_told_by_the_bell_and_by_one_mail_only(plan, interviewer):
    plan()
    told = Notification.objects.get(user=interviewer)
    assert told.mailed_at == NOON


def test_interviewers_of_a_confidential_job_stand_on_its_team(recruiter, interviewer):
    job = JobFactory(confidential=True, team={recruiter: "recruiter"})
    one = ApplicationFactory(job=job)
    with pytest.raises(DomainError, match="hiring team"):
        interviews.schedule(application=one, facts=facts(), interviewers=[interviewer], by=recruiter, now=NOON)


def test_only_active_applications_and_people_with_the_role(plan, recruiter, outsider, application):
    with pytest.raises(DomainError, match="cannot interview"):
        plan(interviewers=[outsider])
    with pytest.raises(DomainError, match="at least one"):
        plan(interviewers=[])
    Application.objects.filter(pk=application.pk).update(status="rejected", ended_at=NOON, ended_by=recruiter)
    with pytest.raises(Conflict):
        plan()


def test_an_interviewer_sees_the_application_they_meet_and_nothing_else_of_the_job(plan, interviewer, application):
    ApplicationFactory(job=application.job)
    assert not Application.objects.visible_to(interviewer).exists()
    interview = plan()
    assert list(Application.objects.visible_to(interviewer)) == [application]
    assert list(type(application.candidate).objects.visible_to(interviewer)) == [application.candidate]
    assert not type(application.job).objects.visible_to(interviewer).exists()
    interviews.cancel(interview=interview, reason="Filled", by=interview.created_by, now=NOON)
    assert not Application.objects.visible_to(interviewer).exists()


# --- Availability -----------------------------------------------------------------------------------------------------


def kinds(recruiter, application, users, starts_at=TEN, now=NOON, ignore=None):
    found = availability.clashes(
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45), interviewers=users,
        candidate=application.candidate, viewer=recruiter, now=now, ignore=ignore,
    )  # fmt: skip
    return [one.kind for one in found]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-46, []), (-45, []), (-44, ["busy"]), (0, ["busy"]), (44, ["busy"]), (45, []), (60, [])],
)
def test_only_shared_minutes_clash(recruiter, interviewer, application, minutes, expected):
    InterviewFactory(
        starts_at=TEN + timedelta(minutes=minutes), ends_at=TEN + timedelta(minutes=minutes + 45),
        interviewers=[interviewer],
    )  # fmt: skip
    assert kinds(recruiter, application, [interviewer]) == expected


@pytest.mark.parametrize(
    ("zone", "starts_at", "expected"),
    [
        ("Europe/Berlin", TEN, []),
        ("America/New_York", TEN, ["hours"]),  # five in the morning there
        ("Asia/Tokyo", TEN, ["hours"]),  # 19:00 to 19:45
        ("Europe/Berlin", datetime(2026, 11, 14, 10, tzinfo=UTC), ["weekend"]),
        ("Pacific/Auckland", datetime(2026, 11, 13, 20, tzinfo=UTC), ["weekend"]),  # Friday here, Saturday there
        ("Europe/Berlin", datetime(2026, 11, 10, 17, 15, tzinfo=UTC), []),  # until 19:00 sharp
        ("Europe/Berlin", datetime(2026, 11, 10, 17, 16, tzinfo=UTC), ["hours"]),
        ("not a zone", TEN, []),
    ],
)
def test_unusual_hours_are_those_of_the_interviewers_own_zone(
    recruiter, interviewer, application, zone, starts_at, expected
):
    interviewer.time_zone = zone
    assert kinds(recruiter, application, [interviewer], starts_at) == expected


def test_absence_the_candidates_other_interview_and_the_past_are_told(recruiter, interviewer, application):
    Absence.objects.create(user=interviewer, starts_at=TEN - timedelta(days=1), ends_at=TEN + timedelta(days=1))
    other = ApplicationFactory(candidate=application.candidate)
    InterviewFactory(application=other, starts_at=TEN)
    assert kinds(recruiter, application, [interviewer], now=TEN + timedelta(days=1)) == ["past", "away", "candidate"]


def test_what_is_cancelled_declined_or_itself_does_not_clash(recruiter, interviewer, application):
    InterviewFactory(starts_at=TEN, interviewers=[interviewer], status="cancelled")
    InterviewFactory(starts_at=TEN, interviewers=[interviewer]).interviewers.update(response="declined")
    own = InterviewFactory(starts_at=TEN, interviewers=[interviewer], application=application)
    assert kinds(recruiter, application, [interviewer], ignore=own) == []


def test_an_interview_one_may_not_see_is_only_busy(coordinator, recruiter, interviewer, application):
    secret = JobFactory(confidential=True, title="New CEO", team={recruiter: "recruiter"})
    InterviewFactory(
        application=ApplicationFactory(job=secret, candidate__full_name="Famous Person"), starts_at=TEN,
        interviewers=[interviewer], title="CEO talk",
    )  # fmt: skip

    def texts(viewer):
        return " ".join(
            one.text
            for one in availability.clashes(
                starts_at=TEN, ends_at=TEN + timedelta(hours=1), interviewers=[interviewer],
                candidate=application.candidate, viewer=viewer, now=NOON,
            )
        )  # fmt: skip

    assert f"{interviewer.display_name} is busy" in texts(coordinator)
    assert "Famous" not in texts(coordinator)
    assert "CEO" not in texts(coordinator)
    assert "CEO talk with Famous Person" in texts(recruiter)
    # Of the candidate's hidden interviews not even that they exist.
    InterviewFactory(application=ApplicationFactory(job=secret, candidate=application.candidate), starts_at=TEN)
    assert kinds(coordinator, application, []) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_plan_the_same_hour_at_once_the_second_is_told(recruiter, coordinator, interviewer):
    job = JobFactory(team={recruiter: "recruiter"})
    applications = ApplicationFactory.create_batch(2, job=job)
    told = []

    def one(application, by):
        try:
            interviews.schedule(
                application=application, facts=facts(), interviewers=[interviewer], by=by, now=NOON,
                invite_candidate=False,
            )  # fmt: skip
        except Clashes as clash:
            told.append(clash.clashes[0].kind)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=one, args=pair) for pair in zip(applications, (recruiter, coordinator), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Interview.objects.count(), told) == (1, ["busy"])


def test_a_clash_needs_a_yes_and_is_on_record(plan, interviewer, events):
    InterviewFactory(starts_at=TEN, interviewers=[interviewer])
    with pytest.raises(Clashes) as refused:
        plan()
    assert [one.kind for one in refused.value.clashes] == ["busy"]
    assert not Interview.objects.filter(title="Technical interview", created_at=NOON).exists()
    plan(anyway=True)
    assert events("interview.scheduled")[0].changes["anyway"] is True
