"""The rules of how long people are kept, each with what a change would do before it is made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import retention as actions
from candidates.models import RetentionRule, holding
from hrassist.admin import cells
from hrassist.admin.base import BaseAdmin, QuietForm
from hrassist.lib import local_time
from hrassist.lib.errors import DomainError

JOBS_OFFERED = 200


class RuleForm(QuietForm):
    """One rule; `who` is the user that fills it in, who chooses among the jobs they see."""

    who: Any = None
    job_ref = forms.TypedChoiceField(
        label="Only for this job", required=False, coerce=UUID, empty_value=None, choices=[("", "every job")]
    )
    effect = forms.ChoiceField(label="What it does", choices=RetentionRule.Effect.choices)
    months = forms.IntegerField(label="This many months", min_value=0, max_value=240)
    country = forms.CharField(
        label="Only in this country", required=False, max_length=2,
        help_text="Two letters, such as DE: where the job is, or for people without one where they live.",
    )  # fmt: skip
    clock = forms.ChoiceField(label="Counted from", choices=RetentionRule.Clock.choices)
    source = forms.CharField(
        label="Why", required=False, max_length=RetentionRule._meta.get_field("source").max_length,
        widget=forms.Textarea(attrs={"rows": 2}), help_text="The law or decision that it follows.",
    )  # fmt: skip
    active = forms.BooleanField(
        label="In force", required=False, help_text="A rule that is off is kept here and erases nobody."
    )
    job_status = forms.ChoiceField(
        label="Only while the job is", required=False,
        choices=[("", "in any status"), ("draft", "a draft"), ("open", "open"), ("on_hold", "on hold"),
                 ("closed", "closed")],
    )  # fmt: skip
    expected_updated_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = RetentionRule
        fields = actions.FACTS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["job_ref"]
        field.choices = [("", "every job"), *_jobs(self.who, self.instance.job_ref)]
        if self.instance.pk and not self.instance._state.adding:
            self.initial["expected_updated_at"] = self.instance.updated_at.isoformat()

    def clean_country(self) -> str:
        country = str(self.cleaned_data["country"]).strip().upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError("Use two letters, such as DE.")
        return country

    def clean_expected_updated_at(self) -> Any:
        # The form's own field drops the microseconds.
        return local_time.read(str(self.data.get("expected_updated_at", "")))


@admin.register(RetentionRule)
class RetentionRuleAdmin(BaseAdmin[RetentionRule]):
    list_display = ("name", "says", "where", "state", "changed")
    list_filter = ("active", "effect", "clock")
    search_fields = ("name", "country")
    search_help_text = "Name or country"
    ordering = ("-active", "effect", "clock", "country", "name")
    form = RuleForm
    fields = ("name", ("effect", "months"), "clock", "country", "job_ref", "job_status", "source", "active",
              "expected_updated_at")  # fmt: skip
    noun, nouns = "retention rule", "retention rules"
    list_hint = (
        "For each application and pool the most specific rule counts, and somebody stays until the last is over. "
        "“Keep for at least” wins over “Erase after”; a legal hold wins over both."
    )
    empty_title = "No rules"
    empty_hint = "Without rules nobody is ever erased by time. Add one for rejected applicants first."
    change_form_template = "candidates/retention_rule.html"

    @admin.display(description="Rule")
    def says(self, one: RetentionRule) -> str:
        months = "month" if one.months == 1 else "months"
        return f"{one.get_effect_display()} {one.months} {months} · {one.get_clock_display().lower()}"

    @admin.display(description="Where", ordering="country")
    def where(self, one: RetentionRule) -> SafeString | str:
        parts = [one.country, f"job {one.job_status.replace('_', ' ')}" if one.job_status else "",
                 "one job" if one.job_ref else ""]  # fmt: skip
        return ", ".join(part for part in parts if part) or "everywhere"

    @admin.display(description="State", ordering="active")
    def state(self, one: RetentionRule) -> SafeString:
        return cells.badge("in force", "good") if one.active else cells.badge("off")

    @admin.display(description="Changed", ordering="updated_at")
    def changed(self, one: RetentionRule) -> SafeString:
        return cells.ago(one.updated_at)

    def get_form(
        self, request: HttpRequest, obj: RetentionRule | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        made = super().get_form(request, obj, change, **kwargs)
        return type("OwnRuleForm", (made,), {"who": request.user})

    def save_model(
        self, request: HttpRequest, obj: RetentionRule, form: ModelForm[RetentionRule], change: bool
    ) -> None:
        user: Any = request.user
        facts = {name: form.cleaned_data[name] for name in actions.FACTS}
        made = actions.save_rule(
            rule=RetentionRule.objects.get(pk=obj.pk) if change else None, by=user, facts=facts, now=timezone.now(),
            expected_updated_at=form.cleaned_data.get("expected_updated_at") if change else None,
        )  # fmt: skip
        obj.pk, obj._state.adding = made.pk, False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """The form; with `_preview` what it would do, and nothing is saved."""
        if request.method == "POST" and "_preview" in request.POST:
            return self.preview(request, object_id)
        if request.method == "POST":
            try:
                return super().changeform_view(request, object_id, form_url, extra_context)
            except DomainError as error:
                messages.error(request, error.message)
                return HttpResponseRedirect(request.get_full_path())
        return super().changeform_view(request, object_id, form_url, extra_context)

    def preview(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        rule = self.get_object(request, object_id) if object_id else None
        allowed = self.has_change_permission(request, rule) if rule else self.has_add_permission(request)
        if not allowed:
            raise PermissionDenied
        form = self.get_form(request, rule, change=rule is not None)(request.POST, instance=rule)
        if not form.is_valid():
            messages.error(request, "Mend the fields first: " + " ".join(_sentences(form)))
            return HttpResponseRedirect(request.get_full_path())
        facts = {name: form.cleaned_data[name] for name in actions.FACTS}
        user: Any = request.user
        audit.viewed("retention_rule.previewed", target=rule, by=user)
        found = actions.preview(rule_id=rule.pk if rule else None, facts=facts, now=timezone.now())
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": "What this rule would do",
            "preview": found, "said": [(name, request.POST[name]) for name in form.fields if name in request.POST],
            "name": facts["name"], "here": request.get_full_path(), "ahead": actions.AHEAD.days,
        }  # fmt: skip
        return TemplateResponse(request, "candidates/retention_preview.html", context)


def _jobs(user: Any, chosen: UUID | None) -> list[tuple[UUID, str]]:
    """The newest jobs that the user sees, from the app that knows them; the one that is chosen without its name."""
    kind = holding.kind("job")
    seen = list(kind.visible(user).order_by("-pk")[:JOBS_OFFERED]) if kind and user else []
    found = [(job.pk, str(job)) for job in seen]
    return found if chosen is None or chosen in dict(found) else [(chosen, "the job that was chosen"), *found]


def _sentences(form: RuleForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]
