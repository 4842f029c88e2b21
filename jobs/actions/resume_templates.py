"""Word files that tailored resumes are put into: added after a check, one of them the default, removed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import ResumeTemplate
from jobs.tailoring import form

if TYPE_CHECKING:
    from hrassist.models import User

MOST = 20


def add(*, name: str, content: bytes, by: User) -> ResumeTemplate:
    """Keep a template that was filled with an invented person and read back. Raises TemplateWrong, DomainError."""
    name = " ".join(name.split())[:60]
    if not name:
        raise DomainError("Give the template a name.", code="invalid", fields={"name": ["Give it a name."]})
    # Outside of the transaction: a file may take seconds.
    filled, _ = form.checked(content)
    with transaction.atomic():
        if ResumeTemplate.objects.filter(name=name).exists():
            raise Conflict("There is a template of this name. Choose another name.", code="name_taken")
        if ResumeTemplate.objects.count() >= MOST:
            raise Conflict(f"There are {MOST} templates already. Remove one first.", code="too_many")
        row = ResumeTemplate.objects.create(
            name=name, content=content, sha256=hashlib.sha256(content).hexdigest(), placeholders=sorted(filled.used),
            created_by=by,
        )  # fmt: skip
        audit.record("resume_template.added", target=row, by=by, bytes=len(content), placeholders=len(filled.used))
    return row


@transaction.atomic
def make_default(*, template: ResumeTemplate | None, by: User) -> None:
    """Offer this one first, or with None our own form."""
    for one in ResumeTemplate.objects.select_for_update().filter(is_default=True):
        if template is None or one.pk != template.pk:
            one.is_default = False
            one.save(update_fields=["is_default"])
            audit.record("resume_template.no_default", target=one, by=by)
    if template is not None:
        ResumeTemplate.objects.filter(pk=template.pk).update(is_default=True)
        audit.record("resume_template.default", target=template, by=by)


@transaction.atomic
def remove(*, template: ResumeTemplate, by: User) -> None:
    """Forget a template; what was made with it stays."""
    audit.record("resume_template.removed", target=template, by=by)
    template.delete()


def preview(template: ResumeTemplate) -> tuple[bytes, str]:
    """The template with an invented person in it, as a file and as the lines that are read in it."""
    filled, back = form.checked(bytes(template.content))
    return filled.content, back.document.text
