"""The two questions about sex and race as both public pages ask them, and what was chosen."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from jobs.actions import demographics
from jobs.models.demographic import CONSENT, CONSENTS, DemographicAnswer, Race, Sex

NOT_SAID = "I prefer not to say"


def said(request: HttpRequest) -> dict[str, str]:
    """What the form brought, for the action to judge."""
    return {
        "sex": request.POST.get("sex", "")[:20],
        "race": request.POST.get("race", "")[:20],
        "form": request.POST.get("asked", "")[:200],
    }


def asked(
    request: HttpRequest, errors: dict[str, list[str]], own: DemographicAnswer | None = None
) -> dict[str, Any]:  # fmt: skip
    """The questions with what was chosen: in this form, else in an answer that is shown to its own person."""
    chosen = said(request) if request.method == "POST" else {"sex": own.sex, "race": own.race} if own else {}
    return {
        "asked": demographics.asked(timezone.now()),
        "consent": CONSENTS[CONSENT],
        "questions": [
            {
                "name": name,
                "legend": legend,
                "note": note,
                "choices": [*choices, ("", NOT_SAID)],
                "chosen": chosen.get(name, ""),
                "errors": errors.get(name, []),
            }
            for name, legend, note, choices in (
                ("sex", "Sex", "", Sex.choices),
                ("race", "Race or ethnicity", "All but the first: not Hispanic or Latino.", Race.choices),
            )
        ],
    }
