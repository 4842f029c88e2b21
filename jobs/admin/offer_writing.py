"""The forms of an offer: write a version, change a draft, send it with its letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit import actions as audit
from hrassist.admin import pages
from hrassist.admin.base import QuietForm
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import offers as actions
from jobs.admin.compose import Draft, compose_page, draft_from
from jobs.admin.offer import offer_or_404, seen_at
from jobs.models import Application, EmailTemplate, Offer


class OfferForm(QuietForm):
    class Meta:
        model = Offer
        fields: ClassVar = list(actions.FACTS)
        widgets: ClassVar = {
            "starts_on": forms.DateInput(attrs={"type": "date"}),
            "answer_by": forms.DateInput(attrs={"type": "date"}),
            "benefits": forms.Textarea(attrs={"rows": 5}),
            "terms": forms.Textarea(attrs={"rows": 8}),
            "currency": forms.TextInput(attrs={"size": 4, "autocapitalize": "characters"}),
        }
        labels: ClassVar = {"position_title": "Position", "salary": "Pay", "starts_on": "First day", "period": "Each"}
        help_texts: ClassVar = {
            "answer_by": "The letter asks for an answer by this day.",
            "bonus": "As the letter says it.",
        }

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


@require_http_methods(["GET", "HEAD", "POST"])
def new_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    """Write the next version; it begins with what the last one said."""
    user: Any = request.user
    application: Application = pages.load(request, "application", application_id)
    if not (user.has_perm("jobs.add_offer") and user.has_perm("jobs.view_offer")):
        raise PermissionDenied
    before = Offer.objects.visible_to(user).filter(application=application).order_by("-version").first()
    if before is not None:
        initial = {name: getattr(before, name) for name in actions.FACTS}
    else:
        initial = {"position_title": application.job.title, "currency": "EUR", "period": Offer.Period.YEAR}
    form = OfferForm(request.POST if request.method == "POST" else None, initial=initial)

    def save() -> Offer:
        return actions.create(application=application, facts=form.cleaned_data, by=user, now=timezone.now())

    title = f"Version {before.version + 1}" if before else "First version"
    return _form_page(request, application, form, save=save, title=title, replaced=before)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_view(request: HttpRequest, offer_id: UUID) -> HttpResponseBase:
    """Change a draft."""
    user: Any = request.user
    offer = offer_or_404(request, offer_id)
    if not user.has_perm("jobs.change_offer"):
        raise PermissionDenied
    application: Application = pages.load(request, "application", offer.application_id)
    if offer.status != Offer.Status.DRAFT:
        flash.error(request, "Only a draft can be changed. Write a new version instead.")
        return HttpResponseRedirect(actions.page_of(offer))
    seen = request.POST.get("seen") or offer.updated_at.isoformat()
    initial = {name: getattr(offer, name) for name in actions.FACTS}
    form = OfferForm(request.POST if request.method == "POST" else None, initial=initial)

    def save() -> Offer:
        return actions.update(
            offer=offer, facts=form.cleaned_data, by=user, now=timezone.now(), expected_updated_at=seen_at(seen)
        )

    return _form_page(request, application, form, save=save, title=f"Change version {offer.version}", seen=seen)


def _form_page(
    request: HttpRequest,
    application: Application,
    form: OfferForm,
    *,
    save: Callable[[], Offer],
    title: str,
    seen: str = "",
    replaced: Offer | None = None,
) -> HttpResponseBase:
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                offer = save()
            except DomainError as error:
                status = error.status
                _show_on(form, error)
            else:
                flash.success(request, "The draft is saved. Look it through, then submit it for approval.")
                return HttpResponseRedirect(actions.page_of(offer))
    else:
        user: Any = request.user
        audit.viewed("application.offers_viewed", target=application, by=user, subject=application.candidate_id,
                     job=application.job_id)  # fmt: skip
    context = {
        "form": form, "form_title": title, "seen": seen,
        "replaced": replaced if replaced and replaced.status not in {"denied", "deprecated"} else None,
    }  # fmt: skip
    return pages.render(
        request, "application", application, tab="offers", template="admin/jobs/offer/form.html", context=context,
        status=status,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def send_view(request: HttpRequest, offer_id: UUID) -> HttpResponseBase:
    """Write the mail that the approved offer leaves with; the letter is attached."""
    user: Any = request.user
    offer = offer_or_404(request, offer_id)
    if not (user.has_perm("jobs.change_offer") and user.has_perm("jobs.add_message")):
        raise PermissionDenied
    application: Application = pages.load(request, "application", offer.application_id)
    if offer.status != Offer.Status.APPROVED:
        flash.error(request, "Only an approved offer can be sent.")
        return HttpResponseRedirect(actions.page_of(offer))
    draft = draft_from(
        request, candidate=application.candidate, application=application, offer=offer,
        kind=EmailTemplate.Kind.OFFER, use_first_template=True,
    )  # fmt: skip
    seen = request.POST.get("seen") or offer.updated_at.isoformat()

    def send(written: Draft) -> str:
        actions.send(
            offer=offer, subject=written.subject, body=written.body, template=written.template, to=written.to, by=user,
            now=timezone.now(), expected_updated_at=seen_at(seen),
        )  # fmt: skip
        return "The offer is on its way."

    return compose_page(
        request, draft, tab="offers", send=send, back=actions.page_of(offer),
        extra={"seen": seen, "at_once": True, "form_title": f"Send the offer, version {offer.version}"},
    )  # fmt: skip


def _show_on(form: OfferForm, error: DomainError) -> None:
    for name, said in error.fields.items():
        form.add_error(name if name in form.fields else None, said)
    if not error.fields:
        form.add_error(None, error.message)


for route, view, name in (
    ("jobs/application/<uuid:application_id>/offers/new/", new_view, "jobs_offer_new"),
    ("jobs/offer/<uuid:offer_id>/edit/", edit_view, "jobs_offer_edit"),
    ("jobs/offer/<uuid:offer_id>/send/", send_view, "jobs_offer_send"),
):
    add_page(route, view, name=name)
