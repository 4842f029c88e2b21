"""Naming people in a report: whoever is named is put down, so that the report goes with them."""

from __future__ import annotations

from candidates.models import Candidate
from jobs.models import Application
from jobs.reports.documents.paper import Shown

ERASED = "Erased person"


def name_of(person: Candidate, shown: Shown) -> str:
    if person.erased_at is not None:
        return ERASED
    shown.people.add(person.pk)
    return person.full_name


def applicant(application: Application, shown: Shown) -> str:
    return name_of(application.candidate, shown)


def standing(application: Application) -> str:
    """Where an application is: its stage while it goes on, how it ended after that."""
    if application.status == Application.Status.ACTIVE:
        return application.stage.name
    ended = str(application.get_status_display())
    return f"{ended} at {application.stage.name}" if application.status != Application.Status.HIRED else ended
