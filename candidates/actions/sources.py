"""Where people come from: the list of known sources, and the source of many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from candidates.models import Candidate, Source
from hrassist.lib.errors import Conflict, DomainError
from hrassist.lib.outcomes import Outcome

if TYPE_CHECKING:
    from hrassist.models import User


@transaction.atomic
def save(*, source: Source | None, name: str, kind: str, active: bool, by: User) -> Source:
    """Add a source or change one; people who came from it keep the name they have. Raises Conflict for a taken name."""
    name = " ".join(name.split())
    if not name:
        raise DomainError("Give the source a name.", code="no_name", fields={"name": ["This must not be empty."]})
    others = Source.objects.filter(name__iexact=name)
    if (others.exclude(pk=source.pk) if source and source.pk else others).exists():
        raise Conflict("Another source has this name.", code="source_name",
                       fields={"name": ["Another source has this name."]})  # fmt: skip
    row = Source.objects.select_for_update().get(pk=source.pk) if source and source.pk else Source()
    made = row.pk is None
    row.name, row.kind, row.active = name[:60], kind, active
    row.save()
    audit.record("source.created" if made else "source.updated", target=row, by=by)
    return row


@transaction.atomic
def set_source(*, keys: Sequence[UUID], source: str, by: User, now: datetime) -> Outcome:
    """Say of these people where they came from; who says so already is left alone."""
    source = " ".join(source.split())[:60]
    rows = Candidate.objects.select_for_update(of=("self",)).unmerged().filter(pk__in=keys).order_by("pk")
    people = list(rows.values_list("pk", "source"))
    new = [key for key, known in people if known != source]
    Candidate.objects.filter(pk__in=new).update(source=source, updated_at=now, last_activity_at=now)
    for key in new:
        audit.record("candidate.updated", target=None, by=by, subject=key, fields=["source"])
    return Outcome(changed=new, unchanged=len(people) - len(new))
