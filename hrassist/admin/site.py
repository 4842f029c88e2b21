"""The recruiters' admin site: Django's, with our side bar, search, dashboard and error pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from hrassist import accounts, notifications
from hrassist.admin import answers, bulk, dashboard, navigation, pages, saved_views
from hrassist.admin.search import search_view
from hrassist.admin.searched_select import Suggestions
from hrassist.forms import ThrottledAuthenticationForm
from hrassist.identity import entry, gate, sso
from hrassist.lib.errors import DomainError, Gone

View = Callable[..., HttpResponseBase]

_pages: list[tuple[str, View, str]] = []


def add_page(route: str, view: View, *, name: str) -> None:
    """Serve a page of an app inside the site, for signed-in staff only; reverse it as `admin:name`."""
    if (route, view, name) not in _pages:
        _pages.append((route, view, name))


class RecruitersSite(AdminSite):
    site_header = "hrassist"
    site_title = "hrassist"
    index_title = "Dashboard"
    site_url = None
    login_form = ThrottledAuthenticationForm
    enable_nav_sidebar = False
    empty_value_display = "–"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        added = [path(route, self.admin_view(view), name=name) for route, view, name in _pages]
        own = [
            path("search/", self.admin_view(search_view), name="search"),
            path("bulk/undo/", self.admin_view(bulk.undo_view), name="bulk_undo"),
            path("views/", self.admin_view(saved_views.add_view), name="saved_view_add"),
            path("views/<uuid:savedview_id>/", self.admin_view(saved_views.change_view), name="saved_view"),
        ]
        return [*own, *added, *super().get_urls()]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        answer: Any = Suggestions.as_view(admin_site=self)(request)
        return cast(HttpResponse, answer)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if context["has_permission"]:
            context["nav_sections"] = navigation.sections(request)
            user: Any = request.user
            context["unread_count"] = notifications.unread(user)
            store: Any = request.session
            context["session_seconds"] = min(store.remaining().values())
        return context

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return answers.answer_once(request, lambda: view(request, *args, **kwargs))
            except DomainError as error:
                return self.refusal(request, error)
            except pages.Elsewhere as moved:
                messages.info(request, moved.message)
                return HttpResponseRedirect(moved.url)

        inside: Any = super().admin_view(guarded, cacheable)
        inside.answers_once = True
        return inside

    def refusal(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """The page for what an action refused: its sentence, its code, and the way back."""
        context = {**self.each_context(request), "title": _headline(error), "error": error}
        return TemplateResponse(request, "admin/refusal.html", context, status=error.status).render()

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The password; after it the second factor, where one is owed."""
        user: Any = entry.owing(request)
        if user is None:
            shown = {"ways_in": sso.offered(), "sso_only": settings.REQUIRE_SSO, **(extra_context or {})}
            answer: HttpResponse = super().login(request, shown)
            if not isinstance(answer, HttpResponseRedirect) or not gate.owes_factor(request.session):
                return answer
            user = request.user
        return HttpResponseRedirect(entry.beginning(user, wanted=entry.where_next(request)))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One's own password; every other session of the account ends with the one before."""
        answer = super().password_change(request, extra_context)
        if isinstance(answer, HttpResponseRedirect):
            user: Any = request.user
            accounts.password_was_changed(user=user, by=user, now=timezone.now(), but=request.session.session_key)
        return answer

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return TemplateResponse(
            request,
            "admin/dashboard.html",
            {
                **self.each_context(request),
                "title": self.index_title,
                "cards": dashboard.shown(request),
                **(extra_context or {}),
            },
        )

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # The side bar names every page; a second index of the same links would only be a dead end.
        return self.index(request, extra_context)


def _headline(error: DomainError) -> str:
    return "Not here any more" if error.status == Gone.status else "This did not work"
