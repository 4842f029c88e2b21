"""People who come in by themselves: a link, a form, a file, and an application once the file is read."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from procrastinate.contrib.django import app

from audit import actions as audit
from candidates.actions import uploads
from candidates.models import UploadTicket
from hrassist.lib import limits, storage
from hrassist.lib.errors import DomainError, Gone
from hrassist.lib.limits import TooFast
from hrassist.models import User
from jobs.actions import job_notices
from jobs.models import HiringTeamMember, IntakeSubmission, Job, RecruitmentDrive, TrackingLink

if TYPE_CHECKING:
    from hrassist.lib.storage import SignedUpload

State = IntakeSubmission.State
# Defined by name, as it stands above the actions that it calls.
SETTLE = "hrassist.tasks.settle_submission"
UPLOAD = "candidates.add_uploadticket"
_SALT = "hrassist.intake"
# How long a form may stay open, and how soon nobody can have filled it.
FORM_LASTS = timedelta(hours=12)
FORM_TAKES = timedelta(seconds=3)
CONSENT = (
    "I agree that my details and my resume are stored and read to decide on this application. I can ask at any time "
    "what is stored about me, and have it erased."
)


class LinkClosed(Gone):
    """Nobody can apply here, or not any more."""

    code = "link_closed"
    default_message = "This link is closed: it takes no applications any more."


class BadForm(DomainError):
    """The form cannot be taken as it is; `fields` says what to mend."""

    code = "bad_form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the form brings back: which upload it was given, through which link, and the sender's own secret."""

    ticket: UUID
    link: UUID
    secret: str


def require_pace(name: str, who: str) -> None:
    """Take one of the allowed requests of this address or link. Raises TooFast."""
    limits.require(f"intake:{name}", who)


def jobs_of(link: TrackingLink, *, now: datetime) -> list[Job]:
    """The jobs for which people can apply through this link now. Raises LinkClosed where there is none."""
    if link.closed_at is not None or (link.expires_at is not None and link.expires_at <= now):
        raise LinkClosed
    public = Job.objects.open().filter(confidential=False)
    if link.job_id is not None:
        found = list(public.filter(pk=link.job_id))
    else:
        drive = link.drive
        if drive is None or drive.status == RecruitmentDrive.Status.ENDED or drive.ends_on < now.date():
            raise LinkClosed("This drive has ended. Thank you for your interest.")
        if drive.status == RecruitmentDrive.Status.PLANNED or drive.starts_on > now.date():
            raise LinkClosed(f"You can apply here from {drive.starts_on:%d %B %Y} on. Come back then.", code="not_yet")
        found = list(public.filter(drive_jobs__drive=drive).order_by("title"))
    if not found:
        raise LinkClosed("The position is filled, or takes no applications at the moment.")
    return found


def begun(now: datetime) -> str:
    """What a form carries to tell when it was opened."""
    return signing.dumps(now.timestamp(), salt=f"{_SALT}.begun")


def require_person(*, began: str, honey: str, now: datetime) -> None:
    """Refuse what fills a field that nobody sees, or comes sooner or later than a person would. Raises BadForm."""
    try:
        opened = float(signing.loads(began, salt=f"{_SALT}.begun"))
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadForm("This form is not ours or is damaged. Load the page again.", code="bad_form") from error
    age = now.timestamp() - opened
    if age > FORM_LASTS.total_seconds():
        raise BadForm("This page was open for too long. Load it again, then send the form.", code="form_too_old")
    if honey or age < FORM_TAKES.total_seconds():
        raise BadForm("This came faster than a person fills a form. Wait a moment and send it again.", code="too_fast")


def owner_of(link: TrackingLink) -> User:
    """On whose behalf files come in: who made the link, or a recruiter of the job where that one may not upload."""
    candidates = [link.created_by]
    if link.job_id is not None:
        team = HiringTeamMember.objects.filter(job_id=link.job_id).select_related("user").order_by("created_at")
        candidates += [member.user for member in team]
        candidates += [link.job.created_by] if link.job and link.job.created_by else []
    elif link.drive is not None:
        candidates.append(link.drive.created_by)
    # Superusers aside, has_perm is false for accounts that were switched off.
    for user in candidates:
        if user.is_active and user.has_perm(UPLOAD):
            return user
    raise LinkClosed("Files cannot be taken here at the moment. Please write to us instead.", code="no_owner")


def issue_ticket(
    *, link: TrackingLink, filename: str, size: int, content_type: str, md5: str, now: datetime
) -> tuple[UploadTicket, SignedUpload, str]:
    """Permit a visitor one upload on behalf of the link's owner; the text is what the form brings back."""
    jobs_of(link, now=now)
    try:
        ticket, signed = uploads.issue(
            by=owner_of(link), filename=filename, size=size, content_type=content_type, md5=md5, now=now
        )
    except uploads.TooManyUploads as error:
        # Whose quota it is, and how large, is nobody's business out there.
        raise TooFast(seconds=60) from error
    proof = signing.dumps(
        {"t": str(ticket.pk), "l": str(link.pk), "s": secrets.token_urlsafe(24)}, salt=f"{_SALT}.proof"
    )
    return ticket, signed, proof


def read_proof(text: str, *, link: TrackingLink) -> Proof:
    """What was handed out with a ticket of this link. Raises BadForm for anything else."""
    try:
        said = signing.loads(text, salt=f"{_SALT}.proof", max_age=FORM_LASTS)
        proof = Proof(ticket=UUID(said["t"]), link=UUID(said["l"]), secret=str(said["s"]))
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise BadForm("Choose your resume.", fields={"resume": ["Choose your resume, and wait until it is uploaded."]},
                      code="no_file") from error  # fmt: skip
    if proof.link != link.pk:
        raise BadForm("This file was uploaded for another form. Choose it again.", code="no_file")
    return proof


def submit(
    *,
    link: TrackingLink,
    job_id: UUID | None,
    full_name: str,
    email: str,
    phone: str,
    message: str,
    consents: bool,
    proof: Proof,
    now: datetime,
    language: str = "",
    keeps: bool = False,
    read: Collection[str] = (),
) -> tuple[IntakeSubmission, str]:
    """Keep what somebody sent and have their file read; the text opens their page. Sending it again changes nothing.

    The notices that stood on the form in `language` are kept with it; `keeps` is their wish to be considered for later
    jobs too. `read` are the digests of the texts that the form showed: one that has a new version since is read first.

    Raises LinkClosed, and BadForm with a sentence for each field.
    """
    earlier = IntakeSubmission.objects.filter(ticket=proof.ticket).first()
    if earlier is not None:
        return earlier, proof.secret
    job = next((one for one in jobs_of(link, now=now) if one.pk == job_id or (job_id is None and link.job_id)), None)
    job = _require_form(job=job, full_name=full_name, email=email, consents=consents)
    ticket = UploadTicket.objects.filter(pk=proof.ticket).first()
    if ticket is None or now > arrival_deadline(ticket) or storage.incoming().head(ticket.key) is None:
        raise BadForm("Your file did not arrive. Choose it again.", code="no_file",
                      fields={"resume": ["Your file did not arrive. Choose it again."]})  # fmt: skip
    shown = job_notices.kept_of_job(job, language=language, now=now)
    if read and not {one.sha256 for one in shown} <= set(read):
        raise BadForm("What we tell you about your data has changed while you wrote. Read it, and send the form again.",
                      code="notices_changed")  # fmt: skip
    told = [str(one.pk) for one in shown]
    pool = job_notices.kept_pool_consent(language=language, now=now).pk if keeps else None
    try:
        with transaction.atomic():
            one = IntakeSubmission.objects.create(
                link=link, job=job, full_name=" ".join(full_name.split())[:200], email=email.strip().lower(),
                phone=" ".join(phone.split())[:40], message=message.strip()[:1000], consented_at=now,
                consent_text=CONSENT, ticket=ticket, secret_digest=digest(proof.secret), created_at=now,
                notices=told, pool_notice=pool,
            )  # fmt: skip
            audit.record("submission.received", target=one, job=job, notices=len(told))
    except IntegrityError:
        # The same form, sent twice at the same moment.
        return IntakeSubmission.objects.get(ticket=ticket), proof.secret
    # After the row: should this process end here, the worker finds the row and confirms in its place.
    uploads.confirm(ticket_id=ticket.pk, by=ticket.created_by, now=now)
    app.configure_task(SETTLE, queue="upkeep", allow_unknown=True).defer(submission_id=str(one.pk))
    return one, proof.secret


def of_secret(secret: str) -> IntakeSubmission | None:
    """The submission whose sender knows this secret."""
    rows = IntakeSubmission.objects.select_related("job", "link", "ticket", "application")
    return rows.filter(secret_digest=digest(secret)).first() if secret else None


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def is_repeat(one: IntakeSubmission) -> bool:
    """Whether the application that it became was there before it."""
    if one.application is None:
        return False
    others = IntakeSubmission.objects.filter(application=one.application).exclude(pk=one.pk)
    return (
        one.application.created_at < one.created_at
        or others.filter(
            Q(settled_at__lt=one.settled_at) | Q(settled_at=one.settled_at, created_at__lt=one.created_at)
        ).exists()
    )


def _require_form(*, job: Job | None, full_name: str, email: str, consents: bool) -> Job:
    wrong: dict[str, list[str]] = {}
    if job is None:
        wrong["job"] = ["Choose what you apply for."]
    if not full_name.strip():
        wrong["full_name"] = ["Write your name."]
    try:
        validate_email(email.strip())
    except ValidationError:
        wrong["email"] = ["Write an e-mail address at which you can be reached."]
    if not email.isascii():
        wrong["email"] = ["Write an address of plain letters and digits."]
    if not consents:
        wrong["consents"] = ["Without this we may not keep your application."]
    if wrong or job is None:
        raise BadForm("Something is missing: " + " ".join(sentence for one in wrong.values() for sentence in one),
                      fields=wrong)  # fmt: skip
    return job


def arrival_deadline(ticket: UploadTicket) -> datetime:
    """Until when a file that was announced may still be confirmed."""
    return ticket.expires_at + settings.UPLOAD_CONFIRM_GRACE
