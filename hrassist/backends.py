"""Who may do what, in one statement."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission


class RolesBackend(ModelBackend):
    """Django's own, asking for the permissions of an account and of its roles at once: every page begins with it."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            names = ("content_type__app_label", "codename")
            own = Permission.objects.filter(user=user_obj.pk).order_by().values_list(*names)
            of_roles = Permission.objects.filter(group__user=user_obj.pk).order_by().values_list(*names)
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in own.union(of_roles)}
        found: set[str] = user_obj._perm_cache
        return found
