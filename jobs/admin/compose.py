"""Writing a mail to one person: choose a template, change what it says, see exactly what leaves, send it or wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from audit import actions as audit
from candidates.models import Candidate, CandidateEmail
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.models import User
from jobs.actions import messages as actions
from jobs.actions.offer_letters import attachment, filename
from jobs.emails.placeholders import PLACEHOLDERS, Scene
from jobs.emails.render import Rendered, fill, names, render
from jobs.models import Application, EmailTemplate, Message, Offer

WITH_LETTER = (Offer.Status.APPROVED, Offer.Status.SENT, Offer.Status.SIGNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail while it is written: what stands in the form, and what it is about."""

    by: User
    candidate: Candidate
    application: Application | None = None
    offer: Offer | None = None
    template: EmailTemplate | None = None
    subject: str = ""
    body: str = ""
    to: str = ""
    when: str = "undo"
    at: str = ""
    attach_letter: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)

    def filled(self) -> Rendered:
        """As it would leave: placeholders that somebody typed by hand are filled in, too."""
        scene = Scene(
            candidate=self.candidate, application=self.application, offer=self.offer, sender=self.by,
            language=self.template.language if self.template else "en",
        )  # fmt: skip
        return fill(subject=self.subject, body=self.body, scene=scene)

    def send_at(self, now: datetime) -> datetime | None:
        """Raises DomainError for a time that is none or is over."""
        if self.when == "now":
            return None
        if self.when == "undo":
            return now + actions.UNDO_WINDOW
        wrong = DomainError("Choose a day and a time to come.", code="bad_time",
                            fields={"send_at": ["Choose a day and a time to come."]})  # fmt: skip
        try:
            said = parse_datetime(self.at)
        except ValueError as error:
            raise wrong from error
        if said is None:
            raise wrong
        chosen = said if timezone.is_aware(said) else said.replace(tzinfo=zone_of(self.by))
        if chosen <= now:
            raise wrong
        return chosen


def zone_of(user: User) -> ZoneInfo:
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def templates(kind: str = "") -> list[EmailTemplate]:
    """The active ones, those of this kind first."""
    return sorted(EmailTemplate.objects.filter(active=True), key=lambda one: (one.kind != kind, one.kind, one.name))


def draft_from(
    request: HttpRequest,
    *,
    candidate: Candidate,
    application: Application | None,
    offer: Offer | None = None,
    kind: str = "",
    use_first_template: bool = False,
) -> Draft:
    """What the form says, or what the chosen template (`?template=`) makes of this person."""
    user: Any = request.user
    said = request.POST if request.method == "POST" else request.GET
    key = said.get("template", "")
    template = EmailTemplate.objects.filter(active=True, pk=key).first() if key.isdigit() else None
    if request.method == "POST":
        return Draft(
            by=user, candidate=candidate, application=application, offer=offer, template=template,
            subject=said.get("subject", ""), body=said.get("body", "").replace("\r\n", "\n"), to=said.get("to", ""),
            when=said.get("when", "undo"), at=said.get("send_at", ""), attach_letter="attach_letter" in said,
        )  # fmt: skip
    if template is None and use_first_template:
        template = next((one for one in templates(kind) if one.kind == kind), None)
    made = _again(request, candidate)
    if template is not None:
        made = render(template, candidate=candidate, application=application, offer=offer, sender=user)
    return Draft(
        by=user, candidate=candidate, application=application, offer=offer, template=template, subject=made.subject,
        body=made.body,
    )  # fmt: skip


def _again(request: HttpRequest, candidate: Candidate) -> Rendered:
    """The text of an earlier mail to the same person (`?again=`), to be sent once more or to another address."""
    user: Any = request.user
    try:
        key = UUID(request.GET.get("again", ""))
    except ValueError:
        return Rendered("", "")
    earlier = Message.objects.visible_to(user).filter(pk=key, candidate=candidate, offer__isnull=True).first()
    return Rendered(earlier.subject, earlier.body) if earlier else Rendered("", "")


def compose_page(
    request: HttpRequest,
    draft: Draft,
    *,
    tab: str,
    send: Callable[[Draft], str],
    back: str,
    extra: dict[str, Any] | None = None,
) -> HttpResponseBase:
    """The form, its preview, and sending; the same as JSON for the script of the page."""
    if not request.accepts("text/html"):
        return JsonResponse(_preview(draft))
    status, shown = 200, False
    if request.method == "POST" and request.POST.get("do") == "send":
        try:
            made = draft.filled()
            said = send(_replace(draft, made))
        except DomainError as error:
            status, shown = error.status, True
            fields = error.fields or {"": [error.message]}
            draft.errors.update(fields)
        else:
            flash.success(request, said)
            return HttpResponseRedirect(back)
    elif request.method == "POST":
        shown = True
    noun = "application" if draft.application is not None else "candidate"
    thing = draft.application or draft.candidate
    context = {
        "draft": draft,
        "form_title": "Write a mail",
        "general_errors": [line for name, said in draft.errors.items() if name not in _FIELDS for line in said],
        "templates": templates(EmailTemplate.Kind.OFFER if draft.offer else ""),
        "addresses": list(draft.candidate.emails.filter(status=CandidateEmail.Status.CURRENT).order_by("pk")),
        "preview": _preview(draft) if shown else None,
        "letter": filename(draft.offer, "pdf") if draft.offer and draft.offer.letter_pdf_key else "",
        "undo_minutes": int(actions.UNDO_WINDOW.total_seconds() // 60),
        "zone": zone_of(draft.by).key,
        "left_today": actions.left_today(draft.by, now=timezone.now()),
        "back": back,
        "page_template": f"admin/{'jobs/application' if noun == 'application' else 'candidates/candidate'}/page.html",
        **(extra or {}),
    }
    return pages.render(
        request, noun, thing, tab=tab, template="admin/jobs/message/compose.html", context=context, status=status
    )


_FIELDS = ("subject", "body", "send_at", "to")


def _preview(draft: Draft) -> dict[str, Any]:
    made = draft.filled()
    missing = [PLACEHOLDERS[name].label if name in PLACEHOLDERS else name for name in made.missing]
    return {
        "subject": made.subject,
        "body": made.body,
        "missing": [f"{label} ({{{{ {name} }}}})" for label, name in zip(missing, made.missing, strict=True)],
        "template_subject": draft.subject,
        "template_body": draft.body,
        "from": f"{draft.by.display_name}, {settings.COMPANY_NAME}",
        "reply_to": draft.by.email,
    }


def _replace(draft: Draft, made: Rendered) -> Draft:
    return Draft(
        by=draft.by, candidate=draft.candidate, application=draft.application, offer=draft.offer,
        template=draft.template, subject=made.subject, body=made.body, to=draft.to, when=draft.when, at=draft.at,
        attach_letter=draft.attach_letter, errors=draft.errors,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def to_application_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    """A mail about an application; the letter of its offer can go with it."""
    application: Application = pages.load(request, "application", application_id)
    return _write(request, application.candidate, application)


@require_http_methods(["GET", "HEAD", "POST"])
def to_candidate_view(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    """A mail to a person about nothing that stands in a pipeline."""
    return _write(request, pages.load(request, "candidate", candidate_id), None)


def _write(request: HttpRequest, candidate: Candidate, application: Application | None) -> HttpResponseBase:
    user: Any = request.user
    if not user.has_perm("jobs.add_message"):
        raise PermissionDenied
    audit.viewed("candidate.mail_written", target=candidate, by=user, subject=candidate,
                 job=application.job_id if application else None)  # fmt: skip
    offer = None
    if application is not None and user.has_perm("jobs.view_offer"):
        rows = Offer.objects.visible_to(user).filter(application=application, status__in=WITH_LETTER)
        offer = rows.select_related("application__candidate", "application__job").order_by("-version").first()
    draft = draft_from(request, candidate=candidate, application=application, offer=offer)
    noun, key = ("application", application.pk) if application else ("candidate", candidate.pk)
    back = reverse(f"admin:jobs_{noun}_messages", args=[key])

    def send(written: Draft) -> str:
        now = timezone.now()
        send_at = written.send_at(now)
        with_letter = written.attach_letter and offer is not None
        actions.queue(
            candidate=candidate, application=application, template=written.template, subject=written.subject,
            body=written.body, to=written.to, by=user, now=now, send_at=send_at,
            attachments=[attachment(offer)] if with_letter and offer else [],
            offer=offer if with_letter or _tells_of_offer(written) or _tells_of_offer(draft) else None,
        )  # fmt: skip
        if written.when == "undo":
            return "The mail leaves in ten minutes. Until then it can be taken back."
        return "The mail is on its way." if send_at is None else "The mail waits for its time."

    return compose_page(request, draft, tab="messages", send=send, back=back)


def _tells_of_offer(draft: Draft) -> bool:
    """Whether pay or anything else of an offer may stand in it: then only those read it who may see offers."""
    template = draft.template
    if template is not None and template.kind == EmailTemplate.Kind.OFFER:
        return True
    texts = [draft.subject, draft.body, *([template.subject, template.body] if template else [])]
    return any(name.startswith("offer.") for text in texts for name in names(text))


for route, view, name in (
    ("jobs/application/<uuid:application_id>/messages/new/", to_application_view, "jobs_application_write"),
    ("jobs/candidate/<uuid:candidate_id>/messages/new/", to_candidate_view, "jobs_candidate_write"),
):
    add_page(route, view, name=name)
