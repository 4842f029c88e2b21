"""The list of offers, and one version: what it says, who has to agree, its letter, and its next step."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from audit import actions as audit
from hrassist.admin import cells, dashboard, navigation, pages
from hrassist.admin.dashboard import Card
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.colleagues import who_may
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import file_answer
from hrassist.models import User
from jobs.actions import offer_letters
from jobs.actions import offers as actions
from jobs.admin import offer_reading
from jobs.admin.listed import RecordedList
from jobs.models import Application, Offer
from jobs.models.offer import OfferQuerySet
from jobs.reports.offer_letter import pay

STATUS_COLOURS = {
    Offer.Status.DRAFT: "",
    Offer.Status.APPROVAL_SENT: "warn",
    Offer.Status.APPROVED: "accent",
    Offer.Status.SENT: "blue",
    Offer.Status.SIGNED: "good",
    Offer.Status.DENIED: "bad",
    Offer.Status.DEPRECATED: "",
}
SHOWN = 6


def offer_badge(offer: Offer) -> SafeString:
    status = Offer.Status(offer.status)
    return cells.badge(status.label, STATUS_COLOURS[status])


class TurnFilter(admin.SimpleListFilter):
    title = "waiting"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "For my approval"), ("late", "Answer overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        user: Any = request.user
        if self.value() == "me":
            return queryset.filter(pk__in=Offer.objects.waiting_for(user).order_by().values("pk"))
        if self.value() == "late":
            return queryset.filter(status=Offer.Status.SENT, answer_by__lt=timezone.localdate())
        return queryset


@admin.register(Offer)
class OfferAdmin(RecordedList[Offer]):
    listed_as = "offer.listed"
    list_display = ("person", "job", "status_badge", "pay", "answer", "made")
    list_display_links = ("person",)
    list_select_related = ("application__candidate", "application__job")
    list_filter = ("status", TurnFilter)
    keyset_field = "created_at"
    search_fields = ("application__candidate__full_name",)
    search_help_text = "Name of the person"
    empty_title = "No offers yet"
    empty_hint = "An offer is written on the page of an application, under Offers."

    @admin.display(description="Person")
    def person(self, offer: Offer) -> SafeString:
        candidate = offer.application.candidate
        return cells.person(candidate.full_name, offer.position_title, key=candidate.pk)

    @admin.display(description="Job")
    def job(self, offer: Offer) -> str:
        return offer.application.job.title

    @admin.display(description="Status", ordering="status")
    def status_badge(self, offer: Offer) -> SafeString:
        return format_html('{} <span class="quiet small">version {}</span>', offer_badge(offer), offer.version)

    @admin.display(description="Pay")
    def pay(self, offer: Offer) -> str:
        return pay(offer)

    @admin.display(description="Answer by", ordering="answer_by")
    def answer(self, offer: Offer) -> SafeString:
        return offer_reading.answer_by(offer, today=timezone.localdate())

    @admin.display(description="Written", ordering="created_at")
    def made(self, offer: Offer) -> SafeString:
        return cells.ago(offer.created_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return show(request, offer_or_404(request, UUID(object_id)))
        except ValueError as error:
            raise Http404 from error


@require_safe
def offers_view(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The newest version of an application's offer, with those before it."""
    user: Any = request.user
    application = pages.load(request, "application", application_id)
    if not user.has_perm("jobs.view_offer"):
        raise PermissionDenied
    newest = _visible(user).filter(application=application).order_by("-version").first()
    if newest is not None:
        return show(request, newest)
    audit.viewed("application.offers_viewed", target=application, by=user, subject=application.candidate_id,
                 job=application.job_id)  # fmt: skip
    context = {"can_write": _may_write(user, application)}
    return pages.render(
        request, "application", application, tab="offers", template="admin/jobs/offer/none.html", context=context
    )


def show(request: HttpRequest, offer: Offer) -> HttpResponse:
    """One version: under the head of its application, or by itself for an approver who sees nothing else of it."""
    user: Any = request.user
    application = offer.application
    audit.viewed("offer.viewed", target=offer, by=user, subject=application.candidate_id, job=application.job_id)
    context = offer_reading.page(offer, user=user) | {
        "badge_of_offer": offer_badge(offer),
        "approvers": _approvers() if offer.status == Offer.Status.DRAFT else [],
        "can_change": user.has_perm("jobs.change_offer"),
        "can_write": _may_write(user, application),
    }
    if Application.objects.visible_to(user).filter(pk=application.pk).exists() and user.has_perm("jobs.view_offer"):
        return pages.render(
            request, "application", application, tab="offers", template="admin/jobs/offer/tab.html", context=context
        )
    everything = {**admin.site.each_context(request), "title": f"Offer: {offer.position_title}", **context}
    return TemplateResponse(request, "admin/jobs/offer/alone.html", everything)


@require_POST
def step_view(request: HttpRequest, offer_id: UUID) -> HttpResponseBase:
    """One step of an offer: submit, decide, withdraw, answer, deprecate."""
    offer = offer_or_404(request, offer_id)
    user: Any = request.user
    said = request.POST
    if said.get("do") != "decide" and not user.has_perm("jobs.change_offer"):
        raise PermissionDenied
    common: dict[str, Any] = {"offer": offer, "by": user, "now": timezone.now()}
    seen: dict[str, Any] = {"expected_updated_at": seen_at(said.get("seen", ""))}

    def step() -> object:
        match said.get("do"):
            case "submit":
                return actions.submit(**common, **seen, approvers=_chosen(said.getlist("approvers")))
            case "decide":
                agreed = said.get("decision") == "approve"
                return actions.decide(**common, **seen, approve=agreed, comment=said.get("comment", ""))
            case "withdraw":
                return actions.withdraw(**common, **seen)
            case "answer":
                accepted = said.get("answer") == "accepted"
                return actions.record_answer(**common, **seen, accepted=accepted, note=said.get("note", ""))
            case "deprecate":
                return actions.deprecate(**common, **seen)
        raise DomainError("Choose what to do with this offer.", code="no_step")

    return _admin().do(request, step, done=_done(said), back=actions.page_of(offer))


def _done(said: Any) -> str:
    if said.get("do") == "decide":
        return "You approved the offer." if said.get("decision") == "approve" else "You declined the offer."
    if said.get("do") == "answer" and said.get("answer") == "accepted":
        return "Accepted. Hire the person when everything is signed: that is a step of its own."
    return {
        "submit": "The offer is in approval.",
        "withdraw": "The offer is a draft again.",
        "answer": "The answer is written down.",
        "deprecate": "The offer no longer holds.",
    }.get(said.get("do"), "Done.")


@require_safe
def pdf_view(request: HttpRequest, offer_id: UUID) -> HttpResponseBase:
    return _letter(request, offer_id, "pdf")


@require_safe
def docx_view(request: HttpRequest, offer_id: UUID) -> HttpResponseBase:
    return _letter(request, offer_id, "docx")


def _letter(request: HttpRequest, offer_id: UUID, format: offer_letters.Format) -> HttpResponseBase:
    user: Any = request.user
    try:
        return file_answer(offer_letters.open_letter(offer_id=offer_id, format=format, by=user))
    except DomainError as error:
        if error.status == 404:
            raise Http404(error.message) from error
        raise


def offer_or_404(request: HttpRequest, offer_id: UUID) -> Offer:
    user: Any = request.user
    offer = _visible(user).filter(pk=offer_id).first()
    if offer is None:
        raise Http404
    return offer


def seen_at(said: str) -> datetime | None:
    """The moment of the version a form was made from; None where a form does not say."""
    try:
        return parse_datetime(said)
    except ValueError:
        return None


def _visible(user: User) -> OfferQuerySet:
    return Offer.objects.visible_to(user).select_related(
        "application__candidate", "application__job", "application__stage", "created_by"
    )


def _may_write(user: User, application: Application) -> bool:
    return user.has_perm("jobs.add_offer") and application.status == Application.Status.ACTIVE


def _approvers() -> list[User]:
    """Everybody who may stand in a chain, by name."""
    return sorted(who_may("jobs.approve_offer"), key=lambda one: one.display_name.casefold())


def _chosen(keys: list[str]) -> list[User]:
    found = User.objects.in_bulk([int(key) for key in keys if key.isdigit()])
    return [found[int(key)] for key in keys if key.isdigit() and int(key) in found]


def _admin() -> OfferAdmin:
    found: Any = admin.site._registry[Offer]
    admin_of_offers: OfferAdmin = found
    return admin_of_offers


def waiting_offers(request: HttpRequest) -> dict[str, Any] | None:
    """Offers that wait for this user's approval, and those that wait for an answer, the most urgent first."""
    user: Any = request.user
    mine = list(_visible(user).waiting_for(user)[:SHOWN])
    out = list(_visible(user).filter(status=Offer.Status.SENT).order_by("answer_by", "sent_at")[:SHOWN])
    today = timezone.localdate()
    if not mine and not out:
        return None
    return {"mine": mine, "out": [(one, offer_reading.answer_by(one, today=today)) for one in out]}


for route, view, name in (
    ("jobs/application/<uuid:application_id>/offers/", offers_view, "jobs_application_offers"),
    ("jobs/offer/<uuid:offer_id>/step/", step_view, "jobs_offer_step"),
    ("jobs/offer/<uuid:offer_id>/letter.pdf", pdf_view, "jobs_offer_pdf"),
    ("jobs/offer/<uuid:offer_id>/letter.docx", docx_view, "jobs_offer_docx"),
):
    add_page(route, view, name=name)

pages.add_tab(
    pages.Tab(
        noun="application", name="offers", label="Offers", url_name="admin:jobs_application_offers",
        permission="jobs.view_offer", order=60,
    )
)  # fmt: skip
navigation.add(
    NavItem(
        label="Offers",
        url_name="admin:jobs_offer_changelist",
        icon="contract",
        permission="jobs.view_offer",
        section="Hiring",
        order=55,
        count=lambda user: Offer.objects.waiting_for(user)[:100].count(),
        also=("/jobs/offer/",),
    )
)
dashboard.add(
    Card(template="jobs/card_waiting_offers.html", data=waiting_offers, permission="jobs.view_offer", order=20)
)
