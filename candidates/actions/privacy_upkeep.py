"""What has to happen with requests and rules although nobody asks: taken up again, told, tidied."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from audit import actions as audit
from candidates import disclosure
from candidates.actions import retention
from candidates.models import DataExport, Erasure
from candidates.tasks import make_data_export, run_erasure
from hrassist import notifications
from hrassist.models import Notification, User

FORGOTTEN = timedelta(minutes=10)


def daily(*, now: datetime) -> retention.Applied:
    """The rules, then what belongs to nobody, then the forecast and the reminders."""
    done = retention.apply(now=now)
    retention.forget_leftovers(now=now)
    retention.forecast(now=now)
    retention.remind(now=now)
    return done


def often(*, now: datetime) -> None:
    for pk in _without_task(Erasure.objects.to_run(now=now - timedelta(minutes=1)), "erasure_id", run_erasure.name):
        run_erasure.defer(erasure_id=pk)
    stalled = DataExport.objects.filter(
        Q(state=DataExport.State.WAITING, requested_at__lt=now - FORGOTTEN)
        | Q(state=DataExport.State.MAKING, started_at__lt=now - FORGOTTEN)
    )
    for pk in _without_task(stalled, "data_export_id", make_data_export.name):
        make_data_export.defer(data_export_id=pk)
    disclosure.expire(now=now)
    tell_overdue(now=now)


def _without_task(rows: QuerySet[Any], argument: str, task: str) -> list[str]:
    """Of these rows, those that no task of the queue will take up."""
    ids = [str(pk) for pk in rows.values_list("pk", flat=True)[:500]]
    alive = ProcrastinateJob.objects.filter(
        task_name=task, status__in=["todo", "doing"], **{f"args__{argument}__in": ids}
    )
    has = {args[argument] for args in alive.values_list("args", flat=True)} if ids else set()
    return [pk for pk in ids if pk not in has]


def tell_overdue(*, now: datetime) -> int:
    """Tell those who answer for requests, once for each, that one is past its date; gives how many requests."""
    late: list[Erasure | DataExport] = [
        *Erasure.objects.overdue(now=now).filter(overdue_told_at__isnull=True),
        *DataExport.objects.overdue(now=now).filter(overdue_told_at__isnull=True),
    ]
    if not late:
        return 0
    people = list(_officers())
    for one in late:
        what = "An erasure" if isinstance(one, Erasure) else "A copy of somebody's data"
        notifications.tell(
            users=people, kind=Notification.Kind.PRIVACY,
            text=f"{what} is overdue since {one.due_at:%-d %B %Y}.",
            url=reverse("admin:privacy_requests"), now=now, subject=one.candidate_id,
        )  # fmt: skip
        type(one).objects.filter(pk=one.pk).update(overdue_told_at=now)
        audit.record("privacy.overdue", target=one, subject=one.candidate_id)
    return len(late)


def _officers() -> Iterable[User]:
    """Who may place holds answers for requests: privacy officers, and superusers where there is none."""
    right = Permission.objects.filter(codename="add_legalhold", content_type__app_label="candidates")
    officers = User.objects.filter(
        Q(groups__permissions__in=right) | Q(user_permissions__in=right), is_active=True
    ).distinct()
    return officers if officers.exists() else User.objects.filter(is_superuser=True, is_active=True)
