"""Taking back an application that an import made."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from audit import actions as audit
from jobs.models import Application, StageTransition

if TYPE_CHECKING:
    from hrassist.models import User


@transaction.atomic
def take_back(*, application_id: UUID, by: User, now: datetime) -> bool:
    """Remove an application on which nobody has worked since it was made; False where somebody has."""
    del now
    one = Application.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=application_id).first()
    if one is None:
        return not Application.objects.filter(pk=application_id).exists()
    if one.transitions.count() > 1 or one.status != Application.Status.ACTIVE:
        return False
    for relation in one._meta.related_objects:
        model: Any = relation.related_model
        if model is not StageTransition and model._default_manager.filter(**{relation.field.name: one}).exists():
            return False
    audit.record("application.import_undone", target=one, by=by, subject=one.candidate_id, job=one.job_id)
    one.delete()
    return True
