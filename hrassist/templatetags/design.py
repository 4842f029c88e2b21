"""The site's small pieces of HTML, for templates."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString

from hrassist.admin import cells, pages

register = template.Library()

# Actions whose name tells a state rather than a deed, or reads badly.
_SAID = {
    "upload.available": "read uploaded file",
    "candidate.applications_viewed": "looked at the applications",
    "candidate.notes_viewed": "read the notes",
    "application.notes_viewed": "read the notes of an application",
    "note.written": "wrote a note",
    "note.edited": "changed a note",
    "note.deleted": "deleted a note",
    "note.restored": "brought a note back",
    "candidate.merged": "merged two records of this person",
    "candidate.unmerged": "took a merge back",
    "candidate.merge_viewed": "looked at a merge",
    "candidate.told_apart": "said that this is somebody else than another record",
    "candidate.told_apart_undone": "took back that this is somebody else",
}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    return cells.icon(name, extra)


@register.simple_tag
def avatar(name: str, key: object = None, size: str = "") -> SafeString:
    return cells.avatar(name, key=key, size=size)


@register.simple_tag
def person(name: str, detail: str = "", key: object = None) -> SafeString:
    return cells.person(name, detail, key=key)


@register.simple_tag
def badge(label: object, colour: str = "", symbol: str = "") -> SafeString:
    return cells.badge(label, colour, symbol)


@register.inclusion_tag("admin/tabs.html", takes_context=True)
def tabs(context: dict[str, Any], noun: str, thing: Any, current: str) -> dict[str, Any]:
    """The tabs of a candidate, job or application; apps add theirs with hrassist.admin.pages.add_tab."""
    return {"thing": thing, "tabs": pages.tabs(context["request"], noun, thing, current=current)}


@register.filter
def ago(when: datetime | None) -> SafeString:
    return cells.ago(when)


@register.filter
def deed(action: str) -> str:
    """resume.viewed → viewed resume, user.logged_in → logged in (user): an event's action as words after a name."""
    if said := _SAID.get(action):
        return said
    noun, _, verb = action.partition(".")
    noun = noun.replace("_", " ")
    return f"{verb.replace('_', ' ')} ({noun})" if "_" in verb else f"{verb} {noun}"


@register.filter
def size(count: int) -> str:
    return cells.size(count)


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else f"{round(share * 100)} %"
