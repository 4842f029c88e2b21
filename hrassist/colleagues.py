"""Who of ours may do something."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from hrassist.models import User


def who_may(permission: str) -> QuerySet[User]:
    """Active colleagues with this right (`app.codename`), by a role, by themselves or as superusers; by name.

    Who has it by which way is looked up once; Django's `with_perm` asks it anew of each colleague.
    """
    app, _, codename = permission.partition(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename)
    by_role = User.groups.through.objects.filter(group__permissions__in=right).values("user_id")
    by_themselves = User.user_permissions.through.objects.filter(permission__in=right).values("user_id")
    ways = Q(is_superuser=True) | Q(pk__in=by_role) | Q(pk__in=by_themselves)
    return User.objects.filter(ways, is_active=True, is_staff=True).order_by("first_name", "last_name", "username")
