"""When colleagues cannot be planned: one's own times, and everybody's for those who schedule."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from hrassist.admin.site import add_page
from hrassist.lib import local_time
from hrassist.lib.errors import DomainError
from jobs.actions import absences as actions
from jobs.actions import interviews
from jobs.admin.interview_form import zone_field
from jobs.models import Absence


class AbsenceForm(forms.Form):
    """Two wall times in a zone; the second one is when they are back."""

    user = forms.IntegerField(required=False)
    first_day = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    first_time = forms.TimeField(
        label="at",
        required=False,
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    last_day = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last_time = forms.TimeField(
        label="at",
        required=False,
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    time_zone = zone_field()
    note = forms.CharField(
        label="Note", max_length=100, required=False, help_text="Only you read it; others see that you are away."
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        midnight = time.min
        for name in ("first", "last"):
            if f"{name}_day" not in said or "time_zone" not in said:
                continue
            day, at = said[f"{name}_day"], said.get(f"{name}_time")
            try:
                if at is None and name == "last":
                    # A last day without a time is a whole day.
                    day = day + timedelta(days=1)
                said[f"{name}_at"] = local_time.moment(
                    day,
                    at or midnight,
                    zone_name=said["time_zone"].strip(),
                    which="first" if name == "first" else "second",
                )
            except (DomainError, OverflowError) as error:
                self.add_error(f"{name}_day", getattr(error, "message", "Choose another day."))
        return said


def list_view(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    if not user.has_perm("jobs.view_absence") and not user.has_perm("jobs.add_interview"):
        raise PermissionDenied
    plans, now = user.has_perm("jobs.add_interview"), timezone.now()
    posted = request.POST if request.method == "POST" else None
    form = AbsenceForm(posted, initial={"time_zone": local_time.or_utc(user.time_zone)}, label_suffix="")
    colleagues = interviews.eligible() if plans else []
    status = 200
    if request.method == "POST":
        if not user.has_perm("jobs.add_absence") and not plans:
            raise PermissionDenied
        status = 422
        if form.is_valid():
            said = form.cleaned_data
            whose = next((one for one in colleagues if one.pk == said.get("user")), user)
            try:
                actions.enter(
                    user=whose, starts_at=said["first_at"], ends_at=said["last_at"], note=said["note"], by=user, now=now
                )  # fmt: skip
            except DomainError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, f"{whose.display_name} is not planned in that time.")
                return HttpResponseRedirect(reverse("admin:jobs_absence_list"))
    rows = Absence.objects.visible_to(user).filter(ends_at__gt=now).select_related("user").order_by("starts_at", "pk")
    zone = local_time.or_utc(user.time_zone)
    context = {
        **admin.site.each_context(request),
        "title": "Absences" if plans else "My absences",
        "rows": [(one, local_time.span(one.starts_at, one.ends_at, zone_name=zone), one.user_id == user.pk)
                 for one in rows[:200]],
        "form": form,
        "colleagues": colleagues,
        "plans": plans,
        "zones": local_time.names(),
    }  # fmt: skip
    return TemplateResponse(request, "jobs/absences.html", context, status=status)


@require_POST
def remove_view(request: HttpRequest, absence_id: int) -> HttpResponseBase:
    user: Any = request.user
    if not user.has_perm("jobs.delete_absence") and not user.has_perm("jobs.add_interview"):
        raise PermissionDenied
    absence = Absence.objects.visible_to(user).filter(pk=absence_id).first()
    if absence is None:
        raise Http404
    try:
        actions.remove(absence=absence, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The time can be planned again.")
    return HttpResponseRedirect(reverse("admin:jobs_absence_list"))


add_page("jobs/absence/", list_view, name="jobs_absence_list")
add_page("jobs/absence/<int:absence_id>/remove/", remove_view, name="jobs_absence_remove")
