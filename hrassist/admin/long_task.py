"""The pages of long work: my tasks, one task with its progress, its files, and the stop button."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from hrassist import long_tasks, task_files
from hrassist.admin import refusals
from hrassist.admin.site import add_page
from hrassist.lib import tables
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import guarded
from hrassist.models import LongTask

State = LongTask.State
COLOURS = {State.QUEUED: "", State.RUNNING: "blue", State.DONE: "good", State.FAILED: "bad", State.CANCELLED: "warn"}
SHOWN = 100
# What a result holds beside counts.
NO_COUNTS = {"refused_rows", "refused_key", "next", "said", "table"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the page of an ended task of this kind shows below it; `data` fills the template or gives None.

    With `always` it is shown before the end too.
    """

    kind: str
    template: str
    data: Callable[[HttpRequest, LongTask], dict[str, Any] | None]
    always: bool = False


_offers: dict[str, Offer] = {}


def add_offer(offer: Offer) -> None:
    """Let the app that started a kind of work say what comes after it."""
    _offers[offer.kind] = offer


@require_safe
def tasks_view(request: HttpRequest) -> HttpResponse:
    """What was started by the user, newest first."""
    tasks = LongTask.objects.visible_to(request.user)[:SHOWN]
    return TemplateResponse(
        request,
        "admin/hrassist/longtask/mine.html",
        {**admin.site.each_context(request), "title": "My tasks", "rows": [(one, _colour(one)) for one in tasks]},
    )


@require_safe
def task_view(request: HttpRequest, task_id: UUID) -> HttpResponse:
    task = _task_or_404(request, task_id)
    answer = TemplateResponse(
        request,
        "admin/hrassist/longtask/page.html",
        {
            **admin.site.each_context(request),
            "title": task.title,
            **_shown(request, task),
            "offer": _offer(request, task),
        },
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def state_view(request: HttpRequest, task_id: UUID) -> JsonResponse:
    """How far it is, for the page's script."""
    task = _task_or_404(request, task_id)
    answer = JsonResponse(
        {
            "state": task.state,
            "word": task.get_state_display(),
            "colour": _colour(task),
            "done": task.done,
            "total": task.total,
            "percent": task.percent,
            "said": _said(task),
            "counts": [[word, number] for word, number in _counts(task)],
            "over": task.is_over,
            "stalled": task.is_stalled(now=timezone.now()),
            "next": task.result.get("next", "") if task.state == State.DONE else "",
        }
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


def cancel_view(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    task = _task_or_404(request, task_id)
    if request.method != "POST":
        raise Http404
    user: Any = request.user
    try:
        long_tasks.cancel(task=task, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Stopped. What was done until then stays done.")
    return HttpResponseRedirect(reverse("admin:long_task", args=[task.pk]))


@require_safe
def file_view(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """The file that the task made, while it is kept."""
    return _download(request, task_id, part="file")


@require_safe
def refused_view(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """Every row that was refused, with the reason, as CSV."""
    return _download(request, task_id, part="refused")


def _download(request: HttpRequest, task_id: UUID, *, part: str) -> HttpResponseBase:
    task = _task_or_404(request, task_id)
    user: Any = request.user
    if request.method == "HEAD":
        return HttpResponse()
    chunks, name = task_files.read(task, part=part, by=user, now=timezone.now())
    kind = tables.CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return guarded(StreamingHttpResponse(_all_of(chunks), content_type=kind), filename=name, inline=False)


def _all_of(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks


def _task_or_404(request: HttpRequest, task_id: UUID) -> LongTask:
    task = LongTask.objects.visible_to(request.user).filter(pk=task_id).first()
    if task is None:
        raise Http404
    return task


def _shown(request: HttpRequest, task: LongTask) -> dict[str, Any]:
    now = timezone.now()
    not_done = refusals.of(request, task)
    refused = [_pair(row) for row in task.result.get("refused_rows", [])]
    has_files = task.file_expires_at is not None and task.file_expires_at > now
    return {
        "task": task,
        "colour": _colour(task),
        "said": _said(task),
        "counts": _counts(task),
        "stalled": task.is_stalled(now=now),
        "not_done": not_done,
        "refused": refused,
        "refused_more": max(0, task.result["refused"] - len(refused)) if refused else 0,
        "refused_file": has_files and bool(task.result.get("refused_key")),
        "file": has_files and bool(task.file_key and task.file_name),
        "file_gone": bool(task.file_name) and not (has_files and task.file_key),
    }


def _offer(request: HttpRequest, task: LongTask) -> SafeString | None:
    offer = _offers.get(task.kind)
    data = offer.data(request, task) if offer and (task.is_over or offer.always) else None
    return render_to_string(offer.template, {"task": task, **data}, request) if offer and data is not None else None


def _colour(task: LongTask) -> str:
    return COLOURS[State(task.state)]


def _said(task: LongTask) -> str:
    if task.message:
        return task.message
    if task.state == State.QUEUED:
        return "A worker takes it up in a moment."
    return str(task.result.get("said", ""))


def _counts(task: LongTask) -> list[tuple[str, int]]:
    return [
        (key.replace("_", " ").capitalize(), value)
        for key, value in task.result.items()
        if key not in NO_COUNTS and isinstance(value, int) and not isinstance(value, bool)
    ]


def _pair(row: Any) -> tuple[str, str]:
    """Which row and why; whoever kept refusals in a shape of their own is shown as well."""
    if isinstance(row, dict):
        *what, why = [str(value) for value in row.values()] or [""]
        return " ".join(what), why
    if isinstance(row, list | tuple) and len(row) == 2:
        return str(row[0]), str(row[1])
    return "", str(row)


add_page("tasks/", tasks_view, name="long_tasks")
add_page("tasks/<uuid:task_id>/", task_view, name="long_task")
add_page("tasks/<uuid:task_id>/state/", state_view, name="long_task_state")
add_page("tasks/<uuid:task_id>/cancel/", cancel_view, name="long_task_cancel")
add_page("tasks/<uuid:task_id>/file/", file_view, name="long_task_file")
add_page("tasks/<uuid:task_id>/refused/", refused_view, name="long_task_refused")
