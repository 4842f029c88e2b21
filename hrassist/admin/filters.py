"""List filters that an app above adds to a list of an app below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A filter for the list of `model` (`app.model`, in lower case), for users with the permission."""

    model: str
    filter: type[admin.SimpleListFilter]
    permission: str


_added: list[Added] = []


def add(one: Added) -> None:
    """Offer one more filter on a list; adding the same one again changes nothing."""
    if one not in _added:
        _added.append(one)


def of(model: str, user: Any) -> list[type[admin.SimpleListFilter]]:
    """The filters that were added to this list and that the user may use."""
    return [one.filter for one in _added if one.model == model and user.has_perm(one.permission)]
