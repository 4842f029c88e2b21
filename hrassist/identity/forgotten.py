"""The pages of a forgotten password."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hrassist.identity import resets
from hrassist.lib import origin
from hrassist.lib.errors import DomainError

# Between the link and the form the token waits in the session: an address is seen by more eyes than a cookie.
WAITING = "password_reset"
IN_SESSION = "form"


class WhoForm(forms.Form):
    who = forms.CharField(
        label="User name or e-mail address",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=1000,
        help_text="At least 12 characters; a sentence of your own is good.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def _page(request: HttpRequest, template: str, title: str, **told: object) -> HttpResponse:
    answer = render(request, f"entry/{template}.html", {"title": title, "site_title": "hrassist", **told})
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_http_methods(["GET", "POST"])
@never_cache
def ask_view(request: HttpRequest) -> HttpResponseBase:
    """Who forgot it; the answer is the same whoever it is."""
    form = WhoForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        resets.ask(who=form.cleaned_data["who"].strip(), address=origin.network_of(request))
        return _page(request, "reset_sent", "Look into your mail")
    return _page(request, "reset_ask", "Forgot your password?", form=form)


@require_http_methods(["GET", "POST"])
@never_cache
def confirm_view(request: HttpRequest, code: str, token: str) -> HttpResponseBase:
    """The new password, by the link of the mail."""
    here = reverse("password_reset_confirm", args=[code, IN_SESSION])
    if token != IN_SESSION:
        request.session[WAITING] = token[:200]
        return HttpResponseRedirect(here)
    try:
        user = resets.owner_of(code, str(request.session.get(WAITING, "")))
    except DomainError as error:
        return _page(request, "reset_over", "This link is over", why=error.message)
    form, refused = NewPasswordForm(request.POST or None, label_suffix=""), ""
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if said["password"] != said["again"]:
                raise resets.WeakPassword("The two are not the same.")
            resets.set_password(user=user, password=said["password"], now=timezone.now())
        except DomainError as error:
            refused = error.message
        else:
            request.session.flush()
            return _page(request, "reset_done", "Your password is set")
    return _page(request, "reset_form", "A new password", form=form, refused=refused, person=user)
