"""From what somebody sent to an application: once, however often and by however many workers it is tried."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse

from audit import actions as audit
from candidates.actions import candidates as people
from candidates.actions import consents, contacts, uploads
from candidates.models import Candidate, Channel, ConsentRecord, Notice, Resume, UploadTicket
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import Notification, User
from jobs.actions import applications, demographics, intake, job_notices, messages
from jobs.emails.placeholders import first_name
from jobs.emails.render import Unfilled, render
from jobs.models import Application, EmailTemplate, HiringTeamMember, IntakeSubmission, Referral

logger = logging.getLogger(__name__)
State = IntakeSubmission.State
Upload = UploadTicket.State
SOURCE = "application form"
BATCH = 200


def settle_waiting(*, now: datetime) -> int:
    """Try every submission that waits, oldest first; how many ended. One that breaks does not hold up the others."""
    ended = 0
    for pk in IntakeSubmission.objects.waiting().order_by("created_at").values_list("pk", flat=True)[:BATCH]:
        try:
            ended += settle(submission_id=pk, now=now) not in {None, State.WAITING}
        except Exception:
            logger.exception("submission %s could not be settled and waits on", pk)
    return ended


def settle(*, submission_id: UUID, now: datetime) -> str | None:
    """Take one submission as far as its file allows; its state, or None where another worker has it."""
    _confirm_what_arrived(submission_id, now=now)
    with transaction.atomic():
        rows = IntakeSubmission.objects.select_for_update(of=("self",), skip_locked=True)
        one = rows.select_related("job", "link__source", "link__referred_by", "ticket").filter(pk=submission_id).first()
        if one is None:
            return None
        if one.state == State.WAITING:
            _take(one, now=now)
        return one.state


@transaction.atomic
def retry(*, submission: IntakeSubmission, by: User, now: datetime) -> IntakeSubmission:
    """Let one that needs a look be tried again, its file too if that was parked."""
    if not by.has_perm("jobs.change_intakesubmission"):
        raise PermissionDenied("Only recruiters may do this.")
    one = IntakeSubmission.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=submission.pk).first()
    if one is None:
        raise NotFound
    if not one.can_move(State.WAITING):
        raise Conflict("Only a submission that needs a look can be tried again.", code="submission_state")
    if one.ticket is not None and one.ticket.parked_at:
        uploads.retry(ticket_id=one.ticket.pk, by=by, now=now)
    one.state, one.failed_for, one.settled_at = State.WAITING, "", None
    one.save(update_fields=["state", "failed_for", "settled_at"])
    audit.record("submission.retried", target=one, by=by, job=one.job_id)
    return one


def _confirm_what_arrived(submission_id: UUID, *, now: datetime) -> None:
    # Only where a process ended between keeping the form and handing its file over. The store is asked without a lock.
    ticket = UploadTicket.objects.filter(submission=submission_id, state=Upload.ISSUED).first()
    if ticket is None or now > intake.arrival_deadline(ticket):
        return
    try:
        uploads.confirm(ticket_id=ticket.pk, by=ticket.created_by, now=now)
    except DomainError:
        logger.info("submission %s: its file cannot be confirmed yet", submission_id)


def _take(one: IntakeSubmission, *, now: datetime) -> None:
    ticket = one.ticket
    if ticket is None:
        _end(one, State.REJECTED, "The file is no longer stored. Please send it again.", now=now)
    elif ticket.state == Upload.REJECTED:
        _end(one, State.REJECTED, ticket.rejected_message or "The file could not be accepted.", now=now)
    elif ticket.state == Upload.EXPIRED or (ticket.state == Upload.ISSUED and now > intake.arrival_deadline(ticket)):
        _end(one, State.REJECTED, "The file did not arrive in time. Please send it again.", now=now)
    elif ticket.parked_at is not None:
        _end(one, State.FAILED, "The file could not be read in several tries.", now=now)
    elif ticket.state == Upload.AVAILABLE:
        try:
            with transaction.atomic():
                _apply(one, ticket, now=now)
        except DomainError as error:
            _end(one, State.FAILED, error.message, now=now)


def _apply(one: IntakeSubmission, ticket: UploadTicket, *, now: datetime) -> None:
    resume = ticket.result
    if resume is None or resume.candidate is None:
        raise DomainError("The resume that was read is gone.", code="no_resume")
    by, link = intake.owner_of(one.link), one.link
    candidate = _standing(resume.candidate)
    is_new = _came_with(ticket, resume, candidate)
    fresh = True
    try:
        with transaction.atomic():
            application = applications.apply(
                candidate=candidate, job=one.job, by=by, now=now, applied_at=one.created_at,
                source=(link.source.name if link.source else link.label)[:60], credited_to=link.referred_by,
            )  # fmt: skip
    except applications.AlreadyApplied:
        application, fresh = Application.objects.active().get(candidate=candidate, job=one.job), False
    contacts.add(candidate=candidate, by=by, now=now, source=SOURCE, email=one.email, phone=one.phone)
    if is_new:
        # Of somebody whom only this form brought, the form knows the name better than reading does.
        people.update(candidate=candidate, by=by, now=now, facts={"full_name": one.full_name})
    if fresh:
        Application.objects.filter(pk=application.pk).update(tracking_link=link)
        if link.referred_by is not None:
            found = {"referred_by": link.referred_by, "at": now}
            Referral.objects.get_or_create(application=application, defaults=found)
    _keep_what_they_read(one, candidate, now=now)
    one.state, one.candidate, one.application, one.settled_at = State.APPLIED, candidate, application, now
    one.save(update_fields=["state", "candidate", "application", "settled_at"])
    demographics.settle(submission=one, application=application, fresh=fresh)
    audit.record("submission.applied", target=one, by=by, subject=candidate, job=one.job_id, repeated=not fresh)
    _tell(one, application, fresh=fresh, now=now)
    if fresh:
        _say_received(one, application, by=by, now=now)


def _keep_what_they_read(one: IntakeSubmission, candidate: Candidate, *, now: datetime) -> None:
    """The notices that stood on the form, and what they agreed to, as of the moment when they sent it."""
    channel = Channel.REFERRAL if one.link.referred_by_id else Channel.APPLY_FORM
    job_notices.tell(candidate=candidate, job=one.job, notice_ids=one.notices, channel=channel, at=one.consented_at)
    about: dict[str, Any] = {
        "candidate": candidate, "channel": channel, "now": now, "given_at": one.consented_at, "job": one.job_id,
        "evidence": f"Form {one.pk}",
    }  # fmt: skip
    privacy = Notice.objects.filter(pk__in=one.notices, kind=Notice.Kind.PRIVACY).first()
    if privacy is not None:
        consents.give(purpose=ConsentRecord.Purpose.APPLICATION, notice=privacy, **about)
    pool = Notice.objects.filter(pk=one.pool_notice).first() if one.pool_notice else None
    if pool is not None:
        consents.give(purpose=ConsentRecord.Purpose.TALENT_POOL, notice=pool, **about | {"job": None})


def _standing(candidate: Candidate) -> Candidate:
    """Where the person went, should the record have been merged since it was read."""
    while candidate.merged_into is not None:
        candidate = candidate.merged_into
    return candidate


def _came_with(ticket: UploadTicket, resume: Resume, candidate: Candidate) -> bool:
    # Bytes that were known before leave the ticket without a resume of its own: that person was there already.
    own = getattr(ticket, "resume", None)
    return (
        own is not None
        and own.pk == resume.pk
        and candidate.pk == resume.candidate_id
        and ticket.confirmed_at is not None
        and candidate.created_at >= ticket.confirmed_at
        and not candidate.applications.exists()
        and not candidate.resumes.exclude(pk=resume.pk).exists()
    )


def _end(one: IntakeSubmission, to: str, why: str, *, now: datetime) -> None:
    one.state, one.failed_for, one.settled_at = to, why[:300], now
    one.save(update_fields=["state", "failed_for", "settled_at"])
    audit.record(f"submission.{to}", target=one, job=one.job_id)
    if to == State.FAILED:
        notifications.tell(
            users=_recruiters(one),
            kind=Notification.Kind.APPLICATION,
            text=f"An application for {one.job} needs a look",
            url=reverse("admin:jobs_intakesubmission_changelist"),
            now=now,
            job=one.job_id,
        )


def _tell(one: IntakeSubmission, application: Application, *, fresh: bool, now: datetime) -> None:
    did = "applied" if fresh else "applied again"
    notifications.tell(
        users=_recruiters(one),
        kind=Notification.Kind.APPLICATION,
        text=f"{application.candidate} {did} for {one.job}",
        url=reverse("admin:jobs_application_change", args=[application.pk]),
        now=now,
        subject=application.candidate_id,
        job=one.job_id,
    )


def _recruiters(one: IntakeSubmission) -> list[User]:
    team = one.job.team.filter(role=HiringTeamMember.Role.RECRUITER).select_related("user")
    return [member.user for member in team]


def _say_received(one: IntakeSubmission, application: Application, *, by: User, now: datetime) -> None:
    template = EmailTemplate.objects.filter(kind=EmailTemplate.Kind.RECEIVED, active=True).order_by("pk").first()
    if template is None:
        return
    candidate = Candidate.objects.get(pk=application.candidate_id)
    # They are greeted by the name they gave, whatever the reading made of the resume.
    given = {"candidate.first_name": first_name(one.full_name), "candidate.full_name": one.full_name}
    mail = render(template, candidate=candidate, application=application, sender=by, extra=given)
    # An address that is known to be dead gets no mail, a template that asks for what is not known here neither; that is
    # no reason to refuse the application.
    with suppress(messages.NoAddress, Unfilled):
        messages.queue(
            candidate=candidate, application=application, template=template, to=one.email, by=by, now=now,
            subject=mail.subject, body=mail.body,
        )  # fmt: skip
