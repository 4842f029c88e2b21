"""Makes a report in the worker: claimed, put together with its owner's sight, written twice, and only then kept."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from audit import actions as audit
from candidates.models import Candidate
from hrassist import branding, notifications
from hrassist.lib import failpoint, storage
from hrassist.lib.errors import DomainError
from hrassist.lib.typesetting import NoFont
from hrassist.long_tasks import TELL_AFTER
from hrassist.models import Notification
from jobs.models import ReportDocument, ReportPerson, ReportRecipient
from jobs.models.report_document import NEEDED, ReportKind
from jobs.reports.documents import bias, candidate, drive, job, monthly, paper, summary
from jobs.reports.documents.paper import Report

logger = logging.getLogger(__name__)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
TYPES = {"docx": DOCX, "pdf": PDF}
State = ReportDocument.State
BUILDERS: dict[str, Callable[..., Report]] = {
    ReportKind.CANDIDATE: candidate.build,
    ReportKind.JOB: job.build,
    ReportKind.DRIVE: drive.build,
    ReportKind.MONTHLY: monthly.build,
    ReportKind.BIAS: bias.build,
    ReportKind.SUMMARY: summary.build,
}
NO_PDF = "Some letters in it have no font on this server, so there is no PDF: the DOCX has everything."
HIDDEN = "You do not see any more what this report is about."
UNFORESEEN = "Something went wrong that we did not foresee. Nothing was kept; try again, or tell the operator."


class Gone(Exception):
    """The row went, or belongs to another worker: nothing of what was made is kept."""


class Changed(Exception):
    """Somebody whom it names was erased while it was made: it is made anew without them."""


def make(document_id: UUID) -> None:
    """Make one report; doing it twice keeps it once. What is foreseen ends in a state, the rest is raised after it."""
    claimed = _claim(document_id)
    if claimed is None:
        return
    document, token = claimed
    try:
        report, said, made_at = put_together(document)
        files, message = _written(document, said, made_at=made_at)
        _keep(document, report, files, token=token, message=message)
    except (Gone, Changed):
        _again(document_id, token)
    except storage.StorageUnavailable:
        # The queue tries again; until then nobody holds it.
        _let_go(document_id, token, uncounted=True)
        raise
    except ObjectDoesNotExist:
        _fail(document_id, token, message=HIDDEN)
    except DomainError as error:
        _fail(document_id, token, message=error.message)
    except Exception:
        _fail(document_id, token, message=UNFORESEEN)
        logger.exception("report %s failed", document_id)
        raise


def put_together(document: ReportDocument) -> tuple[Report, dict[str, Any], datetime]:
    """What it says now, to its owner. Raises DomainError, or ObjectDoesNotExist where they see the thing no more."""
    user = document.owner
    if not user.is_active or not user.has_perms(NEEDED[document.kind]):
        raise DomainError("You may not have this report made any more.", code="forbidden")
    now = timezone.now()
    look = branding.look()
    report = BUILDERS[document.kind](document, user=user, look=look, now=now, today=timezone.localdate(now))
    return report, paper.said(report, brand=look.as_data(), owner=user, made_at=now), now


def _written(document: ReportDocument, said: dict[str, Any], *, made_at: datetime) -> tuple[dict[str, bytes], str]:
    from jobs.reports.documents import pdf, word  # noqa: PLC0415  their libraries take 0.1 s; only a worker writes files

    _tell(document, "Writing the DOCX")
    files = {"docx": word.report(said, made_at=made_at)}
    _tell(document, "Writing the PDF")
    try:
        files["pdf"] = pdf.report(said, made_at=made_at)
    except NoFont:
        logger.info("report %s has no PDF: a font is missing", document.pk)
        return files, NO_PDF
    return files, ""


@transaction.atomic
def _claim(document_id: UUID) -> tuple[ReportDocument, UUID] | None:
    """The report as this worker's own; None when it is made, given up, or in other hands."""
    rows = ReportDocument.objects.select_for_update(of=("self",)).select_related("owner")
    row = rows.filter(pk=document_id).first()
    now = timezone.now()
    if row is None or not row.is_working or (row.lease_until is not None and row.lease_until > now):
        return None
    if row.attempt >= ReportDocument.ATTEMPTS:
        row.move(State.FAILED, now=now)
        row.message, row.lease_token, row.lease_until = "The worker was stopped each time. Try again.", None, None
        row.save()
        _told_of(row, failed=True)
        return None
    if row.state == State.QUEUED:
        row.move(State.MAKING, now=now)
    row.attempt += 1
    row.step, row.lease_token, row.lease_until = "Reading", uuid4(), now + ReportDocument.LEASE
    row.save()
    token: Any = row.lease_token
    return row, token


def _tell(document: ReportDocument, step: str) -> None:
    """Say what is done now, outside any transaction, and that this worker lives. Raises Gone."""
    mine = ReportDocument.objects.filter(pk=document.pk, lease_token=document.lease_token, state=State.MAKING)
    if not mine.update(step=step, lease_until=timezone.now() + ReportDocument.LEASE):
        raise Gone


def _keep(
    document: ReportDocument, report: Report, files: dict[str, bytes], *, token: UUID, message: str
) -> None:  # fmt: skip
    keys = {kind: f"clean/{uuid4().hex}" for kind in files}
    # The object first, the row last: a file that no row names is swept, a row without its file is never seen.
    try:
        for kind, content in files.items():
            storage.clean().put(keys[kind], content, content_type=TYPES[kind])
        failpoint.reach("report.stored")
        _keep_row(document, report, files, keys, token=token, message=message)
    except (Gone, Changed, DatabaseError):
        _delete(keys.values())
        raise


@transaction.atomic
def _keep_row(
    document: ReportDocument, report: Report, files: dict[str, bytes], keys: dict[str, str], *, token: UUID,
    message: str,
) -> None:  # fmt: skip
    row = ReportDocument.objects.select_for_update(of=("self",)).filter(pk=document.pk, lease_token=token).first()
    if row is None or row.state != State.MAKING:
        raise Gone
    # An erasure holds its person against rows that refer to them: these wait for it, and then see that it is done.
    people = sorted(report.shown.people)
    ReportPerson.objects.bulk_create(ReportPerson(document=row, candidate_id=one) for one in people)
    if Candidate.objects.filter(pk__in=people, erased_at__isnull=True, merged_into__isnull=True).count() < len(people):
        raise Changed
    now = timezone.now()
    row.move(State.READY, now=now)
    row.docx_key, row.pdf_key = keys["docx"], keys.get("pdf", "")
    row.digests = {kind: hashlib.sha256(content).hexdigest() for kind, content in files.items()}
    row.sizes = {kind: len(content) for kind, content in files.items()}
    row.pages = _pages(files.get("pdf"))
    row.shows, row.expires_at = report.shown.as_json(), now + ReportDocument.KEPT
    row.message, row.step, row.lease_token, row.lease_until = message, "", None, None
    row.save()
    audit.record(
        "report.made", target=row, by=row.owner, subject=row.candidate_id, job=row.job_id, kind=row.kind,
        files=sorted(files), people=len(people), scheduled=row.schedule_id is not None,
    )  # fmt: skip
    _told_of(row)


def _pages(made: bytes | None) -> int:
    if made is None:
        return 0
    import pikepdf  # noqa: PLC0415  as above

    with pikepdf.open(io.BytesIO(made)) as read:
        return len(read.pages)


def _told_of(row: ReportDocument, *, failed: bool = False) -> None:
    """A scheduled report is told of with a link; so is one that took so long that its owner has left its page."""
    kind, now = Notification.Kind.REPORT, timezone.now()
    if row.schedule_id is not None:
        place = ReportRecipient.objects.filter(schedule=row.schedule_id, user=row.owner_id)
        if failed:
            place.update(failed_for=row.message)
            return
        place.update(last_at=row.ended_at, failed_for="")
    elif now - row.created_at < TELL_AFTER:
        return
    else:
        kind = Notification.Kind.TASK_ENDED
    what = "could not be made" if failed else "is ready"
    notifications.tell(
        users=[row.owner], kind=kind, text=f"Your {row.get_kind_display().lower()} {what}.",
        url=reverse("admin:jobs_report_document", args=[row.pk]), now=now, job=row.job_id, subject=row.candidate_id,
    )  # fmt: skip


@transaction.atomic
def _fail(document_id: UUID, token: UUID, *, message: str) -> None:
    row = _mine(document_id, token)
    if row is None:
        return
    row.move(State.FAILED, now=timezone.now())
    row.message, row.step, row.lease_token, row.lease_until = message[:300], "", None, None
    row.save()
    audit.failed(
        "report.failed", target=row, by=row.owner, subject=row.candidate_id, job=row.job_id, reason_code="not_made",
        kind=row.kind,
    )  # fmt: skip
    _told_of(row, failed=True)


@transaction.atomic
def _let_go(document_id: UUID, token: UUID, *, uncounted: bool = False) -> bool:
    row = _mine(document_id, token)
    if row is None:
        return False
    row.lease_token = row.lease_until = None
    row.attempt -= uncounted
    row.save()
    return True


def _again(document_id: UUID, token: UUID) -> None:
    """What it was made from changed under it: once more, as often as attempts are left."""
    if _let_go(document_id, token):
        make(document_id)


def _mine(document_id: UUID, token: UUID) -> ReportDocument | None:
    rows = ReportDocument.objects.select_for_update(of=("self",)).select_related("owner")
    return rows.filter(pk=document_id, lease_token=token, state=State.MAKING).first()


def _delete(keys: Iterable[str]) -> None:
    for key in keys:
        storage.clean().delete(key)
