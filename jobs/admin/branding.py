"""The page on which documents get their name, logo and colours, with a first page to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hrassist import branding
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import guarded
from jobs.actions import branding as actions
from jobs.reports.documents import sample


class Colour(forms.TextInput):
    input_type = "color"


class BrandingForm(forms.Form):
    organisation = forms.CharField(
        max_length=120, required=False, help_text="As documents say it. Empty: the name that the operator set."
    )
    heading_colour = forms.CharField(
        max_length=7, widget=Colour, help_text="Of headings and figures. Dark enough to be read on white."
    )
    accent_colour = forms.CharField(max_length=7, widget=Colour, help_text="Of charts and lines.")
    logo = forms.FileField(
        required=False, widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text="PNG or JPEG, up to 2 MB. It is redrawn, so nothing but its pixels is kept.",
    )  # fmt: skip
    without_logo = forms.BooleanField(required=False, label="Take the logo off")

    def clean_heading_colour(self) -> str:
        return str(self.cleaned_data["heading_colour"]).lower()

    def clean_accent_colour(self) -> str:
        return str(self.cleaned_data["accent_colour"]).lower()


def branding_view(request: HttpRequest) -> HttpResponseBase:
    user = _allowed(request)
    chosen = branding.current()
    initial = {name: getattr(chosen, name) for name in ("organisation", "heading_colour", "accent_colour")}
    form = BrandingForm(request.POST or None, request.FILES or None, initial=initial, label_suffix="")
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        file = said.pop("logo")
        try:
            # One byte more than is taken, so that the action says that it is too many.
            logo = file.read(2 * 1024 * 1024 + 1) if file else None
            actions.change(
                by=user, now=timezone.now(), logo=logo, expected_updated_at=request.POST.get("seen", ""), **said
            )
        except DomainError as error:
            for name, told in error.fields.items():
                form.add_error(name, told)
            if not error.fields:
                form.add_error(None, error.message)
        else:
            return HttpResponseRedirect(reverse("admin:branding"))
    context = {
        "title": "Branding",
        "tab": "branding",
        "form": form,
        "chosen": chosen,
        "seen": chosen.updated_at.isoformat() if chosen.updated_by_id else "",
        "stamp": int(chosen.updated_at.timestamp()),
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(
        request, "admin/jobs/report/branding.html", {**admin.site.each_context(request), **context}, status=status
    )


@require_safe
def logo_view(request: HttpRequest) -> HttpResponseBase:
    _allowed(request)
    content = branding.logo_of(branding.current())
    if content is None:
        raise Http404
    return _image(content, filename="logo.png")


@require_safe
def sample_view(request: HttpRequest) -> HttpResponseBase:
    """A first page of a report with invented words, as documents look now."""
    user = _allowed(request)
    (first, *_) = sample.pages(branding.look(), owner=user, now=timezone.now())
    return _image(first, filename="sample.png")


def _image(content: bytes, *, filename: str) -> HttpResponseBase:
    return guarded(HttpResponse(content, content_type="image/png"), filename=filename, inline=True)


def _allowed(request: HttpRequest) -> Any:
    user: Any = request.user
    if not user.has_perm("hrassist.change_branding"):
        raise PermissionDenied
    return user


add_page("reports/documents/branding/", branding_view, name="branding")
add_page("reports/documents/branding/logo/", logo_view, name="branding_logo")
add_page("reports/documents/branding/sample/", sample_view, name="branding_sample")
