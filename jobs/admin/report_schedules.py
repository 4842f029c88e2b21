"""Reports that come by themselves: what comes when and to whom, what became of the last, paused and resumed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.models import User
from jobs.actions import report_schedules as actions
from jobs.admin import job_choice
from jobs.admin.doing import do
from jobs.models import HiringTeamMember, RecruitmentDrive, ReportSchedule
from jobs.models.report_document import kinds_for
from jobs.models.report_schedule import SCHEDULED_KINDS, WEEKDAYS

Every = ReportSchedule.Every


class RhythmForm(forms.Form):
    """When it comes and to whom: what can be changed later."""

    every = forms.ChoiceField(label="How often", choices=Every.choices)
    weekday = forms.TypedChoiceField(
        label="On", choices=list(enumerate(WEEKDAYS)), coerce=int, help_text="For a report every week."
    )
    day = forms.IntegerField(
        label="Day of the month", min_value=1, max_value=28, initial=1, help_text="For a report every month."
    )
    recipients = forms.ModelMultipleChoiceField(
        User.objects.none(), label="Who gets it", widget=forms.CheckboxSelectMultiple,
        help_text="Each gets a link to a report of their own, with what they may see; nothing is attached to a mail.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, user: Any, **options: Any) -> None:
        del user
        super().__init__(data, label_suffix="", **options)
        recipients: Any = self.fields["recipients"]
        recipients.queryset = recipients_offered()
        recipients.label_from_instance = lambda one: one.display_name

    def rhythm(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "every": said["every"],
            "day": said["weekday"] if said["every"] == Every.WEEK else said["day"],
            "recipients": list(said["recipients"]),
        }


class ScheduleForm(RhythmForm):
    """A new one: which report, too."""

    kind = forms.ChoiceField(label="Report")

    def __init__(self, data: Any = None, *, user: Any, **options: Any) -> None:
        super().__init__(data, user=user, **options)
        fields: dict[str, Any] = self.fields
        allowed = kinds_for(user)
        fields["kind"].choices = [(kind.value, kind.label) for kind in SCHEDULED_KINDS if kind in allowed]
        fields["job"] = job_choice.field(HiringTeamMember, user=user, required=False, empty_label="Choose a job")
        fields["job"].help_text = "For a job report."
        drives = RecruitmentDrive.objects.visible_to(user).order_by("-starts_on", "-pk")
        fields["drive"] = forms.ModelChoiceField(drives, required=False, empty_label="Choose a drive")
        fields["drive"].help_text = "For a drive report."
        self.order_fields(["kind", "job", "drive"])


def recipients_offered() -> Any:
    """Active colleagues whose role has reports."""
    may = User.objects.with_perm("jobs.add_reportdocument", backend="django.contrib.auth.backends.ModelBackend")
    return may.filter(is_staff=True).order_by("first_name", "last_name", "username")


@require_safe
def list_view(request: HttpRequest) -> HttpResponse:
    user = _allowed(request)
    rows = ReportSchedule.objects.visible_to(user).select_related("job", "drive", "created_by")
    context = {
        "title": "Scheduled reports",
        "tab": "schedules",
        "rows": [
            {"schedule": one, "places": (places := list(one.places.all())), "mine": _mine(places, user),
             "names": ", ".join(place.user.display_name for place in places),
             "failed": [place for place in places if place.failed_for]}
            for one in rows.prefetch_related("places__user")[:200]
        ],
    }  # fmt: skip
    return TemplateResponse(request, "admin/jobs/report/schedules.html", {**_site(request), **context})


def _mine(places: list[Any], user: Any) -> bool:
    return any(place.user_id == user.pk for place in places)


def new_view(request: HttpRequest) -> HttpResponseBase:
    user = _allowed(request, "jobs.add_reportschedule")
    form = ScheduleForm(request.POST or None, user=user, initial={"recipients": [user.pk]})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.create(
                kind=said["kind"], about=said["job"] if said["kind"] == "job" else said["drive"], by=user,
                now=timezone.now(), **form.rhythm(),
            )  # fmt: skip
        except DomainError as error:
            _tell(form, error)
        else:
            return HttpResponseRedirect(reverse("admin:jobs_report_schedules"))
    return _form(request, form, title="New scheduled report")


def change_view(request: HttpRequest, reportschedule_id: UUID) -> HttpResponseBase:
    user = _allowed(request, "jobs.change_reportschedule")
    schedule = _schedule_or_404(user, reportschedule_id)
    weekly = schedule.every == Every.WEEK
    initial = {
        "every": schedule.every,
        "weekday": schedule.day if weekly else 0,
        "day": 1 if weekly else schedule.day,
        "recipients": list(schedule.places.values_list("user", flat=True)),
    }
    form = RhythmForm(request.POST or None, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(
                schedule=schedule, by=user, now=timezone.now(), expected_updated_at=request.POST.get("seen", ""),
                **form.rhythm(),
            )  # fmt: skip
        except DomainError as error:
            _tell(form, error)
        else:
            return HttpResponseRedirect(reverse("admin:jobs_report_schedules"))
    return _form(request, form, title=str(schedule), schedule=schedule)


def _tell(form: forms.Form, error: DomainError) -> None:
    fields = {name: told for name, told in error.fields.items() if name in form.fields}
    for name, told in fields.items():
        form.add_error(name, told)
    if not fields:
        form.add_error(None, error.message)


def _form(
    request: HttpRequest, form: forms.Form, *, title: str, schedule: ReportSchedule | None = None
) -> HttpResponse:  # fmt: skip
    context = {
        "title": title,
        "form": form,
        "schedule": schedule,
        "seen": schedule.updated_at.isoformat() if schedule else "",
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/jobs/report/schedule.html", {**_site(request), **context}, status=status)


@require_POST
def step_view(request: HttpRequest, reportschedule_id: UUID) -> HttpResponseBase:
    """Pause, resume, delete, or not to get it any more."""
    user = _allowed(request)
    schedule = _schedule_or_404(user, reportschedule_id)
    asked = request.POST.get("do", "")

    def step() -> object:
        match asked:
            case "pause":
                return actions.pause(schedule=schedule, by=user, now=timezone.now())
            case "resume":
                return actions.resume(schedule=schedule, by=user, now=timezone.now())
            case "delete":
                return actions.delete(schedule=schedule, by=user)
            case "leave":
                return actions.leave(schedule=schedule, by=user)
        raise DomainError("Choose what to do with this schedule.", code="no_step")

    return do(request, step, done=DONE.get(asked, "Done."), back=reverse("admin:jobs_report_schedules"))


DONE = {
    "pause": "It is paused: nothing is made until you resume it.",
    "resume": "It comes again from its next day on.",
    "delete": "It does not come any more. Reports that were made stay.",
    "leave": "You do not get it any more.",
}


def _allowed(request: HttpRequest, permission: str = "jobs.view_reportschedule") -> Any:
    user: Any = request.user
    if not user.has_perm(permission):
        raise PermissionDenied
    return user


def _schedule_or_404(user: Any, key: UUID) -> ReportSchedule:
    found: ReportSchedule | None = (
        ReportSchedule.objects.visible_to(user).select_related("job", "drive").filter(pk=key).first()
    )
    if found is None:
        raise Http404
    return found


def _site(request: HttpRequest) -> dict[str, Any]:
    return admin.site.each_context(request)


add_page("reports/documents/schedules/", list_view, name="jobs_report_schedules")
add_page("reports/documents/schedules/new/", new_view, name="jobs_report_schedule_new")
add_page("reports/documents/schedules/<uuid:reportschedule_id>/", change_view, name="jobs_report_schedule")
add_page("reports/documents/schedules/<uuid:reportschedule_id>/step/", step_view, name="jobs_report_schedule_step")
