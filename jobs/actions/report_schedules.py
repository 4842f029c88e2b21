"""Reports that come by themselves: set up, changed, paused; each recipient gets their own, by a link."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError, NotFound
from jobs.actions import report_documents
from jobs.models import Job, RecruitmentDrive, ReportRecipient, ReportSchedule
from jobs.models.report_document import NEEDED, ReportKind
from jobs.models.report_schedule import SCHEDULED_KINDS, WEEKDAYS

if TYPE_CHECKING:
    from hrassist.models import User

logger = logging.getLogger(__name__)
Every = ReportSchedule.Every
MOST_RECIPIENTS = 50
MONTH_DAYS = range(1, 29)


@transaction.atomic
def create(
    *, kind: str, about: Any, every: str, day: int, recipients: Collection[User], by: User, now: datetime
) -> ReportSchedule:  # fmt: skip
    """Have a report made every week or month; `about` is a job or drive where its kind needs one."""
    if not by.has_perm("jobs.add_reportschedule"):
        raise PermissionDenied
    schedule = ReportSchedule(kind=kind, every=every, day=day, created_by=by, created_at=now)
    _put_about(schedule, about, by=by)
    _require_sense(schedule, recipients)
    schedule.next_on = schedule.first_after(timezone.localdate(now))
    schedule.save()
    _write_recipients(schedule, recipients)
    _record("report_schedule.created", schedule, by=by, every=every, recipients=len(recipients))
    return schedule


@transaction.atomic
def change(
    *, schedule: ReportSchedule, every: str, day: int, recipients: Collection[User], by: User, now: datetime,
    expected_updated_at: str = "",
) -> ReportSchedule:  # fmt: skip
    """Change when it comes and to whom. Raises Conflict where somebody changed it meanwhile."""
    row = _locked(schedule, by, needed="jobs.change_reportschedule")
    if expected_updated_at and row.updated_at.isoformat() != expected_updated_at:
        raise Conflict(
            "Somebody changed this schedule since you opened it. Look at it again before you save.",
            code="schedule_changed",
        )
    row.every, row.day = every, day
    _require_sense(row, recipients)
    row.next_on = row.first_after(timezone.localdate(now))
    row.save()
    _write_recipients(row, recipients)
    _record("report_schedule.changed", row, by=by, every=every, recipients=len(recipients))
    return row


@transaction.atomic
def pause(*, schedule: ReportSchedule, by: User, now: datetime) -> ReportSchedule:
    row = _locked(schedule, by, needed="jobs.change_reportschedule")
    if row.paused_at is None:
        row.paused_at = now
        row.save()
        _record("report_schedule.paused", row, by=by)
    return row


@transaction.atomic
def resume(*, schedule: ReportSchedule, by: User, now: datetime) -> ReportSchedule:
    """Let it come again, from its next day on: what fell into the pause is not made up for."""
    row = _locked(schedule, by, needed="jobs.change_reportschedule")
    if row.paused_at is not None:
        row.paused_at, row.next_on = None, row.first_after(timezone.localdate(now))
        row.save()
        row.places.update(failed_for="")
        _record("report_schedule.resumed", row, by=by)
    return row


@transaction.atomic
def delete(*, schedule: ReportSchedule, by: User) -> None:
    """Reports that it made stay with whom they were made for."""
    row = _locked(schedule, by, needed="jobs.delete_reportschedule")
    _record("report_schedule.deleted", row, by=by)
    row.delete()


@transaction.atomic
def leave(*, schedule: ReportSchedule, by: User) -> None:
    """Not to get it any more: everybody's own choice."""
    row = ReportSchedule.objects.visible_to(by).filter(pk=schedule.pk).first()
    if row is None or not row.places.filter(user=by).delete()[0]:
        raise NotFound("You do not get this report.")
    _record("report_schedule.left", row, by=by)


def run_due(*, now: datetime) -> int:
    """Ask for every report that is due, once for its day; gives how many were asked for."""
    today = timezone.localdate(now)
    due = list(ReportSchedule.objects.due(today=today).values_list("pk", flat=True)[:500])
    return sum(_run(schedule_id, now=now, today=today) for schedule_id in due)


@transaction.atomic
def _run(schedule_id: UUID, *, now: datetime, today: date) -> int:
    rows = ReportSchedule.objects.due(today=today).select_for_update(of=("self",), skip_locked=True)
    row = rows.select_related("job", "drive").filter(pk=schedule_id).first()
    if row is None:
        return 0
    if over := _over(row):
        row.paused_at = now
        row.save()
        row.places.update(failed_for=over)
        _record("report_schedule.paused", row, by=None)
        return 0
    period = row.period(row.next_on)
    asked = 0
    for place in row.places.select_related("user"):
        why = _ask_for(row, place.user, period, now=now)
        asked += not why
        if why:
            ReportRecipient.objects.filter(pk=place.pk).update(failed_for=why)
    row.last_run_at, row.next_on = now, row.first_after(today)
    # Not a change that somebody's open form has to be told of.
    ReportSchedule.objects.filter(pk=row.pk).update(last_run_at=now, next_on=row.next_on)
    _record("report_schedule.ran", row, by=None, asked=asked)
    return asked


def _over(row: ReportSchedule) -> str:
    """Why there is nothing to report on any more; empty while there is."""
    if row.job is not None and row.job.status in (Job.Status.CLOSED, Job.Status.ARCHIVED):
        return "The job is closed: this rests until the job is open again and somebody lets it go on."
    if row.drive is not None and row.drive.status == RecruitmentDrive.Status.ENDED:
        return "The drive has ended: this rests until it runs again and somebody lets it go on."
    return ""


def _ask_for(row: ReportSchedule, user: User, period: tuple[date, date], *, now: datetime) -> str:
    """Ask with the recipient's own rights; gives why it could not be."""
    since, until = period if row.kind in (ReportKind.MONTHLY, ReportKind.BIAS) else (None, None)
    if not user.may_sign_in(now=now):
        return "Has no active account."
    try:
        with transaction.atomic():
            report_documents.ask(
                kind=row.kind, about=row.job or row.drive, since=since, until=until, by=user, now=now, schedule=row
            )
    except PermissionDenied:
        return "May not have this kind of report."
    except NotFound:
        return "Does not see what it is about."
    except DomainError as error:
        return error.message[:300]
    return ""


def _put_about(schedule: ReportSchedule, about: Any, *, by: User) -> None:
    if schedule.kind not in SCHEDULED_KINDS:
        raise DomainError("Choose which report is to come by itself.", code="no_kind", fields={"kind": ["Choose one."]})
    if not by.has_perms(NEEDED[schedule.kind]):
        raise PermissionDenied
    if schedule.kind == ReportKind.JOB:
        schedule.job = _seen(Job, about, by=by, field="job", missing="Choose the job.")
    elif schedule.kind == ReportKind.DRIVE:
        schedule.drive = _seen(RecruitmentDrive, about, by=by, field="drive", missing="Choose the drive.")


def _seen(model: Any, about: Any, *, by: User, field: str, missing: str) -> Any:
    found = model.objects.visible_to(by).filter(pk=about.pk).first() if isinstance(about, model) else None
    if found is None:
        raise DomainError(missing, code="no_subject", fields={field: [missing]})
    return found


def _require_sense(schedule: ReportSchedule, recipients: Collection[User]) -> None:
    if schedule.every not in Every.values:
        raise DomainError("Choose every week or every month.", code="no_rhythm")
    days = range(len(WEEKDAYS)) if schedule.every == Every.WEEK else MONTH_DAYS
    if schedule.day not in days:
        raise DomainError("Choose a weekday, or a day of the month from 1 to 28.", code="no_day")
    if not recipients:
        raise DomainError(
            "Choose who gets it.", code="no_recipients", fields={"recipients": ["Choose at least one colleague."]}
        )
    if len(recipients) > MOST_RECIPIENTS:
        raise DomainError(f"A report goes to {MOST_RECIPIENTS} colleagues at most.", code="many_recipients")


def _write_recipients(schedule: ReportSchedule, recipients: Collection[User]) -> None:
    """Who stays keeps what became of their last one."""
    wanted = {user.pk for user in recipients}
    schedule.places.exclude(user__in=wanted).delete()
    known = set(schedule.places.values_list("user", flat=True))
    ReportRecipient.objects.bulk_create(ReportRecipient(schedule=schedule, user_id=pk) for pk in sorted(wanted - known))


def _locked(schedule: ReportSchedule, by: User, *, needed: str) -> ReportSchedule:
    if not by.has_perm(needed):
        raise PermissionDenied
    if not ReportSchedule.objects.visible_to(by).filter(pk=schedule.pk).exists():
        raise NotFound
    return ReportSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)


def _record(action: str, schedule: ReportSchedule, *, by: User | None, **changes: Any) -> None:
    audit.record(action, target=schedule, by=by, job=schedule.job_id, kind=schedule.kind, **changes)
