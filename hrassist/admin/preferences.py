"""What people decide for themselves: their time zone, and when they are mailed."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from hrassist import accounts
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.models import Notification, User


def zones() -> list[tuple[str, str]]:
    """Every zone that has a place in its name, and UTC."""
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


class PreferencesForm(forms.Form):
    notify_by_mail = forms.ChoiceField(
        label="Notifications by mail",
        choices=User.MailChoice.choices,
        widget=forms.RadioSelect,
        help_text="At once bundles what comes within a minute; once a day is at 7:00. Here you always see them.",
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=zones, help_text="For interviews, and for the daily mail.")

    def __init__(self, data: Any, *, user: User) -> None:
        initial = {"notify_by_mail": user.notify_by_mail, "time_zone": user.time_zone}
        super().__init__(data, initial=initial, label_suffix="")
        for kind, label in Notification.Kind.choices:
            self.fields[f"mail_{kind}"] = forms.ChoiceField(
                label=label, required=False, initial=user.mail_by_kind.get(kind, ""),
                choices=[("", "As above"), *User.MailChoice.choices],
            )  # fmt: skip

    @property
    def kinds(self) -> list[Any]:
        """The fields of the kinds, for the template."""
        return [self[f"mail_{kind}"] for kind in Notification.Kind.values]

    def chosen(self) -> dict[str, Any]:
        """What the action wants; kinds that are mailed as all others are left out."""
        said = self.cleaned_data
        by_kind = {kind: said[f"mail_{kind}"] for kind in Notification.Kind.values if said[f"mail_{kind}"]}
        return {name: said[name] for name in ("notify_by_mail", "time_zone")} | {"mail_by_kind": by_kind}


def preferences_view(request: HttpRequest) -> HttpResponse:
    """One's own preferences."""
    user: Any = request.user
    form = PreferencesForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.change_preferences(user=user, **form.chosen())
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "Your preferences are kept.")
            return HttpResponseRedirect(reverse("admin:preferences"))
    return TemplateResponse(
        request,
        "admin/preferences.html",
        {**admin.site.each_context(request), "title": "Preferences", "form": form},
    )


add_page("preferences/", preferences_view, name="preferences")
