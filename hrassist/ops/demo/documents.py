"""Reports of the demo as documents: one of a job that was made, and one that comes every month."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count

from hrassist.models import Branding, User
from jobs.actions import branding, report_documents, report_schedules
from jobs.models import Job, ReportDocument, ReportSchedule
from jobs.models.report_document import ReportKind
from jobs.reports.documents import making

ORGANISATION = "Northwind Clinics and Logistics"
HEADINGS, ACCENT = "#1f4e79", "#0b6e63"


def ensure(*, by: User, now: datetime) -> None:
    """Set how papers look, report on the job with most applications, plan the monthly report; again adds nothing."""
    if not Branding.objects.exists():
        branding.change(
            organisation=ORGANISATION, heading_colour=HEADINGS, accent_colour=ACCENT, by=by, now=now
        )  # fmt: skip
    if not ReportSchedule.objects.exists():
        report_schedules.create(
            kind=ReportKind.MONTHLY, about=None, every="month", day=1, recipients=[by], by=by, now=now
        )  # fmt: skip
    if ReportDocument.objects.exists():
        return
    jobs = Job.objects.visible_to(by).annotate(count=Count("applications")).order_by("-count", "pk")
    if (job := jobs.first()) is not None:
        document = report_documents.ask(kind=ReportKind.JOB, about=job, by=by, now=now)
        making.make(document.pk)
