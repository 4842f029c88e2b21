"""Forms that know which version of a record their reader saw."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from hrassist.admin.base import QuietForm
from hrassist.lib import local_time


class SeenForm(QuietForm):
    """Refuses, with everything that was typed still in it, to write over what somebody else saved in the meantime."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            return
        # Before validation fills the instance with what was sent.
        self._is_now: datetime = self.instance.updated_at
        self.initial["seen"] = self._is_now.isoformat()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.expected is not None and self.expected != self._is_now:
            raise forms.ValidationError(
                "Somebody changed this since you opened it, so nothing was saved. What you wrote is still below: copy "
                "what you need, load the page again and repeat your change.",
                code="changed",
            )
        return cleaned

    @property
    def expected(self) -> datetime | None:
        """The version that was read, or None where the form does not say."""
        if self.instance._state.adding:
            return None
        return seen_at(self.cleaned_data.get("seen"))


def seen_at(text: Any) -> datetime | None:
    """The time in a hidden field, or None for anything else."""
    return local_time.read(str(text or ""))
