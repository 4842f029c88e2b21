"""The form of a person: what somebody else changed meanwhile is told, and what was typed stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

from audit.models import Event
from candidates.models import Candidate
from hrassist.admin.base import QuietForm

CHANGES = ("candidate.updated",)


class CandidateForm(QuietForm):
    expected_updated_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Candidate
        fields: ClassVar = ["full_name", "headline", "city", "country", "source", "external_id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["expected_updated_at"] = self.instance.updated_at.isoformat()

    def clean_expected_updated_at(self) -> datetime | None:
        """When the person was read into the form. A later change is refused once; saving again is a decision."""
        try:
            read_at = parse_datetime(self.cleaned_data["expected_updated_at"])
        except ValueError:
            read_at = None
        if self.instance._state.adding or read_at is None:
            return None
        current = Candidate.objects.filter(pk=self.instance.pk).values_list("updated_at", flat=True).first()
        if current is None or current == read_at:
            return read_at
        # The next attempt starts from what is there now.
        data: Any = self.data
        again = data.copy()
        again[self.add_prefix("expected_updated_at")] = current.isoformat()
        self.data = again
        self.add_error(None, ValidationError(changed_since(self.instance, read_at), code="candidate_changed"))
        return read_at


def changed_since(candidate: Candidate, read_at: datetime) -> str:
    """Who changed what since, in a sentence that says what to do."""
    events = Event.objects.about(candidate.pk).filter(action__in=CHANGES, ts__gt=read_at).order_by("-id")[:3]
    told = []
    for event in events:
        fields = [str(name).replace("_", " ") for name in (event.changes or {}).get("fields", [])]
        told.append(f"{event.actor_display or 'Somebody'} changed {', '.join(fields) or 'contacts'}.")
    return " ".join(
        [
            "Somebody else saved this person after you opened the form.",
            *dict.fromkeys(told),
            "Your entries are still here and nothing was saved.",
            "Open the person in another tab to compare, then save again to put your entries in place of theirs.",
        ]
    )
