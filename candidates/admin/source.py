"""The known sources of people and applications."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from candidates.actions import sources as actions
from candidates.models import Source
from hrassist.admin import cells, navigation
from hrassist.admin.base import BaseAdmin, RowLink
from hrassist.admin.navigation import NavItem


@admin.register(Source)
class SourceAdmin(BaseAdmin[Source]):
    list_display = ("name", "kind", "state")
    list_filter = ("kind", "active")
    search_fields = ("name",)
    search_help_text = "Name of a source"
    ordering = ("name",)
    fields = ("name", "kind", "active")
    list_hint = "Reports compare sources by these names. One that is not used any more is made inactive, never deleted."
    empty_title = "No sources yet"
    empty_hint = "Add where your people come from: the careers page, a job board, an agency."

    @admin.display(description="State", ordering="active")
    def state(self, source: Source) -> SafeString:
        return cells.badge("active", "good") if source.active else cells.badge("not offered")

    def row_links(self, request: HttpRequest, row: Source) -> list[RowLink]:
        url = f"{reverse('admin:candidates_candidate_changelist')}?{urlencode({'source': row.name})}"
        return [RowLink(label="Show the people", url=url, icon="people")]

    def save_model(self, request: HttpRequest, obj: Source, form: ModelForm[Source], change: bool) -> None:
        user: Any = request.user
        said = form.cleaned_data
        made = actions.save(
            source=obj if change else None, name=said["name"], kind=said["kind"], active=said["active"], by=user
        )
        obj.pk, obj._state.adding = made.pk, False


navigation.add(
    NavItem(
        label="Sources", url_name="admin:candidates_source_changelist", icon="globe",
        permission="candidates.change_source", section="Settings", order=82,
    )
)  # fmt: skip
