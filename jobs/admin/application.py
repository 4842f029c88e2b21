"""The list of applications and the page of one: where it stands, how it got there, and its next step."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.models import Candidate, Source, holding
from hrassist.admin import cells, pages
from hrassist.admin.base import BaseAdmin
from jobs.actions import applications as actions
from jobs.actions import steps
from jobs.admin import evidence, job_choice, timeline
from jobs.admin.badges import status_badge
from jobs.models import (
    Application,
    HiringTeamMember,
    HumanDecision,
    Interview,
    Job,
    RejectionReason,
    Stage,
)

CHOICES_SECONDS = 30


class StageKindFilter(admin.SimpleListFilter):
    title = "step"
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, kind.label) for kind in Stage.Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Application]) -> QuerySet[Application]:
        return queryset.filter(stage_kind=self.value()) if self.value() in Stage.Kind.values else queryset


class NamedFilter(admin.SimpleListFilter):
    """A filter that arrives by a link from elsewhere: it offers nothing by itself and shows what it was given."""

    parameter_name: str

    def named(self, request: HttpRequest, key: UUID) -> object | None:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        given = request.GET.get(self.parameter_name)
        if given is None:
            return []
        self.known = self.found(request, given)
        return [(given, str(self.known) if self.known is not None else "unknown")]

    def found(self, request: HttpRequest, given: str) -> object | None:
        try:
            return self.named(request, UUID(given))
        except ValueError:
            return None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(**{self.parameter_name: value}) if self.known is not None else queryset.none()


class CandidateFilter(NamedFilter):
    title = "candidate"
    parameter_name = "candidate"

    def named(self, request: HttpRequest, key: UUID) -> Candidate | None:
        user: Any = request.user
        return Candidate.objects.visible_to(user).filter(pk=key).first()


class JobFilter(NamedFilter):
    title = "job"
    parameter_name = "job"

    def named(self, request: HttpRequest, key: UUID) -> Job | None:
        user: Any = request.user
        return Job.objects.visible_to(user).filter(pk=key).first()


class MineFilter(admin.SimpleListFilter):
    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "On my jobs"), ("credited", "Credited to me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Application]) -> QuerySet[Application]:
        if self.value() == "mine":
            return queryset.filter(job__in=HiringTeamMember.objects.filter(user=request.user.pk).values("job"))
        return queryset.filter(credited_to=request.user.pk) if self.value() == "credited" else queryset


class SourceFilter(admin.SimpleListFilter):
    """Where they came from, of the sources that the team keeps, which are asked for seldom."""

    title = parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names: list[str] | None = cache.get("filter-sources")
        if names is None:
            names = list(Source.objects.order_by("name").values_list("name", flat=True)[:40])
            cache.set("filter-sources", names, CHOICES_SECONDS)
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Application]) -> QuerySet[Application]:
        return queryset.filter(source=self.value()) if self.value() else queryset


@admin.register(Application)
class ApplicationAdmin(BaseAdmin[Application]):
    list_display = ("person", "job_link", "stage_now", "source", "applied")
    list_display_links = ("person",)
    list_select_related = ("candidate", "job", "stage")
    list_filter = ("status", StageKindFilter, MineFilter, SourceFilter, CandidateFilter, JobFilter)
    keyset_field = "applied_at"
    search_fields = ("candidate__full_name",)
    search_help_text = "Name of the person"
    fields = ("candidate", "job", "source")
    autocomplete_fields = ("candidate",)
    empty_title = "No applications yet"
    empty_hint = "Add people to a job from its ranked list or from their own page."

    @admin.display(description="Person")
    def person(self, one: Application) -> SafeString:
        return cells.person(one.candidate.full_name, one.candidate.headline, key=one.candidate_id)

    @admin.display(description="Job")
    def job_link(self, one: Application) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[one.job_id]), one.job)

    @admin.display(description="Stage")
    def stage_now(self, one: Application) -> SafeString:
        return status_badge(one)

    @admin.display(description="Applied", ordering="applied_at")
    def applied(self, one: Application) -> SafeString:
        return cells.ago(one.applied_at)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"source": "recruiter", **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **kwargs: Any) -> Any:
        user: Any = request.user
        if db_field.name == "job":
            return job_choice.field(Application, user=user, empty_label="Choose a job")
        if db_field.name == "candidate":
            kwargs["queryset"] = Candidate.objects.visible_to(user).unmerged()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Application, form: ModelForm[Application], change: bool) -> None:
        if change:
            raise PermissionDenied
        user: Any = request.user
        made = actions.apply(
            candidate=obj.candidate, job=obj.job, by=user, now=timezone.now(), source=form.cleaned_data["source"]
        )
        obj.pk, obj.stage = made.pk, made.stage
        obj._state.adding = False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The application as a page; what changes it is `move_view`, one step at a time."""
        one = self.application_or_404(request, object_id)
        user: Any = request.user
        audit.viewed("application.viewed", target=one, by=user, subject=one.candidate_id, job=one.job_id)
        found = evidence.of(one, user=user) if user.has_perm("candidates.view_resume") else None
        if found is not None and found.proofs:
            # The quotes are passages of the resume.
            audit.viewed("match.explained", target=one.candidate, by=user, subject=one.candidate_id, job=one.job_id)
        last, now = steps.newest(one), timezone.now()
        stages = list(one.job.stages.order_by("position"))
        return pages.render(
            request,
            "application",
            one,
            tab="overview",
            template="admin/jobs/application/overview.html",
            context={
                "stages": stages,
                "following": next((stage for stage in stages if stage.position > one.stage.position), None),
                "events": timeline.of(one, user=user),
                "reasons": RejectionReason.objects.filter(active=True, kind=RejectionReason.Kind.THEY_WITHDREW),
                "can_move": user.has_perm("jobs.change_application"),
                "undoable": last if steps.can_be_undone(last, by=user, now=now) else None,
                "free_openings": one.job.openings.filter(closed_at__isnull=True).count(),
                "decisions": HumanDecision.objects.standing().filter(application=one).select_related("by", "reason")
                if user.has_perm("jobs.view_humandecision")
                else [],
                "found": found,
                "coming": Interview.objects.visible_to(user).scheduled().filter(application=one, ends_at__gt=now)[:3],
            },
        )

    def head(self, one: Application, *, tab: str) -> dict[str, Any]:
        return {
            "application": one,
            "badge": status_badge(one),
            "tab": tab,
            "held": holding.stands_on("application", one.pk),
            "title": f"{one.candidate} for {one.job}",
            "opts": self.opts,
        }

    def application_or_404(self, request: HttpRequest, object_id: str) -> Application:
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        return one

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return super().get_queryset(request).select_related("candidate", "job", "stage")


@admin.register(RejectionReason)
class RejectionReasonAdmin(BaseAdmin[RejectionReason]):
    list_display = ("name", "kind", "active")
    list_filter = ("kind", "active")
    empty_title = "No reasons yet"
    empty_hint = "Add the reasons your team may give when an application ends."


def _admin() -> ApplicationAdmin:
    found: Any = admin.site._registry[Application]
    return cast(ApplicationAdmin, found)


pages.add_noun(
    pages.Noun(
        name="application",
        load=lambda request, key: _admin().application_or_404(request, str(key)),
        head=lambda _request, thing, tab: _admin().head(thing, tab=tab),
    )
)
pages.add_tab(
    pages.Tab(
        noun="application", name="overview", label="Overview", url_name="admin:jobs_application_change", order=10
    ),
    pages.Tab(
        noun="candidate", name="applications", label="Applications", url_name="admin:jobs_candidate_applications",
        permission="jobs.view_application", order=30,
    ),
)  # fmt: skip
