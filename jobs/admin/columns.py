"""Where a person stands, for the list of people: their active applications as badges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from hrassist.admin import columns, filters
from hrassist.admin.columns import Column
from hrassist.admin.filters import Added
from jobs.admin.badges import STAGE_COLOURS
from jobs.models import Application, Stage

SHOWN = 2


def active_applications(user: Any, people: Sequence[Any]) -> dict[Any, SafeString]:
    rows = Application.objects.visible_to(user).active().filter(candidate__in=people).select_related("job", "stage")
    rows = rows.only("candidate", "job__title", "stage__name", "stage__kind")
    of_person: dict[Any, list[Application]] = {}
    for one in rows:
        of_person.setdefault(one.candidate_id, []).append(one)
    return {key: _cell(key, found) for key, found in of_person.items()}


def _cell(key: Any, found: list[Application]) -> SafeString:
    badges = format_html_join(
        " ",
        '<a class="badge {}" href="{}" title="{}: {}">{}</a>',
        (
            (
                STAGE_COLOURS[Stage.Kind(one.stage.kind)],
                reverse("admin:jobs_application_change", args=[one.pk]),
                one.job.title,
                one.stage.name,
                f"{one.stage.name} · {Truncator(one.job.title).chars(24)}",
            )
            for one in found[:SHOWN]
        ),
    )
    more = len(found) - SHOWN
    if more <= 0:
        return format_html('<span class="badges">{}</span>', badges)
    link = f"{reverse('admin:jobs_application_changelist')}?candidate={key}"
    return format_html('<span class="badges">{} <a class="small" href="{}">+{}</a></span>', badges, link, more)


class PipelineFilter(admin.SimpleListFilter):
    """People by the kind of stage in which an application of theirs stands, among those that the user sees."""

    title = "in pipeline"
    parameter_name = "pipeline"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = [(kind.value, kind.label) for kind in Stage.Kind if kind != Stage.Kind.HIRED]
        return [("any", "In any"), *kinds, ("none", "In none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value, user = self.value(), request.user
        if value not in {"any", "none", *Stage.Kind.values}:
            return queryset
        seen: Any = user
        rows = Application.objects.visible_to(seen).active().filter(candidate=OuterRef("pk"))
        if value in Stage.Kind.values:
            rows = rows.filter(stage_kind=value)
        return queryset.filter(~Exists(rows) if value == "none" else Exists(rows))


filters.add(Added(model="candidates.candidate", filter=PipelineFilter, permission="jobs.view_application"))
columns.add(
    Column(
        model="candidates.candidate",
        name="in_pipelines",
        permission="jobs.view_application",
        find=active_applications,
    )
)
