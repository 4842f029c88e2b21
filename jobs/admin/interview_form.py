"""What whoever plans an interview fills in, as a form that knows about clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from hrassist.lib import local_time
from hrassist.lib.errors import DomainError
from hrassist.models import User
from jobs.actions.interviews import Facts
from jobs.models import Application, Interview, InterviewPlanStep


def zone_field(label: str = "Time zone") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=64,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
    )


class InterviewForm(forms.Form):
    """Date, time and zone become two moments; a time that no clock shows, or shows twice, is told."""

    plan_step = forms.ModelChoiceField(
        label="Step of the plan", queryset=InterviewPlanStep.objects.none(), required=False, empty_label="None"
    )
    title = forms.CharField(label="Name", max_length=120)
    date = forms.DateField(label="Date", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = forms.TimeField(
        label="Time",
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    minutes = forms.IntegerField(label="Minutes", min_value=5, max_value=600, initial=45)
    time_zone = zone_field()
    which = forms.ChoiceField(
        label="Which of the two", choices=[("", "Choose"), ("first", "The first"), ("second", "The second")],
        required=False,
    )  # fmt: skip
    place = forms.CharField(
        label="Place", max_length=300, required=False, help_text="Room or address, or the link of a video call."
    )
    note_to_candidate = forms.CharField(
        label="Note to the candidate", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in their mail and in their calendar.",
    )  # fmt: skip
    interviewers = forms.ModelMultipleChoiceField(
        label="Interviewers", queryset=User.objects.none(), error_messages={"required": "Choose at least one."}
    )
    invite_candidate = forms.BooleanField(label="Write to the candidate", required=False, initial=True)
    anyway = forms.BooleanField(label="Schedule anyway", required=False)

    def __init__(
        self, data: Any, *, application: Application, colleagues: Sequence[User], interview: Interview | None
    ) -> None:
        super().__init__(data, label_suffix="")
        steps: Any = self.fields["plan_step"]
        steps.queryset = InterviewPlanStep.objects.filter(stage__job=application.job_id).select_related("stage")
        steps.label_from_instance = lambda step: f"{step.stage}: {step.name} ({step.minutes} min)"
        people: Any = self.fields["interviewers"]
        # Somebody who interviews already stays choosable, whatever became of their role.
        kept = list(interview.interviewers.values_list("user", flat=True)) if interview else []
        people.queryset = User.objects.filter(pk__in=[one.pk for one in colleagues] + kept)
        if interview is not None:
            del self.fields["plan_step"]
        self.twice = False

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"].strip()
        try:
            local_time.zone(name)
        except DomainError as error:
            raise ValidationError(error.message) from error
        return name

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if {"date", "time", "time_zone"} <= set(said):
            try:
                said["starts_at"] = local_time.moment(
                    said["date"], said["time"], zone_name=said["time_zone"], which=said.get("which", "")
                )
            except local_time.TwiceThatTime as error:
                self.twice = True
                self.add_error("which", error.message)
            except (DomainError, OverflowError) as error:
                self.add_error("time", getattr(error, "message", "Choose another time."))
        if {"starts_at", "minutes"} <= set(said):
            said["ends_at"] = said["starts_at"] + timedelta(minutes=said["minutes"])
        return said

    def facts(self) -> Facts:
        """Only of a valid form."""
        said = self.cleaned_data
        return Facts(**{name: said[name] for name in Facts.__slots__})

    def forgive_empty(self) -> None:
        """Somebody who only looks at the calendars need not have filled in everything."""
        for name in [name for name in self.errors if name in self.fields and not self.data.get(name)]:
            if not (name == "which" and self.twice):
                del self.errors[name]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def initial_of(interview: Interview) -> dict[str, Any]:
    """What the form shows of an interview that is to be changed."""
    there = local_time.zone(local_time.or_utc(interview.time_zone))
    begin = interview.starts_at.astimezone(there)
    return {
        "title": interview.title,
        "date": begin.date().isoformat(),
        "time": f"{begin:%H:%M}",
        "minutes": int((interview.ends_at - interview.starts_at).total_seconds() // 60),
        "time_zone": interview.time_zone,
        "which": "second" if begin.fold else "first" if _is_twice(begin) else "",
        "place": interview.place,
        "note_to_candidate": interview.note_to_candidate,
        "invite_candidate": "on" if interview.invite_candidate else "",
    }


def _is_twice(begin: Any) -> bool:
    return bool(begin.replace(fold=0).utcoffset() != begin.replace(fold=1).utcoffset())
