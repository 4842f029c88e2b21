"""The audit trail on the operators' security page: is it sealed, copied, verified, and safe from ourselves?"""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from audit.actions import seals, upkeep
from audit.admin.seals import last_verified
from audit.models import Event
from hrassist import databases
from hrassist.admin import security
from hrassist.admin.security import Finding, Level, Section

STALE = timedelta(days=31)


def load() -> list[Finding]:
    """What is wrong with the trail, and how well it stands otherwise."""
    page = reverse("admin:audit_seal_changelist")
    found = [
        Finding(LEVELS.get(kind, Level.NOTICE), text, ADVICE.get(kind, ""), page) for kind, text in upkeep.troubles()
    ]
    standing = databases.standing()
    if not standing.is_safe:
        found.append(
            Finding(
                Level.SERIOUS,
                f"The application could rewrite its own trail: {standing.in_words()}.",
                "Give it a role of its own: docs/audit.md, “Roles of the database”.",
            )
        )
    found += _verified(page)
    late = seals.lag()
    if late.last is not None and not late.is_late:
        found.append(
            Finding(Level.GOOD, f"Seal {late.last.seq:,} was made {late.last.sealed_at:%d %b %H:%M} UTC.", "", page)
        )
    return found


# What takes the proof away is serious; what only delays it is not yet.
LEVELS = {"no_key": Level.SERIOUS, "late": Level.SERIOUS}
ADVICE = {
    "no_key": "manage.py audit_key --new /etc/hrassist/audit.pem, and name it in HRASSIST_AUDIT_KEY_FILE.",
    "late": "See that the worker runs, and that no transaction has been open for long (pg_stat_activity).",
    "clock": "Set the clock (NTP).",
}


def _verified(page: str) -> list[Finding]:
    verified = last_verified()
    advice = "Run manage.py audit_verify --anchors, and see why its timer did not."
    if verified is None:
        return [Finding(Level.NOTICE, "The audit trail was never verified.", advice, page)]
    if verified.outcome != Event.Outcome.ALLOW:
        what = verified.reason_code.replace("_", " ")
        where = reverse("admin:audit_event_change", args=[verified.pk])
        return [Finding(Level.SERIOUS, f"The audit trail is not whole: {what}.", "The entry names the row.", where)]
    if timezone.now() - verified.ts > STALE:
        return [Finding(Level.NOTICE, f"The audit trail was last verified on {verified.ts:%d %b %Y}.", advice, page)]
    return [Finding(Level.GOOD, f"The audit trail was whole on {verified.ts:%d %b %Y}.", "", page)]


security.add(Section(key="audit", title="Audit trail", load=load, order=20))
