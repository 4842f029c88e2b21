"""The story of one person as the audit log tells it: who saw what, who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from audit.models import Event
from candidates.models import Candidate, CandidateMerge
from hrassist import notifications
from hrassist.admin.paging import CURSOR_VAR
from hrassist.models import User

PAGE = 50
# What a read is called in the log; everything else changed something.
SEEN = Q(action__endswith="viewed") | Q(action__endswith="downloaded") | Q(action__endswith="searched")
FILTERS = {"": "Everything", "seen": "Seen", "changed": "Changed"}


@dataclass(frozen=True, slots=True)
class Line:
    """One event with the name of who it was, as they are called now."""

    event: Event
    name: str
    key: str


def page(request: HttpRequest, candidate: Candidate) -> dict[str, Any]:
    """One page of the events about this person, newest first, and the addresses of the next and the previous one."""
    wanted = request.GET.get("show", "")
    wanted = wanted if wanted in FILTERS else ""
    about = Event.objects.filter(subject_ref__in=_references(candidate))
    rows = about.exclude(job_id__in=_hidden_jobs(request.user, about))
    if wanted:
        rows = rows.filter(SEEN) if wanted == "seen" else rows.exclude(SEEN)
    side, _, start = request.GET.get(CURSOR_VAR, "").partition(".")
    # A number that no event can have would be an error of the database, not an empty page.
    at = int(start) if start.isdigit() and len(start) < 19 else None
    newer = at is not None and side == "newer"
    if at is not None:
        rows = rows.filter(id__gt=at) if newer else rows.filter(id__lt=at)
    found = list(rows.order_by("id" if newer else "-id")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    if newer:
        found.reverse()
    return {
        "lines": _named(found),
        "filters": [(name, label, name == wanted) for name, label in FILTERS.items()],
        "shown": wanted,
        "page": {
            "newer": _address(wanted, "newer", found[0].pk) if found and (more if newer else at is not None) else "",
            "older": _address(wanted, "older", found[-1].pk) if found and (more or newer) else "",
        },
    }


def _references(candidate: Candidate) -> list[str]:
    """The identifiers under which the log speaks of this person: also those of records that were merged into theirs."""
    known, fresh = {candidate.pk}, [candidate.pk]
    while fresh:
        rows = CandidateMerge.objects.filter(kept__in=fresh, undone_at__isnull=True)
        fresh = [pk for pk in rows.values_list("gone_id", flat=True) if pk not in known]
        known.update(fresh)
    return [str(pk) for pk in known]


def _hidden_jobs(user: Any, rows: QuerySet[Event]) -> list[str]:
    """Jobs of which the user may not know that this person has to do with them."""
    known = set(rows.exclude(job_id="").order_by().values_list("job_id", flat=True).distinct())
    ids = {one: job for one in known if (job := _uuid(one)) is not None}
    seen = notifications.seen_of("job_ref", user, set(ids.values()))
    return [one for one in known if ids.get(one) not in seen]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _named(events: list[Event]) -> list[Line]:
    numbers = {int(event.actor_id) for event in events if event.actor_id.isdigit()}
    names = {str(user.pk): user.display_name for user in User.objects.filter(pk__in=numbers)}
    return [Line(event, _name(event, names), event.actor_id) for event in events]


def _name(event: Event, names: dict[str, str]) -> str:
    if event.actor_type == Event.ActorType.SERVICE:
        return "The system"
    name = names.get(event.actor_id) or event.actor_display or event.get_actor_type_display()
    return f"{name} (by a program)" if event.actor_type == Event.ActorType.TOKEN else name


def _address(wanted: str, side: str, at: int) -> str:
    return f"?{f'show={wanted}&' if wanted else ''}{CURSOR_VAR}={side}.{at}"
