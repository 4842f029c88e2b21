"""The pages of an import: the file, its columns, the check, the import itself and its undoing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from candidates.actions import import_goals
from candidates.actions import imports as actions
from candidates.actions.import_work import CHECK, READ, RUN, UNDO
from candidates.imports import columns, reading
from hrassist.admin import long_task
from hrassist.admin.long_task import Offer
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.models import LongTask


class FileForm(forms.Form):
    file = forms.FileField(
        help_text="CSV or Excel (.xlsx), up to 20 MB and 100,000 rows, with a heading in its first row.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )


class ColumnsForm(forms.Form):
    """One select for each column of the file, and what is the same for all rows."""

    existing = forms.ChoiceField(
        label="People who are known",
        choices=list(actions.EXISTING.items()),
        initial="fill",
        widget=forms.RadioSelect,
        help_text="Somebody is known by the same external ID or e-mail address.",
    )
    source = forms.CharField(
        max_length=60, required=False, initial="Import", help_text="Where the row itself names no source."
    )

    def __init__(self, data: Any, *, table: dict[str, Any], user: Any) -> None:
        super().__init__(data, label_suffix="")
        choices = [(columns.IGNORED, "Leave out"), *((name, columns.label(name)) for name in columns.FIELDS)]
        self.column_names = [f"column_{at}" for at in range(len(table["headings"]))]
        for at, name in enumerate(self.column_names):
            self.fields[name] = forms.ChoiceField(
                label=table["headings"][at] or f"Column {at + 1}",
                choices=choices,
                initial=table["guesses"][at],
                required=False,
            )
        self.goals = import_goals.offered()
        for goal in self.goals:
            options = list(goal.choices(user))
            if options:
                self.fields[f"goal_{goal.name}"] = forms.ChoiceField(
                    label=goal.label, help_text=goal.help, required=False, choices=[("", "No"), *options]
                )

    def mapping(self) -> list[str]:
        return [self.cleaned_data[name] for name in self.column_names]

    def goal(self) -> tuple[str, str]:
        """The first goal that was chosen, with its key."""
        said = ((goal.name, self.cleaned_data.get(f"goal_{goal.name}", "")) for goal in self.goals)
        return next(((name, key) for name, key in said if key), ("", ""))


def import_view(request: HttpRequest) -> HttpResponseBase:
    """Choose a file."""
    user = _importer(request)
    form = FileForm(request.POST or None, request.FILES or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            task = actions.receive(file=file, filename=file.name, size=file.size, by=user, now=timezone.now())
        except reading.NoTable as error:
            form.add_error("file", error.message)
        else:
            return HttpResponseRedirect(reverse("admin:long_task", args=[task.pk]))
    mine = LongTask.objects.visible_to(user).filter(kind=RUN)[:5]
    context = {"title": "Import candidates", "form": form, "recent": mine, "fields": columns.FIELDS}
    return _page(request, "candidates/import_file.html", context)


def columns_view(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """Say what the columns of a file mean; the check that follows changes nothing."""
    user = _importer(request)
    read = _task_or_404(request, task_id, READ)
    table = actions.rows_of(read, now=timezone.now())
    form = ColumnsForm(request.POST or None, table=table, user=user)
    if request.method == "POST" and form.is_valid():
        goal, key = form.goal()
        try:
            task = actions.check(
                read=read,
                mapping=form.mapping(),
                existing=form.cleaned_data["existing"],
                source=form.cleaned_data["source"],
                goal=goal,
                goal_key=key,
                by=user,
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            return HttpResponseRedirect(reverse("admin:long_task", args=[task.pk]))
    samples = [[row[at] if at < len(row) else "" for row in table["sample"]] for at in range(len(table["headings"]))]
    context = {
        "title": f"Columns of {read.params['filename']}",
        "form": form,
        "table": table,
        "rows": [(form[name], samples[at]) for at, name in enumerate(form.column_names)],
        "others": [field for field in form if field.name not in form.column_names],
    }
    return _page(request, "candidates/import_columns.html", context)


def run_view(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """Start the import of a file that was checked."""
    user = _importer(request)
    checked = _task_or_404(request, task_id, CHECK)
    if request.method != "POST":
        raise Http404
    return _started(request, checked, lambda: actions.run(checked=checked, by=user, now=timezone.now()))


def undo_view(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """Take back what an import added."""
    user = _importer(request)
    imported = _task_or_404(request, task_id, RUN)
    if request.method != "POST":
        raise Http404
    return _started(request, imported, lambda: actions.undo(imported=imported, by=user, now=timezone.now()))


def _started(request: HttpRequest, before: LongTask, begin: Any) -> HttpResponseBase:
    try:
        task = begin()
    except DomainError as error:
        messages.error(request, error.message)
        task = before
    return HttpResponseRedirect(reverse("admin:long_task", args=[task.pk]))


def _importer(request: HttpRequest) -> Any:
    if not request.user.has_perm("candidates.import_candidate"):
        raise PermissionDenied
    return request.user


def _task_or_404(request: HttpRequest, task_id: UUID, kind: str) -> LongTask:
    task = LongTask.objects.visible_to(request.user).filter(pk=task_id, kind=kind).first()
    if task is None:
        raise Http404
    return task


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    answer = TemplateResponse(request, template, {**admin.site.each_context(request), **context})
    answer["Cache-Control"] = "private, no-store"
    return answer


# --- What the pages of the tasks offer next ---------------------------------------------------------------------------


def _after_reading(_request: HttpRequest, task: LongTask) -> dict[str, Any] | None:
    return {"step": "read"} if task.state == LongTask.State.DONE else {"step": "failed"}


def _after_check(_request: HttpRequest, task: LongTask) -> dict[str, Any] | None:
    if task.state != LongTask.State.DONE:
        return {"step": "failed"}
    refused = int(task.result.get("refused", 0))
    return {"step": "check", "doable": max(0, task.done - refused), "refused": refused, "read": task.params["read"]}


def _after_import(_request: HttpRequest, task: LongTask) -> dict[str, Any] | None:
    return {"step": "run", "undo": actions.may_be_undone(task), "days": actions.UNDO_DAYS}


def _after_undo(_request: HttpRequest, _task: LongTask) -> dict[str, Any] | None:
    return {"step": "undo"}


for _kind, _data in ((READ, _after_reading), (CHECK, _after_check), (RUN, _after_import), (UNDO, _after_undo)):
    long_task.add_offer(Offer(kind=_kind, template="candidates/import_next.html", data=_data))

add_page("candidates/import/", import_view, name="candidates_import")
add_page("candidates/import/<uuid:task_id>/", columns_view, name="candidates_import_columns")
add_page("candidates/import/<uuid:task_id>/run/", run_view, name="candidates_import_run")
add_page("candidates/import/<uuid:task_id>/undo/", undo_view, name="candidates_import_undo")
