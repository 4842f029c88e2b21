"""Planning an interview and changing it, with everybody's calendar beside the form."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone

from audit import actions as audit
from candidates.models import CandidateEmail
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib import local_time
from hrassist.lib.errors import DomainError
from hrassist.models import User
from jobs.actions import availability
from jobs.actions import interviews as actions
from jobs.admin.interview import load, seen_at
from jobs.admin.interview_form import InterviewForm, initial_of, monday_of
from jobs.admin.interview_times import today
from jobs.models import Application, HiringTeamMember, Interview

SHOWN_IN_GRID = 6


def schedule_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    application = pages.load(request, "application", application_id)
    if not request.user.has_perm("jobs.add_interview"):
        raise PermissionDenied
    return _plan(request, application, interview=None)


def edit_view(request: HttpRequest, interview_id: UUID) -> HttpResponseBase:
    interview = load(request, interview_id)
    if not request.user.has_perm("jobs.change_interview"):
        raise PermissionDenied
    return _plan(request, interview.application, interview=interview)


def _plan(request: HttpRequest, application: Application, *, interview: Interview | None) -> HttpResponseBase:
    """The form, and what it does. Only `do=schedule` changes anything; every other button looks again."""
    by: Any = request.user
    colleagues = actions.eligible()
    data = request.POST.copy() if request.method == "POST" else _initial(request, application, interview)
    for added in [one for one in data.getlist("also") if one]:
        data.appendlist("interviewers", added)
    slot = str(data.get("slot", ""))
    if "T" in slot:
        data["date"], _, data["time"] = slot.partition("T")
        data["anyway"] = ""
    form = InterviewForm(data, application=application, colleagues=colleagues, interview=interview)
    saving = request.method == "POST" and data.get("do") == "schedule" and "slot" not in data and "week" not in data
    status, found, asked = 200, [], False
    if saving and form.is_valid():
        try:
            done = _save(form, application, interview, by=by, seen=seen_at(request))
        except actions.Clashes as error:
            found, asked, status = list(error.clashes), True, error.status
        except DomainError as error:
            form.add_error(None, error.message)
            status = error.status
        else:
            messages.success(request, _told(done, changed=interview is not None))
            return HttpResponseRedirect(reverse("admin:jobs_interview_change", args=[done.pk]))
    elif saving:
        status = 422
    else:
        if form.is_valid():
            found = _clashes(form, application, interview, by=by)
        form.forgive_empty()
    audit.viewed("application.interviews_viewed", target=application, by=by, subject=application.candidate_id,
                 job=application.job_id)  # fmt: skip
    chosen = _chosen(data, colleagues)
    team = set(HiringTeamMember.objects.filter(job=application.job_id).values_list("user", flat=True))
    context = {
        "form": form,
        "interview": interview,
        "seen": data.get("seen") or (interview.updated_at.isoformat() if interview else ""),
        "clashes": found,
        "asked": asked,
        "chosen": {user.pk for user in chosen},
        "near": [one for one in colleagues if one.pk in team or one in chosen],
        "others": [one for one in colleagues if one.pk not in team and one not in chosen],
        "zones": local_time.names(),
        "own_zone": local_time.or_utc(by.time_zone),
        "address": application.candidate.emails.filter(status=CandidateEmail.Status.CURRENT).order_by("pk").first(),
        **_availability(form, data, chosen, interview, by=by),
    }
    return pages.render(request, "application", application, tab="interviews", template="jobs/interview_form.html",
                        context=context, status=status)  # fmt: skip


def _save(
    form: InterviewForm, application: Application, interview: Interview | None, *, by: User, seen: datetime | None
) -> Interview:
    said, now = form.cleaned_data, timezone.now()
    common: dict[str, Any] = {
        "facts": form.facts(), "interviewers": list(said["interviewers"]), "by": by, "now": now,
        "anyway": said["anyway"], "invite_candidate": said["invite_candidate"],
    }  # fmt: skip
    if interview is None:
        return actions.schedule(application=application, plan_step=said["plan_step"], **common)
    return actions.reschedule(interview=interview, expected_updated_at=seen, **common)


def _told(interview: Interview, *, changed: bool) -> str:
    who = "The interviewers and the candidate get" if interview.invite_candidate else "The interviewers get"
    return f"Changed. {who} an update for their calendars." if changed else f"Scheduled. {who} an invitation."


def _initial(request: HttpRequest, application: Application, interview: Interview | None) -> QueryDict:
    by: Any = request.user
    data = QueryDict(mutable=True)
    if interview is not None:
        data.update(initial_of(interview))
        data.setlist("interviewers", [str(pk) for pk in interview.interviewers.values_list("user", flat=True)])
        return data
    steps = application.stage.plan.order_by("position")
    asked = request.GET.get("step", "")
    step = steps.filter(pk=int(asked) % 2**31).first() if asked.isdigit() else steps.first()
    data.update(
        {
            "plan_step": str(step.pk) if step else "",
            "title": step.name if step else "Interview",
            "minutes": str(step.minutes if step else 45),
            "time_zone": local_time.or_utc(by.time_zone),
            "invite_candidate": "on",
        }
    )
    # Who is on the team to interview is whom most interviews are for.
    first = HiringTeamMember.objects.filter(job=application.job_id, role=HiringTeamMember.Role.INTERVIEWER)
    data.setlist("interviewers", [str(pk) for pk in first.values_list("user", flat=True).distinct()])
    return data


def _chosen(data: QueryDict, colleagues: list[User]) -> list[User]:
    wanted = set(data.getlist("interviewers"))
    return [one for one in colleagues if str(one.pk) in wanted]


def _clashes(
    form: InterviewForm, application: Application, interview: Interview | None, *, by: User
) -> list[availability.Clash]:
    facts, now, users = form.facts(), timezone.now(), list(form.cleaned_data["interviewers"])
    if interview is not None and (interview.starts_at, interview.ends_at) == (facts.starts_at, facts.ends_at):
        # Whoever is in it already was asked about this time before.
        asked = set(interview.interviewers.values_list("user", flat=True))
        users = [user for user in users if user.pk not in asked]
        if not users:
            return []
    return availability.clashes(
        starts_at=facts.starts_at, ends_at=facts.ends_at, interviewers=users,
        candidate=application.candidate, viewer=by, now=now, ignore=interview,
    )  # fmt: skip


def _availability(
    form: InterviewForm, data: QueryDict, chosen: list[User], interview: Interview | None, *, by: User
) -> dict[str, Any]:
    """The week of the chosen people and their next free times, as clocks in the zone of the form show them."""
    if not chosen:
        return {"week": None, "slots": []}
    now = timezone.now()
    zone_name = local_time.or_utc(data.get("time_zone", "").strip())
    there = local_time.zone(zone_name)
    monday = _monday(data, form, fallback=now.astimezone(there).date())
    begin = datetime.combine(monday, time.min, tzinfo=there).astimezone(UTC)
    tomorrow = today(by, now=now)[1]
    busy = availability.busy_times(
        chosen, starts_at=min(begin, now), ends_at=max(begin + timedelta(days=7), tomorrow + availability.LOOK_AHEAD),
        viewer=by, ignore=interview,
    )  # fmt: skip
    minutes = form.cleaned_data.get("minutes") or 45 if hasattr(form, "cleaned_data") else 45
    slots = availability.next_slots(
        chosen, minutes=minutes, after=max(tomorrow, now), busy=busy, meeting_zone=zone_name
    )
    return {
        "week": availability.week(chosen[:SHOWN_IN_GRID], monday=monday, zone_name=zone_name, busy=busy, now=now),
        "slots": [
            (
                f"{one.starts_at.astimezone(there):%Y-%m-%dT%H:%M}",
                local_time.span(one.starts_at, one.ends_at, zone_name=zone_name, with_place=False),
            )
            for one in slots
        ],
        "slot_minutes": minutes,
        "zone_name": zone_name,
        "monday": monday.isoformat(),
        "before": (monday - timedelta(days=7)).isoformat(),
        "after": (monday + timedelta(days=7)).isoformat(),
        "picked": f"{data.get('date', '')}T{data.get('time', '')[:5]}",
    }


def _monday(data: QueryDict, form: InterviewForm, *, fallback: date) -> date:
    """The week that was asked for, else that of the chosen date, else the coming one."""
    for text in (data.get("week", ""), data.get("date", "")):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            continue
        if abs(day - fallback) < timedelta(days=1000):
            return monday_of(day)
    # On a weekend the week to look at is the next one.
    return monday_of(fallback + timedelta(days=2))


add_page("jobs/application/<uuid:application_id>/interviews/schedule/", schedule_view, name="jobs_interview_schedule")
add_page("jobs/interview/<uuid:interview_id>/edit/", edit_view, name="jobs_interview_edit")
