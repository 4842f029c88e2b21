"""Changing many rows of a list: confirmed, at once or as long work, told row by row, undone where that can be."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from hrassist import long_tasks
from hrassist.lib.errors import DomainError
from hrassist.lib.outcomes import Followed, Outcome, Refusals
from hrassist.models import LongTask

AT_ONCE, NAMES_SHOWN, REFUSALS_SHOWN, UNDOS_KEPT = 200, 8, 5, 5
KIND, UNDO_KEY = "admin.bulk", "bulk_undo"
FOLLOWED_SECONDS = 5
GONE = "It is gone, or you do not see it any more."
Deed = Callable[..., Outcome]


class BulkForm(forms.Form):
    """What else an act on many rows must know; `rows` are those it is for."""

    def __init__(self, *args: Any, request: HttpRequest, rows: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.request, self.rows = request, rows
        self.prepare()
        first = next(iter(self.visible_fields()), None)
        if first is not None:
            first.field.widget.attrs["autofocus"] = True

    def prepare(self) -> None:
        """Fill choices that depend on who asks and for what."""

    def params(self) -> dict[str, Any]:
        """What the act is called with beside keys, by and now; it must survive JSON."""
        return dict(self.cleaned_data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What the list of a model offers for the rows that are chosen there."""

    model: str
    name: str
    label: str
    icon: str
    permissions: tuple[str, ...]
    danger: bool = False
    order: int = 100

    def answer(self, model_admin: Any, request: HttpRequest, rows: Any) -> HttpResponseBase:
        """What somebody sees who chose rows and this act."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk(Act):
    """`do(keys=…, by=…, now=…, **form.params())` changes at most 200 rows in one transaction.

    `happens` says before, `done` says after, each with {count}. `undo` gets the keys that changed and the same params.
    Where what is begun goes on by itself, `follow` tells how far all of it is: such an act is long work of its own
    `kind` however few the rows, `do` gets that work as `batch`, and `stop` ends what of it has not ended.
    """

    do: Deed
    happens: str
    done: str = ""
    form: type[BulkForm] = BulkForm
    undo: Deed | None = None
    kind: str = KIND
    follow: Callable[[LongTask], Followed] | None = None
    stop: long_tasks.Stop | None = None

    def answer(self, model_admin: Any, request: HttpRequest, rows: Any) -> HttpResponseBase:
        return _confirm_or_do(self, model_admin, request, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere(Act):
    """An act with a page of its own, which `page(request, rows)` answers with."""

    page: Callable[[HttpRequest, Any], HttpResponseBase]

    def answer(self, model_admin: Any, request: HttpRequest, rows: Any) -> HttpResponseBase:
        return self.page(request, rows)


_known: dict[tuple[str, str], Act] = {}


def add(*acts: Act) -> None:
    """Offer acts on the list of their model, from this app or one above."""
    for one in acts:
        _known[one.model, one.name] = one
        if isinstance(one, Bulk) and one.kind != KIND:
            long_tasks.work(one.kind, stop=one.stop)(run)


def of(model: str, user: Any) -> list[Act]:
    """What this user may do to many rows of a list."""
    mine = [one for one in _known.values() if one.model == model and user.has_perms(one.permissions)]
    return sorted(mine, key=lambda one: (one.order, one.label))


def as_admin_action(one: Act) -> tuple[Any, str, str]:
    """As Django's list wants it: it works from the plain form, without a script."""

    def act(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponseBase:
        return one.answer(model_admin, request, queryset)

    return act, one.name, one.label


# --- On the page ------------------------------------------------------------------------------------------------------


def _confirm_or_do(one: Bulk, model_admin: Any, request: HttpRequest, rows: Any) -> HttpResponseBase:
    confirmed = "confirmed" in request.POST
    form = one.form(request.POST if confirmed else None, request=request, rows=rows)
    if confirmed and form.is_valid():
        return _do(one, model_admin, request, rows, form)
    across = request.POST.get("select_across") == "1"
    count = rows.order_by()[: AT_ONCE + 1].count()
    shown = list(rows[:NAMES_SHOWN])
    how_many = _how_many(model_admin, request, rows, count)
    context = {
        **admin.site.each_context(request),
        "title": one.label.rstrip("…"),
        "act": one,
        "form": form,
        "happens": one.happens.format(count=how_many),
        "count": count,
        "how_many": how_many,
        "is_long": count > AT_ONCE,
        "is_followed": one.follow is not None,
        "shown": shown,
        "more": max(count - len(shown), 0) if count <= AT_ONCE else 0,
        "across": across,
        # Django asks for one chosen row even where all that match are meant.
        "keys": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "opts": model_admin.opts,
        "back": request.get_full_path(),
        "nouns": model_admin.nouns or model_admin.opts.verbose_name_plural,
    }
    return TemplateResponse(request, "admin/bulk.html", context, status=200)


def _do(one: Bulk, model_admin: Any, request: HttpRequest, rows: Any, form: BulkForm) -> HttpResponseBase:
    user: Any = request.user
    back = HttpResponseRedirect(request.get_full_path())
    keys = list(rows.order_by().values_list("pk", flat=True)[: AT_ONCE + 1])
    params = form.params()
    if len(keys) > AT_ONCE or one.follow is not None:
        return _start(one, model_admin, request, rows, params)
    try:
        outcome = one.do(keys=keys, by=user, now=timezone.now(), **params)
    except DomainError as error:
        messages.error(request, error.message)
        return back
    _tell(one, model_admin, request, outcome, params)
    return back


def _tell(one: Bulk, model_admin: Any, request: HttpRequest, outcome: Outcome, params: dict[str, Any]) -> None:
    if outcome.changed:
        text = one.done.format(count=counted(len(outcome.changed), model_admin))
        messages.success(request, _with_undo(request, one, text, outcome.changed, params))
    if outcome.unchanged:
        messages.info(request, f"{counted(outcome.unchanged, model_admin)} needed no change.")
    if outcome.refused:
        names = model_admin.get_queryset(request).in_bulk([key for key, _ in outcome.refused[:REFUSALS_SHOWN]])
        told = [f"{names[key]}: {why}" for key, why in outcome.refused[:REFUSALS_SHOWN] if key in names]
        more = len(outcome.refused) - len(told)
        left = f"{counted(len(outcome.refused), model_admin)} stayed as before. {' '.join(told)}"
        messages.warning(request, left + (f" And {more} more." if more else ""))


def _start(one: Bulk, model_admin: Any, request: HttpRequest, rows: Any, params: dict[str, Any]) -> HttpResponseBase:
    user: Any = request.user
    across = request.POST.get("select_across") == "1"
    task = long_tasks.start(
        kind=one.kind,
        title=f"{one.label.rstrip('…')}: {model_admin.nouns or model_admin.opts.verbose_name_plural}",
        params={
            "model": one.model,
            "name": one.name,
            "params": params,
            "query": urlsplit(request.get_full_path()).query if across else "",
            "keys": None if across else [str(key) for key in rows.values_list("pk", flat=True)],
        },
        by=user,
        now=timezone.now(),
    )
    try:
        return HttpResponseRedirect(reverse("admin:long_task", args=[task.pk]))
    except NoReverseMatch:
        messages.success(request, "The work has begun and goes on in the background; you may leave this page.")
        return HttpResponseRedirect(request.get_full_path())


def _how_many(model_admin: Any, request: HttpRequest, rows: Any, count: int) -> str:
    if count <= AT_ONCE:
        return counted(count, model_admin)
    changes = model_admin.get_paginator(request, rows, model_admin.list_per_page)
    about = f"about {changes.count:,}" if changes.is_estimate else f"{changes.count:,}"
    return f"{about} {model_admin.nouns or model_admin.opts.verbose_name_plural}"


def counted(count: int, model_admin: Any) -> str:
    """1 candidate, 12 candidates."""
    one = model_admin.noun or model_admin.opts.verbose_name
    many = model_admin.nouns or model_admin.opts.verbose_name_plural
    return f"{count:,} {one if count == 1 else many}"


# --- Long work --------------------------------------------------------------------------------------------------------


@long_tasks.work(KIND)
def run(progress: long_tasks.Progress) -> dict[str, Any]:
    """In steps of 200 rows, each its own transaction, over what the user may see and do when it runs."""
    said = progress.params
    act = _known.get((said["model"], said["name"]))
    if not isinstance(act, Bulk) or not progress.by.is_active or not progress.by.has_perms(act.permissions):
        raise DomainError("You may not do this any more. Nothing more was done.", code="not_allowed")
    if progress.waits:
        return _followed(act, progress)
    model_admin, keys = _keys_again(said, progress.by)
    progress.total(len(keys))
    batch = {} if act.follow is None else {"batch": progress.task}
    changed = unchanged = done = 0
    refusals = Refusals(act.model)
    for some in _in_steps(keys, AT_ONCE):
        # Seen again: rights and rows may have changed since the work began.
        seen = list(model_admin.get_queryset(_request(progress.by)).filter(pk__in=some).values_list("pk", flat=True))
        outcome = act.do(keys=seen, by=progress.by, now=timezone.now(), **said["params"], **batch)
        done += len(some)
        changed += len(outcome.changed)
        unchanged += outcome.unchanged
        for key, why in outcome.refused:
            refusals.add(key, why)
        refusals.add_unnamed(len(some) - len(outcome.changed) - outcome.unchanged - len(outcome.refused), GONE)
        so_far = {"unchanged": unchanged, **refusals.as_result()}
        if act.follow is None:
            progress.at(done, changed=changed, **so_far)
        else:
            progress.at(unchanged + refusals.count, begun=changed, **so_far)
    if act.follow is not None:
        return _followed(act, progress)
    return {"changed": changed, "unchanged": unchanged, **refusals.as_result()}


def _followed(act: Bulk, progress: long_tasks.Progress) -> dict[str, Any]:
    """How far what was begun is; raises Later until all of it has ended."""
    if act.follow is None:
        raise LookupError(f"nothing follows {act.name}")
    now, begun = act.follow(progress.task), progress.task.result
    progress.at(begun.get("unchanged", 0) + begun.get("refused", 0) + now.ended, **now.counts)
    if now.open:
        raise long_tasks.Later(FOLLOWED_SECONDS)
    return now.counts


def _keys_again(said: dict[str, Any], user: Any) -> tuple[Any, list[Any]]:
    model_admin = admin_of(said["model"])
    if said["keys"] is not None:
        return model_admin, said["keys"]
    request = _request(user, said["query"])
    rows = model_admin.get_changelist_instance(request).get_queryset(request)
    return model_admin, list(rows.order_by().values_list("pk", flat=True))


def admin_of(label: str) -> Any:
    """The pages of a model, by its label."""
    return next(one for model, one in admin.site._registry.items() if model._meta.label_lower == label)


def _request(user: Any, query: str = "") -> Any:
    """The list as its page would ask for it."""
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": query, "wsgi.input": io.BytesIO()}
    request: Any = WSGIRequest(asked)
    request.user = user
    return request


def _in_steps(keys: Sequence[Any], size: int) -> Iterable[list[Any]]:
    left = iter(keys)
    while some := list(islice(left, size)):
        yield some


# --- Undo -------------------------------------------------------------------------------------------------------------


def _with_undo(
    request: HttpRequest, one: Bulk, text: str, keys: Sequence[Any], params: dict[str, Any]
) -> str | SafeString:
    if one.undo is None:
        return text
    token = secrets.token_urlsafe(9)
    kept = dict(list(request.session.get(UNDO_KEY, {}).items())[-UNDOS_KEPT + 1 :])
    kept[token] = {"model": one.model, "name": one.name, "keys": [str(key) for key in keys], "params": params}
    request.session[UNDO_KEY] = kept
    return format_html(
        '{} <form method="post" action="{}" class="undo"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="undo" value="{}"><input type="hidden" name="back" value="{}">'
        '<button type="submit" class="button small">Undo</button></form>',
        text, reverse("admin:bulk_undo"), get_token(request), token, request.get_full_path(),
    )  # fmt: skip


def undo_view(request: HttpRequest) -> HttpResponseBase:
    """Take back what was done to many rows, once, by whoever did it."""
    if request.method != "POST":
        raise Http404
    kept = request.session.get(UNDO_KEY, {})
    said = kept.pop(request.POST.get("undo", ""), None)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("admin:index")
    if said is None:
        messages.error(request, "This can no longer be undone here.")
        return HttpResponseRedirect(back)
    request.session[UNDO_KEY] = kept
    one = _known.get((said["model"], said["name"]))
    if not isinstance(one, Bulk) or one.undo is None or not request.user.has_perms(one.permissions):
        raise PermissionDenied
    model_admin = admin_of(one.model)
    seen = list(model_admin.get_queryset(request).filter(pk__in=said["keys"]).values_list("pk", flat=True))
    try:
        outcome = one.undo(keys=seen, by=request.user, now=timezone.now(), **said["params"])
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Undone for {counted(len(outcome.changed), model_admin)}.")
    return HttpResponseRedirect(back)
