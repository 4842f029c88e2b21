"""The tabs above a list, and the forms that keep, change and forget them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from hrassist import saved_views as actions
from hrassist.admin.paging import VIEW_VAR
from hrassist.lib.errors import DomainError
from hrassist.models import SavedView


@dataclass(frozen=True, slots=True)
class ViewTab:
    name: str
    url: str
    current: bool
    shared_by: str = ""


@dataclass(frozen=True, slots=True)
class Views:
    """The tabs of a list; `current` is the open view, `changed` whether the list shows something else by now."""

    tabs: list[ViewTab]
    model: str
    query: str
    current: SavedView | None
    is_mine: bool
    changed: bool
    may_share: bool

    @property
    def can_save(self) -> bool:
        return bool(self.query) and (self.current is None or self.changed)


def of_list(request: HttpRequest, model: str, *, all_of_them: str) -> Views:
    """What the list's page needs; one query."""
    views = actions.of_list(request.user, model)
    query = actions.kept(request.META.get("QUERY_STRING", ""))
    asked = request.GET.get(VIEW_VAR, "")
    current = next((view for view in views if str(view.pk) == asked), None) or next(
        (view for view in views if query and view.query == query), None
    )
    tabs = [ViewTab(name=all_of_them, url=request.path, current=current is None and not query)]
    tabs += [
        ViewTab(
            name=view.name,
            url=f"{request.path}?{view.query}{'&' if view.query else ''}{VIEW_VAR}={view.pk}",
            current=view is current,
            shared_by="" if view.owner_id == request.user.pk else view.owner.display_name,
        )
        for view in views
    ]
    return Views(
        tabs=tabs,
        model=model,
        query=query,
        current=current,
        is_mine=current is not None and current.owner_id == request.user.pk,
        changed=current is not None and current.query != query,
        may_share=request.user.has_perm("hrassist.share_savedview"),
    )


def add_view(request: HttpRequest) -> HttpResponseBase:
    """Keep the list that was looked at under a name."""
    model, list_url = _list_of(request, request.POST.get("model", ""))
    user: Any = request.user
    try:
        view = actions.save(
            model=model, name=request.POST.get("name", ""), query=request.POST.get("query", ""), by=user,
            now=timezone.now(), shared=bool(request.POST.get("shared")),
        )  # fmt: skip
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(_back(request, list_url))
    messages.success(request, f"“{view.name}” is a tab of this list now.")
    return HttpResponseRedirect(_address(list_url, view))


def change_view(request: HttpRequest, savedview_id: UUID) -> HttpResponseBase:
    """Update, rename, share or forget a view of one's own."""
    user: Any = request.user
    view = SavedView.objects.visible_to(user).filter(pk=savedview_id).first()
    if request.method != "POST" or view is None:
        raise Http404
    _, list_url = _list_of(request, view.model)
    said = request.POST
    try:
        match said.get("do"):
            case "update":
                view, done = actions.update(view_id=view.pk, query=said.get("query", ""), by=user), "is up to date."
            case "rename":
                view, done = actions.rename(view_id=view.pk, name=said.get("name", ""), by=user), "is its name now."
            case "share":
                view, done = actions.share(view_id=view.pk, shared=True, by=user), "is there for everybody now."
            case "unshare":
                view, done = actions.share(view_id=view.pk, shared=False, by=user), "is yours alone again."
            case "delete":
                actions.delete(view_id=view.pk, by=user)
                messages.success(request, f"The view “{view.name}” is gone. What it showed stays.")
                return HttpResponseRedirect(list_url)
            case _:
                raise Http404
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(_back(request, list_url))
    messages.success(request, f"“{view.name}” {done}")
    return HttpResponseRedirect(_address(list_url, view))


def _list_of(request: HttpRequest, model: str) -> tuple[str, str]:
    """The list of a model in this site, if the user may open it."""
    if request.method != "POST":
        raise Http404
    for known, model_admin in admin.site._registry.items():
        if known._meta.label_lower == model:
            if not model_admin.has_view_permission(request):
                raise PermissionDenied
            return model, reverse(f"admin:{known._meta.app_label}_{known._meta.model_name}_changelist")
    raise Http404


def _address(list_url: str, view: SavedView) -> str:
    return f"{list_url}?{view.query}{'&' if view.query else ''}{VIEW_VAR}={view.pk}"


def _back(request: HttpRequest, otherwise: str) -> str:
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) else otherwise
