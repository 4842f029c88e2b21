"""The copy as one document: who it is about, every section, who looked at it, and what is not given and why."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from audit.models import Event
from candidates.models import disclosing
from candidates.models.disclosing import Colleagues, told
from candidates.models.erasing import Person

# Raised with every change that a program which reads the document has to know of; docs/privacy.md describes it.
SCHEMA_VERSION = 1
ACTORS = {
    Event.ActorType.USER: "a colleague",
    Event.ActorType.TOKEN: "a program of ours",
    Event.ActorType.SERVICE: "our own upkeep",
    Event.ActorType.COMMAND: "an operator",
}


def document_of(person: Person) -> dict[str, Any]:
    """Everything, as JSON can hold it."""
    colleagues = Colleagues()
    return {
        "schema_version": SCHEMA_VERSION,
        "organisation": settings.COMPANY_NAME,
        "made_at": person.now.isoformat(timespec="seconds"),
        "identifiers": [str(one) for one in person.ids],
        "sections": {
            one.name: {"about": one.about, "rows": [told(one, row, colleagues) for row in one.rows(person)]}
            for one in disclosing.sections()
        },
        "accesses": {
            "about": "Who saw, took or changed something of this, as our audit log has it, the oldest first.",
            "rows": _accesses(person, colleagues),
        },
        "withheld": [{"what": one.model, "why": one.why} for one in disclosing.withheld()],
    }


def _accesses(person: Person, colleagues: Colleagues) -> list[dict[str, Any]]:
    events = Event.objects.filter(subject_ref__in=[str(one) for one in person.ids]).order_by("pk")
    columns = ("ts", "action", "outcome", "actor_type", "actor_id", "target_type", "changes")
    return [
        {
            "at": ts,
            "what": action,
            "outcome": outcome,
            "who": colleagues.named(actor) if kind == "user" and actor else ACTORS.get(kind, "somebody from outside"),
            "of": target,
            "fields": changes.get("fields", []) if isinstance(changes, dict) else [],
        }
        for ts, action, outcome, kind, actor, target, changes in events.values_list(*columns).iterator()
    ]
