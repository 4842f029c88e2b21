"""Templates of mails: checked when they are saved, so that none fails when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.emails.render import check
from jobs.models import EmailTemplate

if TYPE_CHECKING:
    from hrassist.models import User

FACTS = ("name", "kind", "subject", "body", "language", "active")


@transaction.atomic
def create(*, facts: Mapping[str, Any], by: User, now: datetime) -> EmailTemplate:
    """Add a template. Raises UnknownPlaceholder, DomainError for a name that is taken."""
    template = EmailTemplate(created_by=by, created_at=now)
    _write(template, facts)
    audit.record("email_template.created", target=template, by=by)
    return template


@transaction.atomic
def update(
    *, template: EmailTemplate, facts: Mapping[str, Any], by: User, now: datetime,
    expected_updated_at: datetime | None = None,
) -> EmailTemplate:  # fmt: skip
    """Change a template; what was sent with it stays as it was sent."""
    del now
    template = EmailTemplate.objects.select_for_update().get(pk=template.pk)
    if expected_updated_at is not None and template.updated_at != expected_updated_at:
        raise Conflict("Somebody changed this template since you opened it. Open it again, then change it.",
                       code="template_changed")  # fmt: skip
    changed = [name for name in FACTS if name in facts and getattr(template, name) != facts[name]]
    if changed:
        _write(template, facts)
        audit.record("email_template.updated", target=template, by=by, fields=changed)
    return template


@transaction.atomic
def duplicate(*, template: EmailTemplate, by: User, now: datetime) -> EmailTemplate:
    """A copy under a free name, switched off until somebody has changed it."""
    base = template.name[:70]
    taken = set(EmailTemplate.objects.filter(name__startswith=base).values_list("name", flat=True))
    names = (f"{base} (copy)" if number == 1 else f"{base} (copy {number})" for number in range(1, len(taken) + 2))
    facts = {name: getattr(template, name) for name in FACTS}
    free = next(name for name in names if name not in taken)
    return create(facts=facts | {"name": free, "active": False}, by=by, now=now)


def _write(template: EmailTemplate, facts: Mapping[str, Any]) -> None:
    for name in FACTS:
        if name in facts:
            setattr(template, name, facts[name].strip() if isinstance(facts[name], str) else facts[name])
    check(subject=template.subject, body=template.body)
    if EmailTemplate.objects.filter(name=template.name).exclude(pk=template.pk).exists():
        raise DomainError("Another template has this name.", code="name_taken",
                          fields={"name": ["Another template has this name."]})  # fmt: skip
    template.save()
