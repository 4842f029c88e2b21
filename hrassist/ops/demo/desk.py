"""What the demo's recruiter finds in the morning: decisions begun, times kept free, and notifications to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from hrassist import notifications
from hrassist.lib import local_time
from hrassist.models import Notification, User
from hrassist.ops.demo.interviews import ZONE
from jobs.actions import absences, reviews
from jobs.models import Absence, Application, HumanDecision, Stage

Kind = Notification.Kind
# What is still to be read; of everything else only the newest.
UNREAD = {Kind.MENTION, Kind.MESSAGE_FAILED, Kind.SCORECARD_DUE, Kind.APPLICATION}
NEWEST = 4
MAYBES = 3
# Who (0 the recruiter, 1 the manager), in how many days, from and to which hour, and why.
AWAY = ((0, 3, 12, 17, "Dentist"), (1, 1, 8, 12, "Budget round"), (1, 12, 8, 18, "Leave"))


def ensure(*, by: User, manager: User, now: datetime) -> None:
    """Add what is missing; once something was read, decided or entered, it is left alone."""
    if not HumanDecision.objects.filter(by=by).exists():
        first = Application.objects.active().filter(stage__kind=Stage.Kind.APPLIED, job__status="open")
        for application in first.order_by("-applied_at", "pk")[MAYBES : 2 * MAYBES]:
            note = "Good, but wait for the others of this week."
            reviews.decide(application=application, verdict=HumanDecision.Verdict.MAYBE, note=note, by=by, now=now)
    if not Absence.objects.filter(user__in=(by, manager)).exists():
        _keep_free((by, manager), by=by, now=now)
    told = Notification.objects.visible_to(by)
    if not told.filter(read_at__isnull=False).exists():
        older = told.exclude(kind__in=UNREAD).order_by("-created_at", "-id").values_list("pk", flat=True)[NEWEST:]
        for key in list(older):
            notifications.mark_read(user=by, now=now, only=key)


def _keep_free(users: Sequence[User], *, by: User, now: datetime) -> None:
    for who, days, since, until, note in AWAY:
        day = now.date() + timedelta(days=days)
        absences.enter(
            user=users[who], starts_at=local_time.moment(day, time(since), zone_name=ZONE),
            ends_at=local_time.moment(day, time(until), zone_name=ZONE), note=note, by=by, now=now,
        )  # fmt: skip
