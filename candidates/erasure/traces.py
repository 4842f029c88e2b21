"""What names somebody in rows that no key leads to: notifications, saved searches, long work, answers kept for repeats.

Only short tables are read as a whole; each is asked by identifier first and by the person's words where it has to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from auditlog.models import LogEntry
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from candidates.models import erasing
from candidates.models.erasing import Person
from hrassist.models import IdempotencyRecord, LongTask, Notification, SavedView

# A word this short would be found in every other row.
SHORTEST = 4


def notifications(person: Person) -> dict[str, int]:
    about = Q(subject_ref__in=person.ids)
    for one in person.ids:
        about |= Q(url__contains=str(one))
    return {"notifications": Notification.objects.filter(about).delete()[0]}


def saved_views(person: Person) -> dict[str, int]:
    """Searches that somebody keeps for this person."""
    words = _words(person)
    ids = {str(one) for one in person.ids}
    gone = [
        view.pk
        for view in SavedView.objects.only("name", "query").iterator()
        if _names(f"{view.name} {unquote_plus(view.query)}", words | ids)
    ]
    return {"saved views": SavedView.objects.filter(pk__in=gone).delete()[0]}


def long_tasks(person: Person) -> dict[str, int]:
    """What long work says of the person: its parameters, results and titles are emptied; its files go elsewhere."""
    rows = LongTask.objects.annotate(said=Cast("params", TextField()), told=Cast("result", TextField())).filter(
        _any(("said", "told", "title", "message", "file_name"), _words(person) | {str(one) for one in person.ids})
    )
    found = list(rows.values_list("pk", flat=True))
    emptied: dict[str, Any] = {"params": {}, "result": {}, "title": "Work on somebody who was erased", "message": ""}
    LongTask.objects.filter(pk__in=found).exclude(state=LongTask.State.RUNNING).update(**emptied, file_name="")
    return {"long work": len(found)}


def kept_answers(person: Person) -> dict[str, int]:
    """Answers of the API that are kept to be given again."""
    rows = IdempotencyRecord.objects.annotate(said=Cast("answer", TextField()))
    mine = rows.filter(_any(("said",), _words(person) | {str(one) for one in person.ids}))
    ids = list(mine.values_list("pk", flat=True))
    return {"kept answers": IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]}


def field_history(person: Person) -> dict[str, int]:
    return {"field history": LogEntry.objects.filter(object_pk__in=[str(one) for one in person.ids]).delete()[0]}


def _words(person: Person) -> set[str]:
    return {word for word in person.words | person.addresses if len(word) >= SHORTEST}


def _any(columns: Iterable[str], words: Iterable[str]) -> Q:
    found = Q(pk__in=[])
    for column in columns:
        for word in words:
            found |= Q(**{f"{column}__icontains": word})
    return found


def _names(text: str, words: Iterable[str]) -> bool:
    small = text.casefold()
    return any(word.casefold() in small for word in words)


def register() -> None:
    for one in (notifications, saved_views, long_tasks, kept_answers, field_history):
        erasing.trace(one)
