"""Where a person stands, for the list of people: their active applications as badges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from hrassist.admin import columns
from hrassist.admin.columns import Column
from jobs.admin.badges import STAGE_COLOURS
from jobs.models import Application, Stage

SHOWN = 2


def active_applications(user: Any, people: Sequence[Any]) -> dict[Any, SafeString]:
    rows = Application.objects.visible_to(user).active().filter(candidate__in=people).select_related("job", "stage")
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


columns.add(
    Column(
        model="candidates.candidate",
        name="in_pipelines",
        permission="jobs.view_application",
        find=active_applications,
    )
)
