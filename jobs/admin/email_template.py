"""Templates of mails: written with a list of what may be put in, looked at beside a real application."""

from __future__ import annotations

from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from audit import actions as audit
from hrassist.admin import cells, navigation
from hrassist.admin.base import BaseAdmin, QuietForm
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import email_templates as actions
from jobs.admin.offer import seen_at
from jobs.emails.placeholders import PLACEHOLDERS, Scene
from jobs.emails.render import Rendered, UnknownPlaceholder, check, example, fill
from jobs.models import Application, EmailTemplate

COLOURS = {
    EmailTemplate.Kind.GENERAL: "",
    EmailTemplate.Kind.REJECTION: "bad",
    EmailTemplate.Kind.INTERVIEW: "violet",
    EmailTemplate.Kind.OFFER: "warn",
    EmailTemplate.Kind.RECEIVED: "blue",
}
GROUPS = {
    "candidate": "Candidate",
    "job": "Job",
    "stage": "Job",
    "sender": "Sender",
    "company": "Sender",
    "interview": "Interview",
    "offer": "Offer",
}
RECENT = 12
CHANGED = "Somebody changed this template since you opened it. Copy your text and open it again."


class TemplateForm(QuietForm):
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = EmailTemplate
        fields: ClassVar = list(actions.FACTS)
        widgets: ClassVar = {
            "body": forms.Textarea(attrs={"rows": 16, "data-fills": ""}),
            "subject": forms.TextInput(attrs={"data-fills": "", "class": "vTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "seen" in self.fields:
            self.fields["seen"].initial = self.instance.updated_at.isoformat()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            check(subject=cleaned.get("subject", ""), body=cleaned.get("body", ""))
        except UnknownPlaceholder as error:
            for name, said in error.fields.items():
                self.add_error(name, said)
        changed = bool(self.instance.pk) and cleaned.get("seen")
        if changed and seen_at(str(cleaned["seen"])) != self.instance.updated_at:
            # Told here and not by the action alone: what was typed stays in the form.
            self.add_error(None, CHANGED)
        return cleaned


@admin.register(EmailTemplate)
class EmailTemplateAdmin(BaseAdmin[EmailTemplate]):
    form = TemplateForm
    list_display = ("name", "kind_badge", "subject", "language", "in_use", "changed")
    list_filter = ("kind", "active", "language")
    search_fields = ("name", "subject")
    search_help_text = "Name or subject"
    ordering = ("kind", "name")
    fields = ("name", "kind", "language", "active", "subject", "body", "seen")
    noun, nouns = "e-mail template", "e-mail templates"
    list_title = "E-mail templates"
    empty_title = "No templates yet"
    empty_hint = "A template saves writing the same mail again; its placeholders become the person, the job, the time."
    pages = (("duplicate", "duplicate_view", "duplicate"),)

    @admin.display(description="Kind", ordering="kind")
    def kind_badge(self, one: EmailTemplate) -> SafeString:
        kind = EmailTemplate.Kind(one.kind)
        return cells.badge(kind.label, COLOURS[kind])

    @admin.display(description="In use", ordering="active")
    def in_use(self, one: EmailTemplate) -> SafeString:
        return cells.badge("on", "good") if one.active else cells.badge("off")

    @admin.display(description="Changed", ordering="updated_at")
    def changed(self, one: EmailTemplate) -> SafeString:
        return cells.ago(one.updated_at)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"language": "en", "active": True, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: EmailTemplate, form: Any, change: bool) -> None:
        user: Any = request.user
        facts = {name: form.cleaned_data[name] for name in actions.FACTS}
        if change:
            seen = seen_at(form.cleaned_data.get("seen", ""))
            actions.update(template=obj, facts=facts, by=user, now=timezone.now(), expected_updated_at=seen)
            return
        made = actions.create(facts=facts, by=user, now=timezone.now())
        obj.pk = made.pk
        obj._state.adding = False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:  # fmt: skip
        user: Any = request.user
        one = self.get_object(request, object_id) if object_id else None
        recent = Application.objects.visible_to(user).active().select_related("candidate", "job")[:RECENT]
        shown = _subject_and_body(request, one)
        context = {
            "groups": _groups(),
            "recent": list(recent) if user.has_perm("jobs.view_application") else [],
            "seen": one.updated_at.isoformat() if one else "",
            "preview": example(subject=shown[0], body=shown[1]) if any(shown) else None,
        }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def duplicate_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """A copy to be changed."""
        if request.method != "POST":
            raise Http404
        if not self.has_add_permission(request):
            raise PermissionDenied
        one = self.get_object(request, object_id)
        if one is None:
            raise Http404
        user: Any = request.user
        try:
            copy = actions.duplicate(template=one, by=user, now=timezone.now())
        except DomainError as error:
            flash.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:jobs_emailtemplate_change", args=[one.pk]))
        flash.success(request, "A copy was made. It is off until you switch it on.")
        return HttpResponseRedirect(reverse("admin:jobs_emailtemplate_change", args=[copy.pk]))


@require_POST
def preview_view(request: HttpRequest) -> HttpResponseBase:
    """What a template that is being written becomes: for one real application, or with examples."""
    user: Any = request.user
    if not user.has_perm("jobs.view_emailtemplate"):
        raise PermissionDenied
    subject, body = request.POST.get("subject", "")[:400], request.POST.get("body", "")[:20_000]
    wrong = ""
    try:
        check(subject=subject, body=body)
    except UnknownPlaceholder as error:
        wrong = error.message
    made = _for_application(request, subject, body) or example(subject=subject, body=body)
    return JsonResponse({"subject": made.subject, "body": made.body, "missing": list(made.missing), "wrong": wrong})


def _for_application(request: HttpRequest, subject: str, body: str) -> Rendered | None:
    user: Any = request.user
    try:
        key = UUID(request.POST.get("application", ""))
    except ValueError:
        return None
    rows = Application.objects.visible_to(user).select_related("candidate", "job", "stage")
    one = rows.filter(pk=key).first() if user.has_perm("jobs.view_application") else None
    if one is None:
        raise Http404
    audit.viewed("application.mail_previewed", target=one, by=user, subject=one.candidate_id, job=one.job_id)
    return fill(subject=subject, body=body, scene=Scene(candidate=one.candidate, application=one, sender=user))


def _subject_and_body(request: HttpRequest, one: EmailTemplate | None) -> tuple[str, str]:
    if request.method == "POST":
        return request.POST.get("subject", ""), request.POST.get("body", "")
    return (one.subject, one.body) if one else ("", "")


def _groups() -> list[tuple[str, list[Any]]]:
    return [
        (label, list(found))
        for label, found in groupby(PLACEHOLDERS.values(), key=lambda placeholder: GROUPS[placeholder.group])
    ]


add_page("jobs/emailtemplates/preview/", preview_view, name="jobs_emailtemplate_preview")
navigation.add(
    NavItem(
        label="E-mail templates",
        url_name="admin:jobs_emailtemplate_changelist",
        icon="mail",
        permission="jobs.view_emailtemplate",
        section="Settings",
        order=88,
    )
)
