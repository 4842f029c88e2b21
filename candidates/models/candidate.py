"""A person in the recruiters' files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F
from django.db.models.functions import Upper
from django.utils import timezone

from candidates.models import grounds, visibility
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user), erased_at__isnull=True)

    def erased_before(self, user: User) -> Self:
        """Those whom the user saw until they were erased: what is left of them says no more than that."""
        return self.filter(visibility.condition(user), erased_at__isnull=False)

    def unmerged(self) -> Self:
        return self.filter(merged_into__isnull=True)

    def rankable(self, *, among: Collection[UUID], now: datetime) -> Self:
        """Those among a few whom a ranking may look at: with a ground that holds now (`candidates.models.grounds`)."""
        return self.filter(pk__in=grounds.having_one(now, among=among))

    def with_email(self, address: str) -> Self:
        return self.filter(emails__address=address.strip().lower())


class Candidate(models.Model):
    """A person; that somebody applied for something is an Application, not a Candidate."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    external_id = models.CharField(max_length=100, blank=True, db_index=True)
    full_name = models.CharField(max_length=200)
    headline = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 code, for example DE.")
    source = models.CharField(max_length=60, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    last_activity_at = models.DateTimeField(default=timezone.now, editable=False)
    # What is left then is a row without a person: figures and decisions still refer to it.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CandidateQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"full_name", "headline", "city", "external_id"}
        keep: ClassVar = {
            "id", "country", "source", "merged_into", "created_by", "created_at", "updated_at", "last_activity_at",
            "erased_at",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        permissions: ClassVar = [
            ("view_all_candidates", "Can see every candidate, not only those of own jobs"),
            ("export_candidate", "Can export candidates"),
            ("import_candidate", "Can import candidates"),
            ("merge_candidate", "Can merge candidates and undo it"),
            ("bulk_change_candidate", "Can change many candidates at once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="candidate_newest"),
            models.Index(fields=["-updated_at", "-id"], name="candidate_updated"),
            # A list narrowed by place or source stays in its order: no sort, no count of everybody else.
            models.Index(Upper("city"), F("created_at").desc(), F("id").desc(), name="candidate_in_city"),
            models.Index(fields=["country", "-created_at", "-id"], name="candidate_in_country"),
            models.Index(Upper("source"), F("created_at").desc(), F("id").desc(), name="candidate_from_source"),
            # icontains compares UPPER(column): the trigram index must be on the same expression.
            GinIndex(OpClass(Upper("full_name"), name="gin_trgm_ops"), name="candidate_name_trgm"),
            GinIndex(OpClass(Upper("headline"), name="gin_trgm_ops"), name="candidate_headline_trgm"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(full_name=""), name="candidate_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True) | models.Q(headline="", city="", external_id=""),
                name="candidate_erased_is_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=F("id")),
                name="candidate_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    ERASED: ClassVar = "Erased person"

    @property
    def initials(self) -> str:
        words = [word for word in self.full_name.split() if word[:1].isalpha()]
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.city, self.country) if part)


def people_seen(user: User, ids: set[UUID]) -> set[UUID]:
    """Of these candidates, those whom the user may see; a merged one is seen as the record that stands for them."""
    everybody = Candidate.objects.visible_to(user)
    seen = set(everybody.filter(pk__in=ids).values_list("pk", flat=True))
    if hidden := ids - seen:
        stand = {one: now for one, now in standing_for(hidden).items() if now != one}
        kept = set(everybody.filter(pk__in=set(stand.values())).values_list("pk", flat=True)) if stand else set()
        seen |= {one for one, now in stand.items() if now in kept}
    return seen


def everybody_of(candidate_id: UUID) -> tuple[UUID, ...]:
    """All records of a person: the one that stands for them, and those merged into it, directly or through others."""
    found = {standing_for({candidate_id}).get(candidate_id, candidate_id)}
    while more := set(Candidate.objects.filter(merged_into__in=found).values_list("pk", flat=True)) - found:
        found |= more
    return tuple(sorted(found))


def standing_for(ids: set[UUID]) -> dict[UUID, UUID]:
    """For each of these candidates that exists, the record that stands for the person now: mostly itself."""
    now = dict.fromkeys(ids)
    following = dict(Candidate.objects.filter(pk__in=ids).values_list("pk", "merged_into_id"))
    found = {one: following[one] or one for one in now if one in following}
    while ends := {end for one, end in found.items() if end != one} - set(following):
        following |= dict(Candidate.objects.filter(pk__in=ends).values_list("pk", "merged_into_id"))
        found = {one: following.get(end) or end for one, end in found.items()}
    return found
