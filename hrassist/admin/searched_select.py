"""A field whose choices are searched while somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError


def told_apart(one: Any) -> str:
    """A choice with its place, where it has one: two of the same name are not the same."""
    place = getattr(one, "place", "")
    return f"{one} ({place})" if place else str(one)


class Suggestions(AutocompleteJsonView):
    """Django's own, whose choices can be told apart."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": told_apart(obj)}


class SearchedSelect(AutocompleteSelect):
    """Django's own, which also shows a form again that was sent with what cannot be a key."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [one for one in value if not one or self.can_be_key(one)], attrs)

    def can_be_key(self, text: str) -> bool:
        field: Any = self.field
        try:
            field.target_field.to_python(text)
        except ValidationError:
            return False
        return "\x00" not in str(text)
