"""What the list of people can be narrowed by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from candidates.admin import reading
from candidates.models import Candidate, CandidateTag, PoolMembership, Resume, Tag, TalentPool

CHOICES, CHOICES_SECONDS = 60, 30


class AddedFilter(admin.SimpleListFilter):
    title = "added"
    parameter_name = "added"
    DAYS: ClassVar = {"1": "Past day", "7": "Past 7 days", "30": "Past 30 days", "365": "Past year"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.DAYS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        if self.value() not in self.DAYS:
            return queryset
        return queryset.filter(created_at__gt=timezone.now() - timedelta(days=int(self.value() or 0)))


class ValueFilter(admin.SimpleListFilter):
    """The values of one column, counted seldom: asking for them with every page would read every person."""

    parameter_name: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one, one) for one in reading.values_in_use(self.parameter_name)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        return queryset.filter(**{f"{self.parameter_name}__iexact": self.value()}) if self.value() else queryset


class SourceFilter(ValueFilter):
    title = parameter_name = "source"


class CountryFilter(ValueFilter):
    title = parameter_name = "country"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        return queryset.filter(country=self.value()) if self.value() else queryset


class RelatedFilter(admin.SimpleListFilter):
    """People by a named thing that they have; the names are asked for seldom, and an unknown one finds nobody."""

    cache_key = ""

    def names(self) -> list[tuple[str, str]]:
        raise NotImplementedError

    def rows(self, key: str) -> QuerySet[Any]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] | None = cache.get(self.cache_key)
        if found is None:
            found = self.names()
            cache.set(self.cache_key, found, CHOICES_SECONDS)
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        value = self.value()
        if not value:
            return queryset
        if value not in dict(self.lookup_choices):
            return queryset.none()
        return queryset.filter(Exists(self.rows(value).filter(candidate=OuterRef("pk"))))


class TagFilter(RelatedFilter):
    title = "tag"
    parameter_name = "tag"
    cache_key = "filter-tags"

    def names(self) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Tag.objects.order_by("name").values_list("pk", "name")[:CHOICES]]

    def rows(self, key: str) -> QuerySet[Any]:
        return CandidateTag.objects.filter(tag=int(key))


class PoolFilter(RelatedFilter):
    title = "talent pool"
    parameter_name = "pool"
    cache_key = "filter-pools"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return super().lookups(request, model_admin) if request.user.has_perm("candidates.view_talentpool") else []

    def names(self) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in TalentPool.objects.order_by("name").values_list("pk", "name")[:CHOICES]]

    def rows(self, key: str) -> QuerySet[Any]:
        return PoolMembership.objects.current(now=timezone.now()).filter(pool=UUID(key))


class ResumeFilter(admin.SimpleListFilter):
    title = "resume"
    parameter_name = "resume"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a resume"), ("no", "Without a resume")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Candidate]) -> QuerySet[Candidate]:
        if self.value() not in {"yes", "no"}:
            return queryset
        has = Exists(Resume.objects.filter(candidate=OuterRef("pk"), is_current=True, state=Resume.State.READY))
        return queryset.filter(has if self.value() == "yes" else ~has)
