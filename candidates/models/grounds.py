"""On which grounds a ranking may look at somebody: each app names the people it knows a ground for, as SQL.

A ground is a SELECT of candidate ids with its parameters. All of them become one union, which the database reads once
for a ranking: an OR of subqueries would be asked again for each of a million people.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL

Ground = Callable[[datetime], tuple[str, Sequence[object]]]

_grounds: list[Ground] = []


def add(*grounds: Ground) -> None:
    """Let people be ranked on these grounds too; adding the same one again changes nothing."""
    _grounds.extend(one for one in grounds if one not in _grounds)


def having_one(now: datetime, *, among: Collection[UUID] | None = None) -> RawSQL:
    """The ids of everybody whom a ranking may look at now; `among` few people only theirs are looked for."""
    parts = [ground(now) for ground in _grounds]
    union = " UNION ".join(sql for sql, _ in parts)
    params = [value for _, values in parts for value in values]
    if among is not None:
        # Said within, so that each ground is asked for these people and not for everybody.
        union = f"SELECT known.id FROM ({union}) known(id) WHERE known.id = ANY(%s)"  # noqa: S608
        params.append(list(among))
    return RawSQL(  # noqa: S611  constants of this code, with parameters # nosec B611
        union,
        params,
        output_field=models.UUIDField(),
    )


def _pool_members(now: datetime) -> tuple[str, Sequence[object]]:
    return (
        "SELECT candidate_id FROM candidates_poolmembership WHERE removed_at IS NULL AND expires_at > %s",
        [now],
    )


def _consenting(now: datetime) -> tuple[str, Sequence[object]]:
    return (
        (
            "SELECT candidate_id FROM candidates_consentrecord WHERE purpose = 'talent_pool' AND withdrawn_at IS NULL "
            "AND (expires_at IS NULL OR expires_at > %s)"
        ),
        [now],
    )


def _new_here(now: datetime) -> tuple[str, Sequence[object]]:
    """Whose record is so new that its ground may still be settled (GDPR, Article 14(3): within a month).

    Not those who withdrew: what they said is the latest that is known.
    """
    since = now - timedelta(days=settings.RANK_WITHOUT_GROUND_DAYS)
    return (
        (
            "SELECT id FROM candidates_candidate WHERE created_at > %s AND id <> ALL(ARRAY("
            "SELECT candidate_id FROM candidates_consentrecord WHERE withdrawn_at > %s))"
        ),
        [since, since],
    )


add(_pool_members, _consenting, _new_here)
