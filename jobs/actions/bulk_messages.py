"""One mail to many people: filled in for each of them, queued by long work that may begin again without harm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from audit import actions as audit
from hrassist import long_tasks
from hrassist.lib.errors import DomainError
from hrassist.lib.outcomes import Refusals
from hrassist.models import LongTask
from jobs.actions import messages
from jobs.emails.placeholders import Scene
from jobs.emails.render import Rendered, check, fill
from jobs.models import Application, EmailTemplate

if TYPE_CHECKING:
    from hrassist.models import User

KIND = "jobs.bulk_mail"
MOST = 500


@transaction.atomic
def start(
    *,
    applications: Sequence[Application],
    subject: str,
    body: str,
    by: User,
    now: datetime,
    template: EmailTemplate | None = None,
    send_at: datetime | None = None,
) -> LongTask:
    """Begin to write to everybody behind these applications, each once; the subject and body hold placeholders.

    Raises DomainError for nobody, too many, an unknown placeholder, or more than the sender's mails of a day.
    """
    people = {one.candidate_id: one for one in applications}
    if not people:
        raise DomainError("Choose at least one person to write to.", code="nobody")
    if len(people) > MOST:
        raise DomainError("At most {most} people at once; these are {count}.", code="too_many", most=MOST,
                          count=len(people))  # fmt: skip
    check(subject=subject, body=body)
    if not subject.strip() or not body.strip():
        raise DomainError("A mail has a subject and a text.", code="empty_mail")
    left = messages.left_today(by, now=now)
    if left < len(people):
        raise DomainError("You may write {left} more mails today; these are {count}.", code="too_many_mails",
                          left=left, count=len(people))  # fmt: skip
    task = long_tasks.start(
        kind=KIND,
        title=f"Mail to {len(people)} people",
        params={
            "applications": [str(one.pk) for one in people.values()],
            "subject": subject,
            "body": body,
            "template": template.pk if template else None,
            "send_at": send_at.isoformat() if send_at else "",
        },
        by=by,
        now=now,
        total=len(people),
    )
    audit.record("message.bulk_started", target=task, by=by, count=len(people))
    return task


def mail_to(application: Application, *, subject: str, body: str, by: User, language: str) -> Rendered:
    """What this one would get; the job, stage and person are those of the application."""
    scene = Scene(candidate=application.candidate, application=application, sender=by, language=language)
    return fill(subject=subject, body=body, scene=scene)


@long_tasks.work(KIND)
def write_to_everybody(progress: long_tasks.Progress) -> dict[str, Any]:
    """Queue one mail each; whoever cannot be written to is named with the reason."""
    params, by = progress.params, progress.by
    template = EmailTemplate.objects.filter(pk=params["template"]).first() if params["template"] else None
    send_at = datetime.fromisoformat(params["send_at"]) if params["send_at"] else None
    queued, refusals = 0, Refusals("jobs.application")
    for done, key in enumerate(params["applications"], 1):
        try:
            _write_to(key, progress=progress, template=template, send_at=send_at, by=by)
        except DomainError as error:
            refusals.add(key, error.message)
        else:
            queued += 1
        progress.at(done, queued=queued, **refusals.as_result())
    return {"queued": queued, **refusals.as_result()}


def _write_to(
    key: str, *, progress: long_tasks.Progress, template: EmailTemplate | None, send_at: datetime | None, by: User
) -> None:
    # What the sender sees and may do is asked again for each: hours may lie between the page and this.
    seen = Application.objects.visible_to(by).select_related("candidate", "job", "stage").filter(pk=key).first()
    if seen is None or not by.has_perm("jobs.add_message"):
        raise DomainError("You do not see this application any more.", code="hidden")
    language = template.language if template else "en"
    made = mail_to(seen, subject=progress.params["subject"], body=progress.params["body"], by=by, language=language)
    messages.queue(
        candidate=seen.candidate, application=seen, subject=made.subject, body=made.body, by=by, now=timezone.now(),
        template=template, send_at=send_at,
        # The same for the same work and person: a second run finds what the first one queued.
        key=uuid5(UUID(str(progress.task.pk)), key),
    )  # fmt: skip
