"""The pages between the password and the first page: prove the second factor, or set one up."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from audit import actions as audit
from hrassist.identity import factors, gate, sealing, security_keys
from hrassist.lib.errors import DomainError
from hrassist.models import User

SECRET, CODES = "new_app_secret", "new_codes"
View = Callable[..., HttpResponseBase]


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


def where_next(request: HttpRequest) -> str:
    """Where the person wanted to go, as long as it is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse("admin:index")


def beginning(user: User, *, wanted: str) -> str:
    """The page that somebody whose password was right goes to: prove a factor, or set up the first one."""
    page = "verify" if factors.has_factor(user) else "enrol"
    return f"{reverse(page)}?{urlencode({'next': wanted})}"


def owing(request: HttpRequest) -> User | None:
    found: Any = getattr(request, "owing", None)
    # A lazy object that holds None is not None itself.
    return found if found and found.pk else None


def for_owing(view: View) -> View:
    """Only for a session that owes its second factor; others go where they wanted to, or sign in."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = owing(request)
        if user is None and not request.user.is_authenticated:
            return redirect_to_login(where_next(request))
        if user is None:
            return HttpResponseRedirect(where_next(request))
        return view(request, user, *args, **kwargs)

    return guarded


def page(request: HttpRequest, template: str, user: User, **context: Any) -> HttpResponse:
    context |= {"person": user, "next": where_next(request), "site_title": admin.site.site_title}
    answer = TemplateResponse(request, f"entry/{template}.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_http_methods(["GET", "POST"])
@for_owing
def verify_view(request: HttpRequest, user: User) -> HttpResponseBase:
    """A code, or a touch of a security key."""
    if not factors.has_factor(user):
        return HttpResponseRedirect(beginning(user, wanted=where_next(request)))
    refused = ""
    if request.method == "POST":
        try:
            method = proven_by(request, user)
        except DomainError as error:
            refused = error.message
        else:
            gate.prove(request, method=method)
            audit.record("user.factor_proven", target=user, by=user, method=method)
            return HttpResponseRedirect(where_next(request))
    keys = security_keys.options_to_prove(request, user) if security_keys.usable_here(request) else ""
    return page(
        request, "verify", user, title="Second factor", form=CodeForm(label_suffix=""), refused=refused, keys=keys
    )


def proven_by(request: HttpRequest, user: User) -> str:
    """The factor that this form proves. Raises DomainError."""
    now = timezone.now()
    if answer := request.POST.get("credential"):
        security_keys.prove(request=request, user=user, answer=answer, now=now)
        return str(factors.KEY.value)
    return factors.check_code(user=user, code=request.POST.get("code", "")[:40], now=now)


@require_http_methods(["GET", "POST"])
@for_owing
def enrol_view(request: HttpRequest, user: User) -> HttpResponseBase:
    """The first factor: an app by its picture, or a security key."""
    if factors.has_factor(user):
        return HttpResponseRedirect(beginning(user, wanted=where_next(request)))
    refused = ""
    if request.method == "POST":
        try:
            added(request, user)
        except DomainError as error:
            refused = error.message
        else:
            return HttpResponseRedirect(f"{reverse('codes')}?{urlencode({'next': where_next(request)})}")
    return page(
        request,
        "enrol",
        user,
        title="Set up a second factor",
        form=CodeForm(label_suffix=""),
        refused=refused,
        **offered(request, user),
    )


def offered(request: HttpRequest, user: User) -> dict[str, Any]:
    """What a page that adds a factor shows: the app's secret as picture and text, and what a key is asked for."""
    secret = secret_of(request)
    picture = base64.b64encode(factors.picture_for_app(factors.address_for_app(user=user, secret=secret))).decode()
    keys = security_keys.options_to_add(request, user) if security_keys.usable_here(request) else ""
    return {
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": picture,
        "keys": keys,
    }


def secret_of(request: HttpRequest) -> str:
    """The secret that this session's picture shows: the same after a mistyped code, sealed while it lies there."""
    if SECRET not in request.session:
        request.session[SECRET] = sealing.seal(factors.new_secret())
    return sealing.unseal(request.session[SECRET])


def added(request: HttpRequest, user: User) -> None:
    """Add the factor of this form, and prove it with it; the first one brings recovery codes. Raises DomainError."""
    now, first = timezone.now(), not factors.has_factor(user)
    if answer := request.POST.get("credential"):
        name = request.POST.get("name", "")
        security_keys.add(request=request, user=user, answer=answer, name=name, by=user, now=now)
        method = str(factors.KEY.value)
    else:
        code = request.POST.get("code", "")[:40]
        factors.enrol_app(user=user, secret=secret_of(request), code=code, by=user, now=now)
        request.session.pop(SECRET, None)
        method = str(factors.TOTP.value)
    gate.prove(request, method=method)
    gate.end_other_sessions(request, user=user, by=user)
    if first:
        request.session[CODES] = sealing.seal(" ".join(factors.make_codes(user=user, by=user, now=now)))


@require_http_methods(["GET", "POST"])
@never_cache
def codes_view(request: HttpRequest) -> HttpResponseBase:
    """The recovery codes, this one time."""
    user: Any = request.user
    sealed = request.session.get(CODES)
    if not user.is_authenticated:
        return redirect_to_login(where_next(request))
    if request.method == "POST" or not sealed:
        request.session.pop(CODES, None)
        return HttpResponseRedirect(where_next(request))
    # Shown once: whoever comes back by the browser's history finds them gone.
    del request.session[CODES]
    return page(request, "codes", user, title="Recovery codes", codes=sealing.unseal(sealed).split())


@require_POST
def leave_view(request: HttpRequest) -> HttpResponseBase:
    """Give up between the two factors."""
    user = owing(request)
    if user is not None:
        audit.record("user.logged_out", target=user, by=user)
    logout(request)
    return HttpResponseRedirect(reverse("admin:login"))
