"""The page before an export: how many rows, which columns, which format."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from hrassist import exports
from hrassist.admin.paging import EstimatePaginator, in_words
from hrassist.admin.site import add_page
from hrassist.exports import Export, Selection

LIST, IDS = "export_list", "export_ids"
FORMATS = [("csv", "CSV: opens anywhere"), ("xlsx", "Excel (XLSX)")]


class ExportForm(forms.Form):
    format = forms.ChoiceField(choices=FORMATS, initial="csv", widget=forms.RadioSelect)
    columns = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one column."}
    )

    def __init__(self, data: Any, *, export: Export, user: Any) -> None:
        super().__init__(data, label_suffix="")
        offered = exports.columns_for(export, user)
        choice: Any = self.fields["columns"]
        choice.choices = [(column.key, column.label) for column in offered]
        choice.initial = [column.key for column in offered if column.chosen]


def export_view(request: HttpRequest) -> HttpResponse:
    """`?export_list=app.model` with the list's own search and filters behind it, or with `export_ids`."""
    if request.GET.get(LIST, "") == "":
        raise Http404
    export = exports.of(request.GET[LIST])
    user: Any = request.user
    if not user.has_perm(export.permission):
        raise PermissionDenied
    selection = _selection(request)
    form = ExportForm(request.POST or None, export=export, user=user)
    if request.method == "POST" and form.is_valid():
        task = exports.begin(
            export=export,
            selection=selection,
            columns=form.cleaned_data["columns"],
            kind=form.cleaned_data["format"],
            by=user,
            now=timezone.now(),
        )
        return HttpResponseRedirect(reverse("admin:long_task", args=[task.pk]))
    counted = EstimatePaginator(selection.rows(export, user), 1)
    back = f"{reverse('admin:' + export.model.replace('.', '_') + '_changelist')}?{selection.query}"
    context = {
        **admin.site.each_context(request),
        "title": f"Export {export.noun}",
        "export": export,
        "form": form,
        "count": in_words(counted.count, is_estimate=counted.is_estimate),
        "selection": selection,
        "back": back,
    }
    return TemplateResponse(request, "admin/hrassist/export.html", context)


def link(model: str, query: str, user: Any, *, ids: list[str] | None = None) -> str:
    """The address of the export of a list as it stands, or of some of its rows; empty for who may not export."""
    if not exports.allowed(model, user):
        return ""
    asked = QueryDict(query, mutable=True)
    for name in ("p", "cursor", "all"):
        asked.pop(name, None)
    said = urlencode({LIST: model, IDS: ",".join(ids)} if ids else {LIST: model})
    return f"{reverse('admin:export')}?{said}{'&' + asked.urlencode() if asked and not ids else ''}"


def _selection(request: HttpRequest) -> Selection:
    asked = request.GET.copy()
    ids = [one for one in asked.pop(IDS, [""])[0].split(",") if one]
    del asked[LIST]
    return Selection(query=asked.urlencode(), ids=tuple(ids))


def export_selected(model_admin: Any, request: HttpRequest, rows: Any) -> HttpResponse:
    """The action of every list that may be exported."""
    model = model_admin.opts.label_lower
    # Who ticked every row of every page means the list as it stands.
    everything = request.POST.get("select_across") == "1"
    ids = None if everything else [str(pk) for pk in rows.values_list("pk", flat=True)]
    return HttpResponseRedirect(link(model, request.GET.urlencode(), request.user, ids=ids))


add_page("exports/", export_view, name="export")
