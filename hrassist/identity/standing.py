"""A change of what somebody may do ends the sessions that began before it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db.models.signals import m2m_changed, pre_save

from hrassist.lib import origin
from hrassist.models import Session, User

_CHANGES = {"post_add", "post_remove", "pre_clear"}


def connect() -> None:
    for name in ("groups", "user_permissions"):
        through = getattr(User, name).through
        m2m_changed.connect(_roles_changed, sender=through, dispatch_uid=f"hrassist.standing.{name}")
    pre_save.connect(_switched_off, sender=User, dispatch_uid="hrassist.standing.active")


def _roles_changed(*, instance: Any, action: str, reverse: bool, pk_set: set[Any] | None, **_kwargs: Any) -> None:
    if action not in _CHANGES or (action != "pre_clear" and not pk_set):
        return
    if not reverse:
        users: Any = [instance.pk]
    elif pk_set:
        users = list(pk_set)
    else:
        users = list(instance.user_set.values_list("pk", flat=True)) if isinstance(instance, Group) else []
    # Whoever does it stays signed in: their own rights are read anew with every request anyway.
    Session.objects.filter(user__in=users).exclude(pk=origin.current().session_hash).delete()


def _switched_off(*, instance: User, **_kwargs: Any) -> None:
    if instance.pk and not instance.is_active:
        Session.objects.of(instance).delete()
