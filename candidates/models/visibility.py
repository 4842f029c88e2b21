"""Who may see a candidate, when the reason lies in an app above this one.

An app above registers how it widens what a user sees (people on my jobs), as a subquery of candidate ids, and how it
narrows what everybody sees (people of a confidential search), as a condition on one candidate's id: a list of a million
asks it of the rows that it shows. Both give None where they have nothing to say.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from hrassist.models import User

Ids = QuerySet[Any] | RawSQL
Widener = Callable[["User"], Ids | None]
Narrower = Callable[["User", F], Func | None]

_wideners: list[Widener] = []
_narrowers: list[Narrower] = []


def widen(rule: Widener) -> None:
    """Let a user without the right to see everybody see the candidates whose ids the rule gives."""
    if rule not in _wideners:
        _wideners.append(rule)


def narrow(rule: Narrower) -> None:
    """Hide the candidates of whom the rule's condition is true, even from users who see everybody."""
    if rule not in _narrowers:
        _narrowers.append(rule)


def condition(user: "User", *, path: str = "") -> Q:
    """What to filter by so that only candidates visible to the user stay; `path` leads to them (`candidate__`)."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if user.has_perm("candidates.view_all_candidates"):
        seen = Q()
    else:
        seen = Q(pk__in=[])
        for widener in _wideners:
            if (subquery := widener(user)) is not None:
                seen |= Q(**{f"{path}id__in": subquery})
    for narrower in _narrowers:
        if (hidden := narrower(user, F(f"{path}id"))) is not None:
            seen &= ~Q(hidden)
    return seen
