"""Mailing what people were told: one mail for all that waits, without a name or a word of what it is about."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from hrassist import notifications
from hrassist.lib import mail
from hrassist.models import Notification, User

logger = logging.getLogger(__name__)

# Whoever sits before the page reads it there first, and what comes together is mailed together.
PAUSE = timedelta(minutes=1)
# What could not be mailed for so long is old news.
OLDEST = timedelta(days=3)
DIGEST_AT = time(7, 0)
MOST_LINES = 20
Choice = User.MailChoice


def send_due(*, now: datetime) -> int:
    """Mail everybody who has something waiting and wants it now; the number of mails that left."""
    waiting = Notification.objects.filter(
        mailed_at__isnull=True, read_at__isnull=True, created_at__gt=now - OLDEST, created_at__lte=now - PAUSE
    )
    users = User.objects.filter(is_active=True, pk__in=waiting.values("user"))
    sent = 0
    for user in users.exclude(email="").order_by("pk"):
        try:
            sent += _mail(user, now=now)
        except mail.MailUnavailable:
            # It waits for the next round, and so do the others: the mail system is away for all of them.
            logger.warning("notifications wait: the mail system does not answer")
            break
    return sent


def latest_digest(user: User, *, now: datetime) -> datetime:
    """The last seven o'clock in the morning where the user lives."""
    try:
        zone = ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    here = now.astimezone(zone)
    today = datetime.combine(here.date(), DIGEST_AT, tzinfo=zone)
    return today if here >= today else datetime.combine(here.date() - timedelta(days=1), DIGEST_AT, tzinfo=zone)


def _due(user: User, *, now: datetime) -> Q:
    """Each kind until the moment that the user chose for it; kinds that are never mailed are left out."""
    due = Q(pk__in=[])
    for choice, until in ((Choice.AT_ONCE, now - PAUSE), (Choice.DAILY, latest_digest(user, now=now))):
        kinds = [kind for kind in Notification.Kind.values if user.mail_choice(kind) == choice]
        due |= Q(kind__in=kinds, created_at__lte=until)
    return due


def _mail(user: User, *, now: datetime) -> int:
    """Claim, look again what the user may still read, send; gives back the claim if the mail system is away.

    The claim is committed before the mail leaves: a worker that is killed between the two loses a mail about something
    that stands in the admin anyway, and nobody is ever mailed the same twice.
    """
    mine = Notification.objects.visible_to(user).filter(mailed_at__isnull=True, read_at__isnull=True)
    ids = list(mine.filter(_due(user, now=now), created_at__gt=now - OLDEST).values_list("pk", flat=True))
    claimed = [pk for pk in ids if Notification.objects.filter(pk=pk, mailed_at__isnull=True).update(mailed_at=now)]
    told = notifications.readable(user, Notification.objects.filter(pk__in=claimed).select_related("by"))
    if not told:
        return 0
    try:
        mail.send(mail.Outgoing(to=user.email, subject=_subject(told), text=_text(user, told)))
    except mail.MailUnavailable:
        _give_back(claimed, claimed_at=now)
        raise
    except mail.MailRefused as error:
        logger.warning("notifications of user %s are not mailed: %s", user.pk, error.message)
        return 0
    return 1


def _give_back(claimed: Iterable[UUID], *, claimed_at: datetime) -> None:
    Notification.objects.filter(pk__in=list(claimed), mailed_at=claimed_at).update(mailed_at=None)


def _subject(told: list[Notification]) -> str:
    if len(told) == 1:
        return f"hrassist: {told[0].get_kind_display()}"
    return f"hrassist: {len(told)} notifications"


def _text(user: User, told: list[Notification]) -> str:
    """Kinds, colleagues and addresses only: mail is read on the way, and names of candidates are not for it."""
    lines = [f"Hello {user.first_name or user.display_name},", ""]
    for one in told[:MOST_LINES]:
        by = f" ({one.by.display_name})" if one.by else ""
        lines += [f"{one.get_kind_display()}{by}", f"  {_link('admin:notification_open', one.pk)}", ""]
    if len(told) > MOST_LINES:
        lines += [f"and {len(told) - MOST_LINES} more.", ""]
    return "\n".join(
        [*lines, f"All notifications: {_link('admin:notifications')}",
         f"When you are mailed is yours to choose: {_link('admin:preferences')}", ""]
    )  # fmt: skip


def _link(name: str, *args: object) -> str:
    return settings.PUBLIC_URL + reverse(name, args=args)
