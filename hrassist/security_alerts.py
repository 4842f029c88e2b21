"""Telling operators when a section of the security page turns serious: at most once a day for each finding."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import datetime, timedelta

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from audit import actions as audit
from hrassist import notifications
from hrassist.admin import security
from hrassist.admin.security import Finding, Level, Section
from hrassist.models import Notification, SecurityAlert, User

logger = logging.getLogger(__name__)

AGAIN = timedelta(days=1)
_NUMBER = re.compile(r"\d+")


def load(section: Section) -> list[Finding]:
    """What a section says, worst first; one that cannot answer says so and takes no other with it."""
    try:
        # A block of its own: what fails in the database must not take the next section with it.
        with transaction.atomic():
            found = section.load()
    except Exception:
        logger.exception("the section %s of the security page fails", section.key)
        return [
            Finding(
                Level.SERIOUS,
                "This section could not be loaded.",
                "Nothing is known about what it watches. The cause stands in the log.",
            )
        ]
    rank = [Level.SERIOUS, Level.NOTICE, Level.GOOD]
    return sorted(found, key=lambda one: rank.index(one.level))


def tell(*, now: datetime) -> int:
    """Tell everybody who may open the page of serious findings not told within a day; the number of findings told."""
    serious = [
        (section, finding)
        for section in security.sections()
        for finding in load(section)
        if finding.level == Level.SERIOUS
    ]
    return _tell_of(serious, now=now)


@transaction.atomic
def _tell_of(serious: list[tuple[Section, Finding]], *, now: datetime) -> int:
    fresh = [(section, finding) for section, finding in serious if _is_due(section, finding, now=now)]
    _end_others({(section.key, digest_of(finding)) for section, finding in serious}, now=now)
    if not fresh:
        return 0
    people = operators()
    for section, finding in fresh:
        notifications.tell(
            users=people,
            kind=Notification.Kind.SECURITY,
            text=f"{section.title}: {finding.what}",
            url=f"{reverse('admin:security')}#{section.key}",
            now=now,
        )
        audit.record("security.alerted", section=section.key, told=len(people))
    return len(fresh)


def operators() -> list[User]:
    """Everybody who may open the security page."""
    permission = Permission.objects.filter(content_type__app_label="hrassist", codename="view_security")
    allowed = Q(is_superuser=True) | Q(groups__permissions__in=permission) | Q(user_permissions__in=permission)
    return list(User.objects.filter(allowed, is_active=True, is_staff=True).distinct().order_by("pk"))


def digest_of(finding: Finding) -> str:
    """What makes two findings one: the sentence without its numbers."""
    return hashlib.sha256(_NUMBER.sub("#", finding.what).encode()).hexdigest()


def _is_due(section: Section, finding: Finding, *, now: datetime) -> bool:
    key = {"section": section.key[:40], "digest": digest_of(finding)}
    alert, new = SecurityAlert.objects.select_for_update().get_or_create(
        **key, defaults={"what": finding.what[:300], "first_seen_at": now, "last_told_at": now}
    )
    # One that went and came back within the day is not told a second time: a flapping check is one alarm.
    due = new or now - alert.last_told_at >= AGAIN
    alert.what, alert.over_at = finding.what[:300], None
    if due:
        alert.last_told_at = now
    alert.save(update_fields=["what", "over_at", "last_told_at"])
    return due


def _end_others(found: set[tuple[str, str]], *, now: datetime) -> None:
    for alert in SecurityAlert.objects.filter(over_at=None):
        if (alert.section, alert.digest) not in found:
            alert.over_at = now
            alert.save(update_fields=["over_at"])
