"""Reports as documents: asked for, opened by who still sees all that is in them, deleted when their time is over."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef
from django.utils.text import slugify

from audit import actions as audit
from candidates.models import Candidate, holding
from hrassist.lib import storage, tables
from hrassist.lib.errors import Conflict, DomainError, NotFound, Unavailable
from hrassist.lib.serving import FileFacts, OpenFile
from jobs import tasks
from jobs.models import Application, Job, RecruitmentDrive, ReportDocument, ReportPerson, ReportSchedule
from jobs.models.report_document import NEEDED, OF_PERIOD, OF_RATES, ReportKind
from jobs.models.scorecard import owes_a_card
from jobs.reports.documents import pdf, sheets
from jobs.reports.documents.making import TYPES

if TYPE_CHECKING:
    from hrassist.models import User

State = ReportDocument.State
# Who presses twice gets the one that is under way; who presses a hundred times waits.
MOST_UNFINISHED = 10
LONGEST = timedelta(days=2 * 366)
# Beyond these the database and the calendar have no zone, or no day before and after.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9000, 12, 31)
QUEUED_WITHIN = timedelta(minutes=5)


class FileAltered(Unavailable):
    """What the store holds is not what was made; nobody gets it."""

    code = "file_altered"
    status = 502
    default_message = (
        "This file was changed or lost in the store after it was made, so it is not handed out. Make the report anew; "
        "the operator finds this in the audit log."
    )


class SeesLess(Conflict):
    """The owner's sight has become smaller than the report."""

    code = "sees_less"
    status = 403
    default_message = (
        "This report shows something that you do not see any more, so it is not handed out. Make it anew: it then "
        "holds what you see now."
    )


class AwaitsCard(Conflict):
    """Others' scorecards stand in it, and the owner owes one."""

    code = "card_owed"
    status = 403
    default_message = (
        "This report tells what other interviewers said about somebody on whom your own scorecard is due. Hand yours "
        "in first."
    )


class TokenNarrowed(DomainError):
    """Whoever asks stands for its owner in some jobs only."""

    code = "token_narrowed"
    status = 403
    default_message = (
        "This token is narrowed to some jobs, and a report holds all that its owner sees. Use a token of all jobs."
    )


@transaction.atomic
def ask(
    *, kind: str, by: User, now: datetime, about: Any = None, since: date | None = None, until: date | None = None,
    schedule: ReportSchedule | None = None,
) -> ReportDocument:  # fmt: skip
    """Have a report made for `by`: about a candidate, application, job or drive, or over a period.

    The same one that is under way is given back. Raises PermissionDenied, TokenNarrowed, and NotFound for what they do
    not see.
    """
    if kind not in ReportKind.values:
        raise DomainError("Choose which report you want.", code="no_kind")
    if not by.has_perm("jobs.add_reportdocument") or not by.has_perms(NEEDED[kind]):
        raise PermissionDenied
    if by.only_jobs is not None:
        raise TokenNarrowed
    document = ReportDocument(kind=kind, owner=by, schedule=schedule, created_at=now, since=since, until=until)
    _put_about(document, about, by=by)
    _require_period(document)
    same = ReportDocument.objects.unfinished().filter(
        kind=kind, owner=by, candidate=document.candidate, application=document.application, job=document.job,
        drive=document.drive, since=since, until=until, schedule=schedule,
    )  # fmt: skip
    if (found := same.first()) is not None:
        return found
    if ReportDocument.objects.unfinished().filter(owner=by).count() >= MOST_UNFINISHED:
        raise Conflict(
            f"{MOST_UNFINISHED} of your reports are being made. Wait until some are ready.", code="too_many_reports"
        )
    document.save()
    audit.record(
        "report.asked", target=document, by=by, subject=document.candidate_id, job=document.job_id, kind=kind,
        scheduled=schedule is not None,
    )  # fmt: skip
    tasks.make_report.defer(document_id=str(document.pk))
    return document


def _put_about(document: ReportDocument, about: Any, *, by: User) -> None:
    """What it is about, if the user sees it, and its title."""
    kind = ReportKind(document.kind)
    seen: Any = None
    if kind is ReportKind.CANDIDATE and isinstance(about, Application):
        seen = Application.objects.visible_to(by).select_related("candidate", "job").filter(pk=about.pk).first()
        if seen is not None:
            document.application, document.candidate, document.job = seen, seen.candidate, seen.job
            document.title = f"Candidate report: {seen.candidate.full_name} for {seen.job.title}"[:250]
    elif kind is ReportKind.CANDIDATE and isinstance(about, Candidate):
        seen = Candidate.objects.visible_to(by).filter(pk=about.pk).first()
        if seen is not None:
            document.candidate, document.title = seen, f"Candidate report: {seen.full_name}"[:250]
    elif kind is ReportKind.JOB and isinstance(about, Job):
        seen = Job.objects.visible_to(by).filter(pk=about.pk).first()
        if seen is not None:
            document.job, document.title = seen, f"Job report: {seen.title}"[:250]
    elif kind is ReportKind.DRIVE and isinstance(about, RecruitmentDrive):
        seen = RecruitmentDrive.objects.visible_to(by).filter(pk=about.pk).first()
        if seen is not None:
            document.drive, document.title = seen, f"Drive report: {seen.name}"[:250]
    elif kind in OF_PERIOD and document.since is not None:
        seen = document.title = f"{kind.label}: {document.since:%B %Y}"
        if kind in OF_RATES or document.until is None or document.since.month != document.until.month:
            document.title = f"{kind.label}: {document.since:%-d %b %Y} to {document.until or document.since:%-d %b %Y}"
    if seen is None:
        raise NotFound("There is nothing to report about here, or you may not see it.")


def _require_period(document: ReportDocument) -> None:
    since, until = document.since, document.until
    if (since is None) != (until is None):
        raise DomainError("Say from when and until when.", code="bad_period")
    if since is None or until is None:
        return
    if until < since:
        raise DomainError("The period ends before it begins.", code="bad_period")
    if since < FIRST_DAY or until > LAST_DAY:
        raise DomainError(f"Choose days between {FIRST_DAY:%Y} and {LAST_DAY:%Y}.", code="bad_period")
    if until - since > LONGEST:
        raise DomainError("A report spans two years at most.", code="long_period")


@transaction.atomic
def try_again(*, document: ReportDocument, by: User, now: datetime) -> ReportDocument:
    """Make a report that failed anew. Raises Conflict for one that did not fail."""
    row = _locked(document, by)
    row.move(State.QUEUED, now=now)
    row.message, row.attempt, row.created_at = "", 0, now
    row.save()
    audit.record("report.asked", target=row, by=by, subject=row.candidate_id, job=row.job_id, kind=row.kind, again=True)
    tasks.make_report.defer(document_id=str(row.pk))
    return row


@transaction.atomic
def delete(*, document: ReportDocument, by: User) -> None:
    """Delete a report of one's own with its files; a worker that makes it finds its row gone.

    Raises Conflict while somebody in it is under a legal hold.
    """
    row = _locked(document, by)
    if holding.on(list(row.people.values_list("candidate_id", flat=True))):
        raise Conflict("Somebody in this report is under a legal hold: it stays until that is released.", code="held")
    keys = [key for key in (row.docx_key, row.pdf_key) if key]
    audit.record("report.deleted", target=row, by=by, subject=row.candidate_id, job=row.job_id, kind=row.kind)
    row.delete()
    transaction.on_commit(lambda: _forget(keys))


def describe_file(*, document_id: UUID, kind: str, by: User) -> FileFacts:
    """What `open_file` would give; nothing is shown, so nothing is an access."""
    row, _ = _to_open(document_id, kind, by=by, action="report.downloaded")
    return FileFacts(filename=filename(row, kind), content_type=TYPES[kind], size=row.sizes.get(kind))


def open_file(*, document_id: UUID, kind: str, by: User, action: str = "report.downloaded", **said: Any) -> OpenFile:
    """One file of a report, on record before its first byte. Raises NotFound, SeesLess, AwaitsCard, FileAltered."""
    row, key = _to_open(document_id, kind, by=by, action=action)
    audit.viewed(
        action, target=row, by=by, subject=row.candidate_id, job=row.job_id, kind=row.kind, format=kind,
        people=row.people.count(), **said,
    )  # fmt: skip
    try:
        content = b"".join(storage.clean().open(key))
    except storage.ObjectMissing as error:
        _altered(row, by=by, reason_code="object_missing", key=key)
        raise FileAltered from error
    if hashlib.sha256(content).hexdigest() != row.digests.get(kind):
        _altered(row, by=by, reason_code="sha256_differs", key=key)
        raise FileAltered
    return OpenFile(
        filename=filename(row, kind), content_type=TYPES[kind], size=len(content), content=io.BytesIO(content)
    )


def _to_open(document_id: UUID, kind: str, *, by: User, action: str) -> tuple[ReportDocument, str]:
    """The report whose file the user may open, and the key of the file; each refusal is on record."""
    row = ReportDocument.objects.visible_to(by).filter(pk=document_id).first()
    key = getattr(row, f"{kind}_key", "") if row is not None and kind in TYPES else ""
    if row is None or not key:
        audit.denied(action, by=by, reason_code="absent_or_hidden", http_status=404, asked=document_id)
        raise NotFound("There is no such file, or you may not see it.")
    try:
        require_sight(row, by=by)
    except Conflict as error:
        audit.denied(
            action, target=row, by=by, subject=row.candidate_id, job=row.job_id, reason_code=error.code,
            http_status=error.status,
        )  # fmt: skip
        raise
    return row, key


def describe_table(*, document_id: UUID, kind: str, by: User) -> FileFacts:
    """What `open_table` would give, whose size is not known before it is made; nothing is shown, so it is no access."""
    found = ReportDocument.objects.visible_to(by).filter(pk=document_id, kind__in=OF_RATES).exclude(docx_key="").first()
    if found is None or kind not in tables.CONTENT_TYPES:
        audit.denied("report.downloaded", by=by, reason_code="absent_or_hidden", http_status=404, asked=document_id)
        raise NotFound("This report has no such table, or you may not see it.")
    return FileFacts(filename=filename(found, kind), content_type=tables.CONTENT_TYPES[kind])


def open_table(*, document_id: UUID, kind: str, by: User) -> OpenFile:
    """The rates of a report as CSV or XLSX, out of its DOCX and under the same rules. Raises what `open_file` does."""
    about = describe_table(document_id=document_id, kind=kind, by=by)
    file = open_file(document_id=document_id, kind="docx", by=by, table=kind)
    content = sheets.table_of(file.content.read(), kind=kind)
    return OpenFile(
        filename=about.filename, content_type=about.content_type, size=len(content), content=io.BytesIO(content)
    )


def page_picture(*, document_id: UUID, page: int, by: User) -> bytes:
    """One page of the PDF as PNG, under the same rules as the file. Raises NotFound beyond the last page."""
    file = open_file(document_id=document_id, kind="pdf", by=by, action="report.previewed", page=page)
    found = pdf.page_of(file.content.read(), page)
    if found is None:
        raise NotFound("This report has no such page.")
    return found


def require_sight(document: ReportDocument, *, by: User) -> None:
    """That the owner sees all that the report shows, now. Raises SeesLess, AwaitsCard."""
    shows = document.shows
    if not by.has_perms(shows.get("permissions", [])):
        raise SeesLess
    people = ReportPerson.objects.filter(document=document).values("candidate")
    sights: list[tuple[Any, Iterable[Any], int]] = [
        (Job, shows.get("jobs", []), len(shows.get("jobs", []))),
        (Application, shows.get("applications", []), len(shows.get("applications", []))),
        (Candidate, people, document.people.count()),
    ]
    for model, ids, count in sights:
        if count and model.objects.visible_to(by).filter(pk__in=ids).count() < count:
            raise SeesLess
    told = Application.objects.filter(pk__in=shows.get("cards", []))
    if told.filter(owes_a_card(by.pk, OuterRef("pk"))).exists():
        raise AwaitsCard


def filename(document: ReportDocument, kind: str) -> str:
    """job-report-backend-engineer-2026-11-26.pdf"""
    name = slugify(document.title)[:80] or document.kind
    return f"{name}-{(document.ended_at or document.created_at):%Y-%m-%d}.{kind}"


def take_up(*, now: datetime) -> int:
    """Give reports whose worker died, or whose task was lost, to another one; gives how many."""
    dead = ReportDocument.objects.filter(state=State.MAKING, lease_until__lt=now)
    lost = ReportDocument.objects.filter(state=State.QUEUED, created_at__lt=now - QUEUED_WITHIN)
    # One that storage let go of has no lease: its task tries again, or this does.
    loose = ReportDocument.objects.filter(
        state=State.MAKING, lease_until__isnull=True, created_at__lt=now - QUEUED_WITHIN
    )
    found = {pk for rows in (dead, lost, loose) for pk in rows.values_list("pk", flat=True)[:200]}
    for document_id in found:
        tasks.make_report.defer(document_id=str(document_id))
    return len(found)


def delete_expired(*, now: datetime) -> int:
    """Delete reports whose time is over, but for those that name somebody under a legal hold; gives how many."""
    count = 0
    for row in ReportDocument.objects.filter(expires_at__lte=now).order_by("expires_at")[:500]:
        if holding.on(list(row.people.values_list("candidate_id", flat=True))):
            continue
        with transaction.atomic():
            keys = [key for key in (row.docx_key, row.pdf_key) if key]
            audit.record("report.expired", target=row, by=None, subject=row.candidate_id, job=row.job_id, kind=row.kind)
            row.delete()
        _forget(keys)
        count += 1
    return count


def _altered(row: ReportDocument, *, by: User, reason_code: str, key: str) -> None:
    audit.failed(
        "report.altered", target=row, by=by, subject=row.candidate_id, job=row.job_id, reason_code=reason_code, key=key
    )


def _locked(document: ReportDocument, by: User) -> ReportDocument:
    if not ReportDocument.objects.visible_to(by).filter(pk=document.pk).exists():
        raise NotFound
    return ReportDocument.objects.select_for_update(of=("self",)).get(pk=document.pk)


def _forget(keys: Iterable[str]) -> None:
    for key in keys:
        storage.clean().delete(key)
