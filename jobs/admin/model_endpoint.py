"""Language models that may be used: their list, the form of one, and the test of its connection."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from hrassist.admin import cells, navigation
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.lib.errors import DomainError
from jobs.actions import model_endpoints as actions
from jobs.models import ModelEndpoint
from jobs.tailoring import budget


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a language model; its key is written and never shown."""

    key = forms.CharField(
        required=False, max_length=500, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted and never shown again. Empty: the key stays as it is.",
    )  # fmt: skip

    class Meta:
        model = ModelEndpoint
        fields = (*actions.FACTS, "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if actions.is_given(self.instance.name):
            # What a browser sends of these is not looked at.
            for name in (*actions.GIVEN, "key"):
                self.fields[name].disabled = True
            self.fields["key"].help_text = "Of the file that HRASSIST_LLM_KEY_FILE names; kept encrypted, never shown."


@admin.register(ModelEndpoint)
class ModelEndpointAdmin(ReadOnlyAdmin[ModelEndpoint]):
    list_display = ("name", "dialect", "model", "in_use", "spent", "tested")
    keyset_field = "created_at"
    empty_title = "No language model yet"
    empty_hint = "Resumes are tailored without one until a model is added here and switched on."

    @admin.display(description="State", ordering="enabled")
    def in_use(self, row: ModelEndpoint) -> SafeString:
        return cells.badge("on", "good") if row.enabled else cells.badge("off", "")

    @admin.display(description="This month")
    def spent(self, row: ModelEndpoint) -> str:
        month = budget.of_month(row, now=timezone.now())
        return f"{month.cost:.2f} of {row.month_budget:.2f}, {month.tokens:,} tokens"

    @admin.display(description="Connection", ordering="tested_at")
    def tested(self, row: ModelEndpoint) -> SafeString:
        if row.tested_at is None:
            return cells.badge("not tested", "")
        return cells.badge("failed", "bad") if row.test_said else cells.badge("works", "good")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.add_modelendpoint")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return edit(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not request.user.has_perm("jobs.view_modelendpoint"):
            raise PermissionDenied
        row = ModelEndpoint.objects.filter(pk=object_id).first() if str(object_id).isdecimal() else None
        if row is None:
            raise Http404
        return edit(request, row)


def edit(request: HttpRequest, row: ModelEndpoint | None) -> HttpResponse:
    """The form of one: saved, tested or removed by its buttons."""
    user: Any = request.user
    form = EndpointForm(request.POST or None, instance=row)
    if request.method == "POST":
        asked = request.POST.get("do", "save")
        needed = "delete" if asked == "remove" else "change" if row else "add"
        if not user.has_perm(f"jobs.{needed}_modelendpoint"):
            raise PermissionDenied
        if row is not None and asked in ("test", "remove"):
            return _other_step(request, row, asked)
        # Without the instance, so that what was typed is not written into it before the action has looked.
        form = EndpointForm(request.POST, instance=ModelEndpoint.objects.get(pk=row.pk) if row else None)
        if form.is_valid():
            try:
                saved = actions.save(
                    endpoint=row, facts=form.cleaned_data, key=form.cleaned_data["key"],
                    enabled=form.cleaned_data["enabled"], by=user, expected_updated_at=request.POST.get("seen", ""),
                )  # fmt: skip
            except DomainError as error:
                for name, sentences in (error.fields or {"": [error.message]}).items():
                    form.add_error(name if name in form.fields else None, sentences)
            else:
                messages.success(request, f"{saved.name} is saved. Test the connection before people use it.")
                return HttpResponseRedirect(reverse("admin:jobs_modelendpoint_change", args=[saved.pk]))
    month, held = budget.standing(row, now=timezone.now()) if row else (None, None)
    context = {
        **admin.site.each_context(request),
        "title": str(row) if row else "Add a language model",
        "form": form,
        "endpoint": row,
        "month": month,
        "held": held,
        "hosts": actions.allowed_hosts(),
        "given": actions.GIVEN_BY_SETTINGS if row and actions.is_given(row.name) else "",
        "may_change": user.has_perm("jobs.change_modelendpoint"),
        "may_remove": user.has_perm("jobs.delete_modelendpoint"),
    }
    return TemplateResponse(request, "jobs/model_endpoint.html", context, status=400 if form.errors else 200)


def _other_step(request: HttpRequest, row: ModelEndpoint, asked: str) -> HttpResponse:
    user: Any = request.user
    if asked == "remove":
        try:
            actions.remove(endpoint=row, by=user)
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:jobs_modelendpoint_change", args=[row.pk]))
        messages.success(request, f"{row.name} is removed, and its key with it.")
        return HttpResponseRedirect(reverse("admin:jobs_modelendpoint_changelist"))
    tested = actions.test(endpoint=row, by=user, now=timezone.now())
    if tested.test_said:
        messages.error(request, tested.test_said)
    else:
        messages.success(request, f"{row.name} answered as it should.")
    return HttpResponseRedirect(reverse("admin:jobs_modelendpoint_change", args=[row.pk]))


navigation.add(
    NavItem(
        label="Language models",
        url_name="admin:jobs_modelendpoint_changelist",
        icon="sliders",
        permission="jobs.view_modelendpoint",
        section="Settings",
        order=85,
    )
)
