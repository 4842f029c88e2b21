"""The part of the operators' security page about uploaded files: the scanner's word and age, and what was refused."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Max, Min
from django.urls import reverse
from django.utils import timezone

from candidates.models import Resume, UploadTicket
from hrassist.admin import security
from hrassist.admin.security import Finding, Level, Section
from hrassist.lib.scanner import ClamdScanner, NoScanner, ScannerUnavailable

# A page must not wait for a scanner as long as an upload may.
PATIENCE = 3.0
LATE = timedelta(minutes=15)
WINDOW = timedelta(days=30)


def findings() -> list[Finding]:
    """Worst first."""
    found = [_scanner(), _waiting(), *_parked(), *_unscanned(), *_refused()]
    return sorted(found, key=lambda one: [Level.SERIOUS, Level.NOTICE, Level.GOOD].index(one.level))


def _scanner() -> Finding:
    if not settings.CLAMD_SOCKET:
        return Finding(
            Level.SERIOUS,
            "No malware scanner is configured.",
            "Install clamav-daemon and set HRASSIST_CLAMD_SOCKET, for example /run/clamav/clamd.ctl.",
        )
    try:
        version = ClamdScanner(settings.CLAMD_SOCKET, timeout=PATIENCE).version()
    except ScannerUnavailable as error:
        return Finding(Level.SERIOUS, error.message, "Until it answers, every uploaded file waits; none is lost.")
    last = Resume.objects.exclude(scanned_by=NoScanner.SCANNED_BY).aggregate(last=Max("created_at"))["last"]
    when = f"last file scanned {last:%Y-%m-%d %H:%M} UTC" if last else "no file scanned so far"
    return Finding(Level.GOOD, f"The malware scanner answers: {version}; {when}.")


def _waiting() -> Finding:
    first = UploadTicket.objects.waiting().aggregate(first=Min("confirmed_at"), number=Count("pk"))
    if first["first"] and first["first"] < timezone.now() - LATE:
        return Finding(
            Level.SERIOUS,
            f"{first['number']} uploads wait to be read, the oldest since {first['first']:%Y-%m-%d %H:%M} UTC.",
            "Is a worker running, and does the scanner answer?",
            _uploads(UploadTicket.State.CONFIRMED),
        )
    return Finding(Level.GOOD, "No upload waits longer than 15 minutes.")


def _parked() -> list[Finding]:
    number = UploadTicket.objects.parked().count()
    if not number:
        return []
    return [
        Finding(
            Level.NOTICE,
            f"{number} uploads are parked after five failed attempts.",
            "Look at each, then let it be tried again or reject it.",
            _uploads(UploadTicket.State.CONFIRMED),
        )
    ]


def _unscanned() -> list[Finding]:
    number = Resume.objects.filter(scanned_by=NoScanner.SCANNED_BY)[:1001].count()
    if not number:
        return []
    many = "More than 1,000" if number > 1000 else str(number)
    advice = "They came in without a scanner. What comes in from now on is scanned once one is configured."
    return [Finding(Level.NOTICE, f"{many} stored files were never scanned.", advice)]


def _refused() -> list[Finding]:
    rows = (
        UploadTicket.objects.filter(state=UploadTicket.State.REJECTED, rejected_at__gte=timezone.now() - WINDOW)
        .values_list("rejected_for")
        .annotate(number=Count("pk"))
        .order_by("-number", "rejected_for")
    )
    told = list(rows[:20])
    if not told:
        return [Finding(Level.GOOD, "No file was refused in 30 days.")]
    infected = sum(number for reason, number in told if reason == "infected")
    reasons = ", ".join(f"{reason.replace('_', ' ')} {number}" for reason, number in told)
    what = f"Refused in 30 days: {reasons}."
    url = _uploads(UploadTicket.State.REJECTED)
    if infected:
        return [Finding(Level.NOTICE, what, "Tell those who sent the infected ones; nothing of them was kept.", url)]
    return [Finding(Level.GOOD, what, "", url)]


def _uploads(state: str) -> str:
    return f"{reverse('admin:candidates_uploadticket_changelist')}?state__exact={state}"


security.add(Section(key="files", title="Uploaded files", load=findings, order=40))
