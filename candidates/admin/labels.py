"""What stands below a person's name: their tags and talent pools, and what one may add to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from candidates.admin import tag
from candidates.models import PoolMembership, TalentPool
from hrassist.lib.at_once import Row

OFFERED, OFFERED_SECONDS = 100, 30


def of_person(user: Any, tags: list[Row], pools: list[Row]) -> dict[str, Any]:
    """For `candidates/person_labels.html`, from the rows of `tag.of_person` and `talent_pool.of_person`.

    What may be added is asked for by itself, every half minute.
    """
    return {
        "tags": tags,
        "pools": [
            {
                "pk": one["pool_id"],
                "name": one["pool__name"],
                "basis": PoolMembership.Basis(one["basis"]).label,
                "expires_at": datetime.fromisoformat(one["expires_at"]),
            }
            for one in pools
        ],
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
