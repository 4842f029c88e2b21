"""Rules that the database holds, in words."""

from django.db.models import Q


def both_or_none(when: str, what: str, *, what_is_text: bool = False) -> Q:
    """Two columns are one fact: both set or both empty (an empty text counts as empty)."""
    empty = Q(**{what: ""}) if what_is_text else Q(**{f"{what}__isnull": True})
    return (Q(**{f"{when}__isnull": True}) & empty) | (Q(**{f"{when}__isnull": False}) & ~empty)
