"""One's own account: second factors, where one is signed in, and proving it again before either is changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from hrassist.admin.site import add_page
from hrassist.identity import devices, entry, factors, gate, proof, sealing, security_keys, sso
from hrassist.identity.sessions import digest_of
from hrassist.lib.errors import DomainError
from hrassist.models import ApiToken, Session

View = Callable[..., HttpResponseBase]


def freshly_proven(view: View) -> View:
    """Ask who it is once more, if they showed it longer ago than some minutes; then go on where they were."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if gate.is_fresh(request):
            return view(request, *args, **kwargs)
        # A form that was sent is not sent again by a redirect: the page it stands on comes back instead.
        return ask_again(request, back=request.get_full_path() if request.method == "GET" else reverse("admin:account"))

    return guarded


def ask_again(request: HttpRequest, *, back: str) -> HttpResponseRedirect:
    """To the page that asks who it is, and from there back."""
    if request.method == "POST":
        messages.info(request, "Nothing was changed yet: show first that it is still you, then do it again.")
    return HttpResponseRedirect(f"{reverse('admin:confirm')}?{urlencode({'next': back})}")


def page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    answer = TemplateResponse(
        request, f"admin/account/{template}.html", {**admin.site.each_context(request), "title": title, **context}
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


def account_view(request: HttpRequest) -> HttpResponse:
    """Factors, sessions and tokens of one's own."""
    user: Any = request.user
    mine = Session.objects.of(user).alive(now=timezone.now())
    present = digest_of(request.session.session_key)
    sessions = [devices.shown(row, present=present) for row in mine.order_by("-last_used_at")[:50]]
    rows = factors.of(user)
    return page(
        request,
        "overview",
        "Your account",
        rows=[(row, factors.named(row)) for row in rows if row.type != factors.CODES],
        codes_left=next((len(row.data["digests"]) for row in rows if row.type == factors.CODES), 0),
        sessions=sessions,
        others=len(sessions) > 1,
        tokens=ApiToken.objects.filter(user=user).usable(now=timezone.now()).count(),
    )


@freshly_proven
def factor_add_view(request: HttpRequest) -> HttpResponseBase:
    """Another app or key."""
    user: Any = request.user
    refused = ""
    if request.method == "POST":
        try:
            entry.added(request, user)
        except DomainError as error:
            refused = error.message
        else:
            messages.success(request, "The new factor works from now on. Your other sessions have ended.")
            after = "codes" if request.session.get(entry.CODES) else "admin:account"
            return HttpResponseRedirect(f"{reverse(after)}?{urlencode({'next': reverse('admin:account')})}")
    has_app = any(row.type == factors.TOTP for row in factors.of(user))
    return page(
        request, "factor_add", "Add a second factor", form=entry.CodeForm(label_suffix=""), refused=refused,
        has_app=has_app, **entry.offered(request, user),
    )  # fmt: skip


@freshly_proven
def factor_view(request: HttpRequest, factor_id: int) -> HttpResponseBase:
    """Rename a key, or remove a factor."""
    user: Any = request.user
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        if "remove" in request.POST:
            factors.remove(user=user, factor_id=factor_id, by=user, now=timezone.now())
            gate.end_other_sessions(request, user=user, by=user)
            messages.success(request, "The factor is removed. Your other sessions have ended.")
        else:
            factors.rename(user=user, factor_id=factor_id, name=request.POST.get("name", ""), by=user)
            messages.success(request, "The key has its new name.")
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("admin:account"))


@freshly_proven
def codes_view(request: HttpRequest) -> HttpResponseBase:
    """Fresh recovery codes in the place of those before."""
    user: Any = request.user
    if request.method != "POST" or not factors.has_factor(user):
        return HttpResponseRedirect(reverse("admin:account"))
    codes = factors.make_codes(user=user, by=user, now=timezone.now())
    request.session[entry.CODES] = sealing.seal(" ".join(codes))
    return HttpResponseRedirect(f"{reverse('codes')}?{urlencode({'next': reverse('admin:account')})}")


def session_end_view(request: HttpRequest) -> HttpResponseBase:
    """End one of one's own sessions, or all but the present one."""
    user: Any = request.user
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    which = request.POST.get("session", "")
    if which:
        ended = devices.end(key=which, owner=user, by=user)
    else:
        ended = gate.end_other_sessions(request, user=user, by=user)
    messages.success(request, "That session has ended." if ended == 1 else f"{ended} sessions have ended.")
    return HttpResponseRedirect(reverse("admin:account"))


class PasswordForm(forms.Form):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}), strip=False
    )


def confirm_view(request: HttpRequest) -> HttpResponseBase:
    """Prove once more who one is, by a factor, or by the password where there is none."""
    user: Any = request.user
    has_factor, refused = factors.has_factor(user), ""
    if request.method == "POST":
        try:
            if has_factor:
                entry.proven_by(request, user)
            else:
                proof.check_password(user=user, password=request.POST.get("password", ""))
        except DomainError as error:
            refused = error.message
        else:
            gate.refresh(request)
            return HttpResponseRedirect(entry.where_next(request))
    usable = has_factor and security_keys.usable_here(request)
    return page(
        request,
        "confirm",
        "Is it still you?",
        form=entry.CodeForm(label_suffix="") if has_factor else PasswordForm(label_suffix=""),
        has_factor=has_factor,
        ways_in=[] if has_factor or user.has_usable_password() else sso.offered(),
        refused=refused,
        keys=security_keys.options_to_prove(request, user) if usable else "",
        next=entry.where_next(request),
    )


def session_state_view(request: HttpRequest) -> JsonResponse:
    """How long this session lasts, for the page that warns before it ends; asking with POST keeps it alive."""
    store: Any = request.session
    return JsonResponse({"token": get_token(request), **store.remaining()}, headers={"Cache-Control": "no-store"})


def signed_in_again_view(request: HttpRequest) -> HttpResponse:
    """Where somebody comes who signed in again in a window of its own: back to the one with what they had typed."""
    return page(request, "signed_in_again", "You are signed in again")


add_page("account/signed-in-again/", signed_in_again_view, name="signed_in_again")
add_page("account/", account_view, name="account")
add_page("account/factors/add/", factor_add_view, name="factor_add")
add_page("account/factors/<int:factor_id>/", factor_view, name="factor")
add_page("account/factors/codes/", codes_view, name="factor_codes")
add_page("account/sessions/end/", session_end_view, name="session_end")
add_page("account/session/", session_state_view, name="session_state")
add_page("account/confirm/", confirm_view, name="confirm")
