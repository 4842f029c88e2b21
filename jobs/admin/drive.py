"""Recruitment drives: the list with their progress, and the page of one."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hrassist.admin import cells, columns, navigation
from hrassist.admin.base import BaseAdmin, ModelForm
from hrassist.admin.columns import Column
from hrassist.admin.navigation import NavItem
from jobs.actions import drives as actions
from jobs.admin import job_choice, links
from jobs.admin.badges import job_badge
from jobs.admin.doing import do, number
from jobs.admin.seen import SeenForm
from jobs.models import DriveJob, Job, RecruitmentDrive, TrackingLink
from jobs.reports import drive_figures as figures

Status = RecruitmentDrive.Status
COLOURS = {Status.PLANNED: "blue", Status.RUNNING: "good", Status.ENDED: ""}


def drive_badge(drive: RecruitmentDrive) -> SafeString:
    status = Status(drive.status)
    return cells.badge(status.label, COLOURS[status])


def bar(count: int, target: int, share: int, noun: str) -> SafeString:
    """A count against its target, in words and as a bar; without a target the count alone."""
    if not target:
        return cells.counted(count, noun)
    return format_html(
        '<span class="target"><span>{} <span class="quiet small">of {}</span> <span class="cell-noun">{}</span></span>'
        '<progress max="100" value="{}" aria-label="{} of {} {}"></progress></span>',
        count, target, noun, share, count, target, noun,
    )  # fmt: skip


class DriveForm(SeenForm):
    class Meta:
        model = RecruitmentDrive
        fields: ClassVar = list(actions.FACTS)
        widgets: ClassVar = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "description": forms.Textarea(attrs={"rows": 4}),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and first > last:
            self.add_error("ends_on", "This is before its first day.")
        return cleaned


@admin.register(RecruitmentDrive)
class DriveAdmin(BaseAdmin[RecruitmentDrive]):
    form = DriveForm
    noun, nouns = "drive", "drives"
    list_display = ("name_and_dates", "status_badge", "jobs", "applications", "hires")
    list_display_links = ("name_and_dates",)
    list_filter = ("status",)
    keyset_field = "created_at"
    search_fields = ("name",)
    search_help_text = "Name"
    list_hint = "Campaigns over several jobs, with their own links and targets."
    empty_title = "No drives yet"
    empty_hint = "A drive brings several jobs under one link, for a fair or a campaign, and counts what comes in."
    pages = (("act", "act_view", "act"),)

    class Media:
        css: ClassVar = {"all": ["hrassist/css/hiring.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecruitmentDrive]:
        seen = DriveJob.objects.filter(job__in=Job.objects.visible_to(request.user))  # type: ignore[arg-type]
        parts = Prefetch("drive_jobs", seen.select_related("job").order_by("job__title"))
        return super().get_queryset(request).prefetch_related(parts)

    def get_fieldsets(self, request: HttpRequest, obj: RecruitmentDrive | None = None) -> Any:
        return [
            (None, {"fields": ["name", "description", ("starts_on", "ends_on")]}),
            ("Targets", {"fields": [("target_applications", "target_hires"), "seen"]}),
        ]

    # --- Cells --------------------------------------------------------------------------------------------------------

    @admin.display(description="Drive", ordering="name")
    def name_and_dates(self, drive: RecruitmentDrive) -> SafeString:
        dates = f"{date_format(drive.starts_on, 'j M')} to {date_format(drive.ends_on, 'j M Y')}"
        return format_html(
            '<span class="person"><span class="what"><b>{}</b><span>{}</span></span></span>', drive.name, dates
        )

    @admin.display(description="Status", ordering="status")
    def status_badge(self, drive: RecruitmentDrive) -> SafeString:
        return drive_badge(drive)

    @admin.display(description="Jobs")
    def jobs(self, drive: RecruitmentDrive) -> SafeString:
        count = len(drive.drive_jobs.all())
        return cells.counted(count, "job" if count == 1 else "jobs")

    @admin.display(description="Applications")
    def applications(self, drive: RecruitmentDrive) -> SafeString:
        found = _of_row(drive)
        return bar(found.applications, found.target_applications, found.applications_share, "applications")

    @admin.display(description="Hires")
    def hires(self, drive: RecruitmentDrive) -> SafeString:
        found = _of_row(drive)
        return bar(found.hires, found.target_hires, found.hires_share, "hires")

    # --- Changes go through the actions -------------------------------------------------------------------------------

    def save_model(
        self, request: HttpRequest, obj: RecruitmentDrive, form: ModelForm[RecruitmentDrive], change: bool
    ) -> None:
        user: Any = request.user
        facts = {name: form.cleaned_data[name] for name in actions.FACTS if name in form.cleaned_data}
        if change:
            seen: Any = form
            actions.update(drive=obj, by=user, now=timezone.now(), facts=facts, expected_updated_at=seen.expected)
            return
        made = actions.create(by=user, now=timezone.now(), facts=facts)
        obj.pk = made.pk
        obj._state.adding = False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        drive = self.drive_or_404(request, object_id)
        if request.method == "POST" or "edit" in request.GET:
            return super().change_view(request, object_id, form_url, extra_context)
        user: Any = request.user
        parts = list(drive.drive_jobs.all())
        rows = TrackingLink.objects.filter(drive=drive).select_related("source", "referred_by")
        found = figures.with_figures(rows, user=user) if user.has_perm("jobs.view_trackinglink") else []
        may_change = user.has_perm("jobs.change_recruitmentdrive")
        by_job = figures.progress_of_jobs(drive, [part.job for part in parts])
        progress = figures.progress_of([drive.pk], user=user).get(drive.pk, figures.Progress()).against(drive)
        bars = figures.per_day(drive, user=user, today=timezone.localdate())
        context = {
            **self.admin_site.each_context(request),
            **links.context_of(request, found, add_at=reverse("admin:jobs_recruitmentdrive_act", args=[drive.pk])),
            "title": drive.name,
            "opts": self.opts,
            "drive": drive,
            "badge": drive_badge(drive),
            "progress": progress,
            "parts": [
                (part, by_job.get(part.job_id, {}), job_badge(part.job), _share(by_job.get(part.job_id), part))
                for part in parts
            ],
            "bars": bars,
            "by": "day" if bars[0].start == bars[0].end else "week",
            "may_change": may_change,
            "job_choice": job_choice.ChoiceForm(DriveJob, user=user) if may_change else None,
        }
        return TemplateResponse(request, "admin/jobs/recruitmentdrive/page.html", context)

    def act_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What the page's buttons ask for: start, end, put or take a job, make a link."""
        if request.method != "POST":
            raise Http404
        drive = self.drive_or_404(request, object_id)
        user: Any = request.user
        back = reverse("admin:jobs_recruitmentdrive_change", args=[drive.pk])
        said, what = request.POST, request.POST.get("do", "")
        if what == "link":
            return links.create(request, back=back, drive=drive)
        if not user.has_perm("jobs.change_recruitmentdrive"):
            raise PermissionDenied
        how: dict[str, Any] = {"drive": drive, "by": user, "now": timezone.now()}
        if what == "start":
            return do(
                request, lambda: actions.start(**how), done="The drive runs: its links take people in.", back=back
            )
        if what == "end":
            return do(request, lambda: actions.end(**how), done="The drive has ended: its links are closed.", back=back)
        job = job_choice.chosen(DriveJob, user, said.get("job", ""))
        if what not in {"put", "take"}:
            raise Http404
        if what == "take":
            return do(
                request, lambda: actions.take_job(job=job, **how), done=f"{job} takes no part any more.", back=back
            )
        target = number(said.get("target_hires"), otherwise=0)
        return do(
            request,
            lambda: actions.put_job(job=job, target_hires=target, **how),
            done=f"{job} takes part.",
            back=back,
        )

    def drive_or_404(self, request: HttpRequest, object_id: str) -> RecruitmentDrive:
        drive = self.get_object(request, object_id)
        if drive is None or not self.has_view_permission(request, drive):
            raise Http404
        return drive


def _share(counts: dict[str, int] | None, part: DriveJob) -> int:
    return min(100, round(100 * (counts or {}).get("hires", 0) / part.target_hires)) if part.target_hires else 0


def _progress(user: Any, keys: Any) -> dict[Any, Any]:
    return dict(figures.progress_of(keys, user=user))


def _of_row(drive: RecruitmentDrive) -> figures.Progress:
    found: figures.Progress = getattr(drive, "progress", None) or figures.Progress()
    return found.against(drive)


def running(user: Any) -> int:
    return RecruitmentDrive.objects.visible_to(user).filter(status=Status.RUNNING).count()


columns.add(
    Column(model="jobs.recruitmentdrive", name="progress", permission="jobs.view_recruitmentdrive", find=_progress)
)
navigation.add(
    NavItem(
        label="Drives", url_name="admin:jobs_recruitmentdrive_changelist", icon="flag",
        permission="jobs.view_recruitmentdrive", section="Outreach", order=62, count=running,
    )
)  # fmt: skip
