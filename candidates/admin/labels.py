"""What stands below a person's name: their tags and talent pools, and what one may add to them."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.utils import timezone

from candidates.admin import tag, talent_pool
from candidates.models import Candidate, PoolMembership, TalentPool

OFFERED, OFFERED_SECONDS = 100, 30


def of_person(user: Any, candidate: Candidate) -> dict[str, Any]:
    """For `candidates/person_labels.html`; two queries, and two more every half minute."""
    return {
        "tags": tag.of_person(candidate),
        "pools": talent_pool.of_person(user, candidate),
        "known": tag.suggested() if user.has_perm("candidates.add_candidatetag") else [],
        "offered": _offered() if user.has_perm("candidates.add_poolmembership") else [],
        "bases": PoolMembership.Basis.choices,
        "now": timezone.now(),
    }


def _offered() -> list[tuple[Any, str]]:
    found: list[tuple[Any, str]] | None = cache.get("pool-names")
    if found is None:
        found = list(TalentPool.objects.order_by("name").values_list("pk", "name")[:OFFERED])
        cache.set("pool-names", found, OFFERED_SECONDS)
    return found
