"""The list of jobs and the pages of one job."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.models import Event
from candidates.models import Candidate, LegalHold
from hrassist.admin import cells, pages
from hrassist.admin.base import BaseAdmin, ModelForm
from hrassist.models import User
from jobs.actions import applications
from jobs.actions import jobs as actions
from jobs.admin import funnel, job_choice
from jobs.admin.badges import job_badge
from jobs.admin.job_status import confirmation
from jobs.admin.seen import SeenForm
from jobs.models import HiringTeamMember, Job


class JobForm(SeenForm):
    openings = forms.IntegerField(
        min_value=1, max_value=1000, initial=1, help_text="How many people are to be hired.", required=False
    )

    class Meta:
        model = Job
        fields: ClassVar = list(actions.FACTS)


@admin.register(Job)
class JobAdmin(BaseAdmin[Job]):
    form = JobForm
    list_display = ("name", "status_badge", "active", "where", "age")
    list_display_links = ("name",)
    list_filter = ("status", "employment_type", "department")
    keyset_field = "created_at"
    search_fields = ("title",)
    search_help_text = "Title"
    empty_title = "No jobs yet"
    empty_hint = "A job has must-haves, one a line: its people are ranked with the evidence for each of them."
    pages = (
        ("team", "team_view", "team"),
        ("activity", "activity_view", "activity"),
        ("status", "status_view", "status"),
        ("add-person", "add_person_view", "add_person"),
    )
    STATUS_ACTIONS: ClassVar = {
        "open": (actions.open_job, "The job is open: people can apply."),
        "hold": (actions.hold, "The job is on hold: no new applications for now."),
        "close": (actions.close, "The job is closed, and its open seats are cancelled."),
        "reopen": (actions.reopen, "The job is back."),
        "archive": (actions.archive, "The job is archived."),
    }

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        if request.resolver_match is not None and request.resolver_match.url_name == "autocomplete":
            queryset = job_choice.narrowed(queryset, model_name=request.GET.get("model_name", ""))
        return super().get_search_results(request, queryset, search_term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        jobs: Any = super().get_queryset(request)
        held = LegalHold.objects.standing().filter(scope="job", target_ref=OuterRef("pk"))
        counted: QuerySet[Job] = jobs.with_application_counts().annotate(is_held=Exists(held))
        return counted

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        facts = ["title", "department", ("city", "country"), "remote", "employment_type"]
        if obj is None:
            facts.append("openings")
        return [
            (None, {"fields": facts}),
            ("What the work is", {"fields": ["description"]}),
            ("Requirements", {"fields": ["must_have", "nice_to_have"]}),
            ("Access", {"fields": ["confidential", "external_id", "seen"]}),
        ]

    @admin.display(description="Job", ordering="title")
    def name(self, job: Job) -> SafeString:
        return format_html(
            '<span class="person"><span class="what"><b>{}{}</b><span>{}</span></span></span>',
            job.title,
            format_html(' <span class="badge warn">{}confidential</span>', cells.icon("lock"))
            if job.confidential
            else "",
            job.department,
        )

    @admin.display(description="Status", ordering="status")
    def status_badge(self, job: Job) -> SafeString:
        return job_badge(job)

    @admin.display(description="In pipeline", ordering="active_applications")
    def active(self, job: Job) -> SafeString:
        count: int = getattr(job, "active_applications", 0)
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_pipeline", args=[job.pk]), count)

    @admin.display(description="Place", ordering="city")
    def where(self, job: Job) -> str:
        return job.place or cells.NOTHING

    @admin.display(description="Age", ordering="created_at")
    def age(self, job: Job) -> SafeString:
        return cells.ago(job.opened_at or job.created_at)

    # --- Changes go through the actions, which put them on record -----------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Job, form: ModelForm[Job], change: bool) -> None:
        facts = {name: form.cleaned_data[name] for name in actions.FACTS if name in form.cleaned_data}
        by, now = _user(request), timezone.now()
        if change:
            seen: Any = form
            actions.update(job=obj, by=by, now=now, facts=facts, expected_updated_at=seen.expected)
            return
        made = actions.create(by=by, now=now, facts=facts, openings=form.cleaned_data.get("openings") or 1)
        obj.pk = made.pk
        obj._state.adding = False

    # --- The pages of one job -----------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.job_or_404(request, object_id)
        if request.method == "POST" or "edit" in request.GET:
            context = {**(extra_context or {}), **self.head(request, job, tab="edit")}
            return super().change_view(request, object_id, form_url, context)
        steps = funnel.of_jobs([job])[job.pk]
        seats = list(job.openings.all())
        return self.page(request, job, tab="overview", context={"steps": steps, "seats": seats})

    def team_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        job = self.job_or_404(request, object_id)
        if request.method == "POST":
            return self._change_team(request, object_id)
        context = {
            "members": job.team.select_related("user").order_by("role", "user__username"),
            "roles": HiringTeamMember.Role.choices,
            "users": User.objects.filter(is_active=True, is_staff=True).order_by("username")[:500],
            "can_change": request.user.has_perm("jobs.change_job"),
        }
        return self.page(request, job, tab="team", context=context)

    def _change_team(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        job = self.changing(request, object_id, permission="jobs.change_job")
        by, now, said = _user(request), timezone.now(), request.POST
        back = reverse("admin:jobs_job_team", args=[job.pk])
        member = User.objects.filter(pk=said["user"]).first() if said.get("user", "").isdigit() else None
        if member is None:
            raise Http404
        if said.get("do") == "remove":
            return self.do(
                request,
                lambda: actions.remove_team_member(job=job, user=member, by=by, now=now, role=said.get("role", "")),
                done=f"{member.display_name} is no longer on the team in this role.",
                back=back,
            )
        return self.do(
            request,
            lambda: actions.add_team_member(job=job, user=member, role=said.get("role", ""), by=by, now=now),
            done=f"{member.display_name} is on the team and sees this job and its people.",
            back=back,
        )

    def activity_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        job = self.job_or_404(request, object_id)
        events = Event.objects.filter(job_id=str(job.pk)).order_by("-id")[:100]
        return self.page(request, job, tab="activity", context={"events": events})

    def status_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """A change of status by POST; asked for by GET, what it would do, with the button that does it."""
        if request.method == "GET" and request.GET.get("do") in self.STATUS_ACTIONS:
            job = self.job_or_404(request, object_id)
            if not request.user.has_perm("jobs.change_job"):
                raise PermissionDenied
            asked = confirmation(job, request.GET["do"])
            return self.page(request, job, tab="", template="confirm_status", context={"asked": asked})
        job = self.changing(request, object_id, permission="jobs.change_job")
        if request.POST.get("do") not in self.STATUS_ACTIONS:
            raise Http404
        action, done = self.STATUS_ACTIONS[request.POST["do"]]
        return self.do(
            request,
            lambda: action(job=job, by=_user(request), now=timezone.now()),
            done=done,
            back=reverse("admin:jobs_job_change", args=[job.pk]),
        )

    def add_person_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        job = self.changing(request, object_id, permission="jobs.add_application")
        try:
            candidate = Candidate.objects.visible_to(_user(request)).get(pk=request.POST.get("candidate", ""))
        except (Candidate.DoesNotExist, ValidationError, ValueError, TypeError) as error:
            raise Http404 from error
        return self.do(
            request,
            lambda: applications.apply(candidate=candidate, job=job, by=_user(request), now=timezone.now()),
            done=f"{candidate} is in the pipeline.",
            back=reverse("admin:jobs_job_ranked", args=[job.pk]) + "?unranked=1" * ("unranked" in request.POST),
        )

    def job_or_404(self, request: HttpRequest, object_id: str) -> Job:
        job = self.get_object(request, object_id)
        if job is None or not self.has_view_permission(request, job):
            raise Http404
        return job

    def changing(self, request: HttpRequest, object_id: str, *, permission: str) -> Job:
        """The job, for a change: only by POST, and only with the permission."""
        if request.method != "POST":
            raise Http404
        job = self.job_or_404(request, object_id)
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return job

    def head(self, request: HttpRequest, job: Job, *, tab: str) -> dict[str, Any]:
        moves = {
            Job.Status.DRAFT: ("open",),
            Job.Status.OPEN: ("hold", "close"),
            Job.Status.ON_HOLD: ("open", "close"),
            Job.Status.CLOSED: ("reopen", "archive"),
            Job.Status.ARCHIVED: ("reopen",),
        }
        return {
            "job": job,
            "job_badge": job_badge(job),
            "tab": tab,
            "held": vars(job)["is_held"],
            "title": job.title,
            "opts": self.opts,
            "moves": moves[Job.Status(job.status)] if request.user.has_perm("jobs.change_job") else (),
        }

    def page(
        self, request: HttpRequest, job: Job, *, tab: str, context: dict[str, Any], template: str = ""
    ) -> HttpResponse:
        return pages.render(
            request, "job", job, tab=tab, template=f"admin/jobs/job/{template or tab}.html", context=context
        )


def _user(request: HttpRequest) -> Any:
    return request.user


def _admin() -> JobAdmin:
    found: Any = admin.site._registry[Job]
    return cast(JobAdmin, found)


pages.add_noun(
    pages.Noun(
        name="job",
        load=lambda request, key: _admin().job_or_404(request, str(key)),
        head=lambda request, thing, tab: _admin().head(request, thing, tab=tab),
    )
)
pages.add_tab(
    pages.Tab(noun="job", name="overview", label="Overview", url_name="admin:jobs_job_change", order=10),
    pages.Tab(noun="job", name="ranked", label="Ranked people", url_name="admin:jobs_job_ranked", order=20),
    pages.Tab(
        noun="job", name="pipeline", label="Pipeline", url_name="admin:jobs_job_pipeline", order=30,
        count=lambda _user, job: getattr(job, "active_applications", 0),
    ),
    pages.Tab(noun="job", name="team", label="Team", url_name="admin:jobs_job_team", order=60),
    pages.Tab(noun="job", name="activity", label="Activity", url_name="admin:jobs_job_activity", order=80),
    pages.Tab(
        noun="job", name="edit", label="Edit", url_name="admin:jobs_job_change", query="?edit=1",
        permission="jobs.change_job", order=95,
    ),
)  # fmt: skip
