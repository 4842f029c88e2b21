"""The names of name:value: what each one asks. An app above registers those that need its tables."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet
from django.utils import timezone

from candidates.models import (
    CandidateEmail,
    CandidateLink,
    CandidatePhone,
    CandidateTag,
    PoolMembership,
    Resume,
    ResumeParse,
)

if TYPE_CHECKING:
    from hrassist.models import User

SHORTEST_WITH_TRIGRAMS = 3
_SPANS = {"d": 1, "w": 7, "m": 30, "y": 365}


class Unclear(ValueError):
    """A value that the operator cannot read; the sentence says what it takes."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, and when; `of_everybody` says that nothing has narrowed the rows but who may see them."""

    user: User
    now: datetime
    of_everybody: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """People by rows that belong to them; what is asked of one `group` must hold for one and the same row.

    `unless_said` is asked too, except where another condition of the group `says` it.
    """

    rows: QuerySet[Any]
    condition: Q
    path: str = "candidate_id"
    group: str = ""
    unless_said: Q = field(default_factory=Q)
    says: bool = False
    # Full text: hits are fetched first and capped, because no planner guesses them well.
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    parts: tuple[Q | Rows, ...]


Meaning = Q | Rows | Either


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """`find` gives the meaning of a value, or raises Unclear; without the permission it is not offered."""

    name: str
    example: str
    hint: str
    find: Callable[[Ask, str], Meaning]
    permission: str = ""
    order: int = 100


_operators: dict[str, Operator] = {}


def add(*operators: Operator) -> None:
    """Let the search understand one more name; the last one of a name is used."""
    _operators.update({one.name: one for one in operators})


def get(name: str, user: Any) -> Operator | None:
    one = _operators.get(name)
    return one if one is not None and _allowed(one, user) else None


def is_known(name: str) -> bool:
    return name in _operators


def offered(user: Any) -> list[Operator]:
    """What this user may ask, as the search help lists it."""
    return sorted((one for one in _operators.values() if _allowed(one, user)), key=lambda one: (one.order, one.name))


def nearest(name: str, user: Any) -> str:
    """The name that was probably meant, or nothing."""
    found = difflib.get_close_matches(name, [one.name for one in offered(user)], n=1, cutoff=0.55)
    return found[0] if found else ""


def _allowed(one: Operator, user: Any) -> bool:
    return not one.permission or bool(user.has_perm(one.permission))


# --- Columns of a person ----------------------------------------------------------------------------------------------


def named(text: str) -> Q:
    """Name or headline contains it; very short words only where a word begins, as nothing else has an index."""
    found = Q()
    for column in ("full_name", "headline"):
        if len(re.sub(r"\W", "", text)) >= SHORTEST_WITH_TRIGRAMS:
            found |= Q(**{f"{column}__icontains": text})
        else:
            found |= Q(**{f"{column}__istartswith": text}) | Q(**{f"{column}__icontains": f" {text}"})
    return found


def in_text(text: str, *, phrase: bool) -> SearchQuery:
    """Words by their English stem; short words in capitals as they stand, for IT and US are no "it" and "us"."""
    acronym = not phrase and len(text) <= SHORTEST_WITH_TRIGRAMS and text.isupper()
    return SearchQuery(text, config="simple" if acronym else "english", search_type="phrase" if phrase else "plain")


def with_text(query: SearchQuery) -> Rows:
    return Rows(rows=Resume.objects.filter(is_current=True), condition=Q(text__search=query), capped=True)


def _city(_ask: Ask, value: str) -> Meaning:
    return Q(city__iexact=value)


def _country(_ask: Ask, value: str) -> Meaning:
    if not re.fullmatch(r"[A-Za-z]{2}", value):
        raise Unclear("country: takes a code of two letters, for example country:DE.")
    return Q(country=value.upper())


def _source(_ask: Ask, value: str) -> Meaning:
    return Q(source__iexact=value)


def _since(ask: Ask, value: str) -> Meaning:
    if span := re.fullmatch(r"(\d{1,4})\s*([dwmy])", value.lower()):
        return Q(created_at__gte=ask.now - timedelta(days=int(span[1]) * _SPANS[span[2]]))
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Unclear(
            "since: takes days, weeks, months, years or a date, for example since:30d or since:2026-01-31."
        ) from None
    return Q(created_at__gte=timezone.make_aware(datetime.combine(day, time.min)))


# --- What belongs to a person -----------------------------------------------------------------------------------------


def email(value: str) -> Rows:
    """A whole address as it is, a part of one anywhere."""
    value = value.strip().lower()
    whole = re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", value)
    condition = Q(address=value) if whole else Q(address__icontains=value)
    return Rows(rows=CandidateEmail.objects.all(), condition=condition)


def _email(_ask: Ask, value: str) -> Meaning:
    if len(value) < SHORTEST_WITH_TRIGRAMS:
        raise Unclear("email: needs three letters of the address or more.")
    return email(value)


def _skill(_ask: Ask, value: str) -> Meaning:
    return Rows(
        rows=ResumeParse.objects.filter(resume__is_current=True),
        condition=Q(skill_names__contains=[value.lower()[:80]]),
        path="resume__candidate_id",
    )


def _title(_ask: Ask, value: str) -> Meaning:
    titles = SearchQuery(value, config="simple", search_type="phrase")
    rows = ResumeParse.objects.filter(resume__is_current=True)
    found = Rows(rows=rows, condition=Q(titles=titles), path="resume__candidate_id", capped=True)
    if len(value) < SHORTEST_WITH_TRIGRAMS:
        return found
    return Either((Q(headline__icontains=value), found))


def _resume(_ask: Ask, value: str) -> Meaning:
    return with_text(in_text(value, phrase=" " in value))


def _tag(_ask: Ask, value: str) -> Meaning:
    return Rows(rows=CandidateTag.objects.all(), condition=Q(tag__name__iexact=value))


def _pool(ask: Ask, value: str) -> Meaning:
    return Rows(rows=PoolMembership.objects.current(now=ask.now), condition=Q(pool__name__iexact=value))


def _has(_ask: Ask, value: str) -> Meaning:
    kinds: dict[str, QuerySet[Any]] = {
        "resume": Resume.objects.filter(is_current=True, state=Resume.State.READY),
        "email": CandidateEmail.objects.filter(status=CandidateEmail.Status.CURRENT),
        "phone": CandidatePhone.objects.filter(status=CandidatePhone.Status.CURRENT),
        "link": CandidateLink.objects.filter(status=CandidateLink.Status.CURRENT),
        "tag": CandidateTag.objects.all(),
    }
    if value.lower() not in kinds:
        raise Unclear("has: takes resume, email, phone, link or tag.")
    return Rows(rows=kinds[value.lower()], condition=Q())


add(
    Operator(name="skill", example="skill:python", hint="a skill their resume names", find=_skill,
             permission="candidates.view_resume", order=10),
    Operator(name="title", example='title:"data engineer"', hint="a title they have or had", find=_title,
             permission="candidates.view_resume", order=11),
    Operator(name="resume", example="resume:kubernetes", hint="only in the text of resumes", find=_resume,
             permission="candidates.view_resume", order=12),
    Operator(name="tag", example='tag:"open to relocate"', hint="a tag of your team", find=_tag, order=30),
    Operator(name="pool", example='pool:"Nurses 2027"', hint="in a talent pool now", find=_pool,
             permission="candidates.view_poolmembership", order=31),
    Operator(name="city", example="city:Berlin", hint="where they live", find=_city, order=40),
    Operator(name="country", example="country:DE", hint="country by its code", find=_country, order=41),
    Operator(name="source", example="source:referral", hint="where they came from", find=_source, order=42),
    Operator(name="since", example="since:30d", hint="added in this time: d, w, m, y or a date", find=_since, order=43),
    Operator(name="has", example="has:resume", hint="resume, email, phone, link or tag", find=_has, order=44),
    Operator(name="email", example="email:@acme.com", hint="a part of an address", find=_email, order=45),
)  # fmt: skip
