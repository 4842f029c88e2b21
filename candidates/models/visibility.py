"""Who may see a candidate, when the reason lies in an app above this one.

An app above registers how it widens what a user sees (people on my jobs) and how it narrows what everybody sees
(people of a confidential search). Both give a subquery of candidate ids, or None where they have nothing to say.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from hrassist.models import User

Ids = QuerySet[Any] | RawSQL
Rule = Callable[["User"], Ids | None]

_wideners: list[Rule] = []
_narrowers: list[Rule] = []


def widen(rule: Rule) -> None:
    """Let a user without the right to see everybody see the candidates whose ids the rule gives."""
    if rule not in _wideners:
        _wideners.append(rule)


def narrow(rule: Rule) -> None:
    """Hide the candidates whose ids the rule gives, even from users who see everybody."""
    if rule not in _narrowers:
        _narrowers.append(rule)


def _subqueries(rules: Iterable[Rule], user: "User") -> list[Ids]:
    return [ids for rule in rules if (ids := rule(user)) is not None]


def condition(user: "User", *, path: str = "") -> Q:
    """What to filter by so that only candidates visible to the user stay; `path` leads to them (`candidate__`)."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    ids = f"{path}id__in"
    if user.has_perm("candidates.view_all_candidates"):
        seen = Q()
    else:
        seen = Q(pk__in=[])
        for subquery in _subqueries(_wideners, user):
            seen |= Q(**{ids: subquery})
    for subquery in _subqueries(_narrowers, user):
        seen &= ~Q(**{ids: subquery})
    return seen
