"""Makes the files of an approved run: rendered, read again by our own parser, checked again, and only then kept."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from audit import actions as audit
from candidates.actions.reading import ReadResume, read_file
from hrassist.lib import failpoint, storage
from hrassist.lib.errors import DomainError
from hrassist.lib.typesetting import NoFont
from jobs.models.tailoring import TailoringLine, TailoringRun
from jobs.tailoring import events, form, paper
from jobs.tailoring.facts import Finding, check_heads, check_paper
from jobs.tailoring.paper.compose import Wording, own_words
from jobs.tailoring.stored import material_of

logger = logging.getLogger(__name__)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
TYPES = {"docx": DOCX, "pdf": PDF, "letter_docx": DOCX, "letter_pdf": PDF, "png": "image/png"}
OFFLINE_NAME = "hrassist (selection and order, no language model)"
State = TailoringRun.State


class NotFaithful(DomainError):
    """The finished file states something that the resume does not; nobody gets it."""

    code = "not_faithful"
    default_message = (
        "The finished file was read again and states something that the resume does not: {what} No file was kept. "
        "Reject that line and approve again."
    )


def wordings(lines: Iterable[TailoringLine]) -> list[Wording]:
    """What goes to paper: the wording that was accepted, or the original."""
    found = []
    for one in lines:
        text = one.original if one.decision == TailoringLine.Decision.REJECTED else one.text
        if text.strip():
            found.append(Wording(part=one.part, entry=one.entry, text=text))
    return found


def papers(
    run: TailoringRun, lines: Iterable[TailoringLine], *, now: datetime
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The words of the resume and of the letter as they would be now."""
    material, said, by = material_of(run), wordings(lines), made_by(run)
    resume = paper.resume(material, said, skill_order=_skill_order(run), made_by=by, now=now)
    letter = paper.letter(material, said, made_by=by, now=now) if run.with_letter else None
    return resume, letter


def made_by(run: TailoringRun) -> str:
    """What the label names as the writer."""
    writers = run.writers
    return f"hrassist with {', '.join(writers)}" if writers else OFFLINE_NAME


def _skill_order(run: TailoringRun) -> list[str]:
    last = run.steps.filter(output__isnull=False).order_by("-position").first()
    return list(last.output["draft"]["skill_order"]) if last and last.output else []


def make(run_id: UUID) -> None:
    """Make and keep the files of an approved run; of any other nothing. Doing it twice keeps them once."""
    run = TailoringRun.objects.select_related("application", "approved_by", "template").filter(pk=run_id).first()
    if run is None or run.state != State.APPROVED or run.approved_at is None:
        return
    try:
        files, read_back = faithful_files(run, list(run.lines.all()), made_at=run.approved_at)
    except DomainError as error:
        _back_to_review(run_id, code=error.code, message=error.message)
        return
    keys = {kind: f"clean/{uuid4().hex}" for kind in files}
    # The object first, the row last: a file that no row names is swept, a row without its file is never seen.
    for kind, content in files.items():
        storage.clean().put(keys[kind], content, content_type=TYPES[kind])
    failpoint.reach("tailoring.stored")
    with transaction.atomic():
        row = (
            TailoringRun.objects.select_for_update(of=("self",))
            .select_related("application__job", "created_by", "approved_by")
            .get(pk=run_id)
        )
        if row.state != State.APPROVED:
            transaction.on_commit(lambda: _delete(keys.values()))
            return
        row.move(State.READY, now=timezone.now())
        row.docx_key, row.pdf_key = keys["docx"], keys.get("pdf", "")
        row.letter_docx_key, row.letter_pdf_key = keys.get("letter_docx", ""), keys.get("letter_pdf", "")
        row.png_key = keys.get("png", "")
        row.digests = {kind: hashlib.sha256(content).hexdigest() for kind, content in files.items()}
        row.read_back, row.message, row.failed_for = read_back, "", ""
        row.save()
        audit.record(
            "tailoring.files_made", target=row, by=run.approved_by, subject=run.application.candidate_id,
            job=run.application.job_id, files=len(files), read_back=read_back,
        )  # fmt: skip
        events.tell_once(run_id, "state", state=State.READY)
        events.tell_people(row, now=timezone.now())


def faithful_files(
    run: TailoringRun, lines: list[TailoringLine], *, made_at: datetime
) -> tuple[dict[str, bytes], dict[str, int]]:
    """Every file of the run, each DOCX read and checked again. Raises NotFaithful before anything is kept."""
    material = material_of(run)
    resume, letter = papers(run, lines, now=made_at)
    files: dict[str, bytes] = {}
    if run.template is not None:
        files["docx"], back = form.paper(
            bytes(run.template.content), material, wordings(lines), skill_order=_skill_order(run),
            made_by=made_by(run), now=made_at,
        )  # fmt: skip
    else:
        files["docx"] = paper.resume_docx(resume, made_at=made_at)
        back = read_file(files["docx"])
        _require(check_paper(back.document.text, source=material.source, ours=own_words(resume)))
        _require(check_heads(back.document.text, source=material.source))
    if letter:
        files["letter_docx"] = paper.letter_docx(letter, made_at=made_at)
        text = read_file(files["letter_docx"]).document.text
        _require(check_paper(text, source=material.source, ours=own_words(letter), also=material.quotable))
    try:
        files |= _if_read_alike(run, resume, "pdf", paper.resume_pdf(resume, made_at=made_at))
        if "pdf" in files:
            files["png"] = paper.resume_png(resume, made_at=made_at)
        if letter:
            files |= _if_read_alike(run, letter, "letter_pdf", paper.letter_pdf(letter, made_at=made_at))
    except NoFont:
        # The DOCX has every letter; a reader's own fonts draw it.
        logger.info("tailoring run %s has no PDF: a font is missing", run.pk)
    return files, fields_read_back(run.source, back)


def _if_read_alike(run: TailoringRun, sheet: Mapping[str, Any], kind: str, content: bytes) -> dict[str, bytes]:
    """The PDF, if programs read in it every line of the paper in its order; else nothing, and the DOCX has to do."""
    if paper.first_lost(sheet, read_file(content).document.text):
        logger.error("tailoring run %s has no %s: what is read in it is not the paper", run.pk, kind)
        return {}
    return {kind: content}


def _require(found: list[Finding]) -> None:
    if found:
        raise NotFaithful(what=found[0].message)


def fields_read_back(source: Mapping[str, Any], back: ReadResume) -> dict[str, int]:
    """How many of the locked fields another parser would find: ours reads the finished file and counts."""
    wanted, found = _fields(source), _fields(back.parsed.json_resume)
    return {"fields": len(wanted), "read": len(wanted & found)}


def _fields(parsed: Mapping[str, Any]) -> set[tuple[str, ...]]:
    basics = parsed.get("basics") or {}
    fields: set[tuple[str, ...]] = {(key, str(basics[key])) for key in ("name", "email", "phone") if basics.get(key)}
    for one in parsed.get("work") or []:
        fields.add(("work", *(str(one.get(key, "")) for key in ("name", "position", "startDate", "endDate"))))
    for one in parsed.get("education") or []:
        fields.add(("education", *(str(one.get(key, "")) for key in ("institution", "studyType", "endDate"))))
    for one in parsed.get("certificates") or []:
        fields.add(("certificate", str(one.get("name", "")), str(one.get("date", ""))))
    return fields | {("skill", str(one.get("name", "")).casefold()) for one in parsed.get("skills") or []}


@transaction.atomic
def _back_to_review(run_id: UUID, *, code: str, message: str) -> None:
    row = TailoringRun.objects.select_for_update(of=("self",)).select_related("application").get(pk=run_id)
    if row.state != State.APPROVED:
        return
    by = row.approved_by
    row.move(State.REVIEW, now=timezone.now())
    row.approved_at = row.approved_by = None
    row.failed_for, row.message = code[:40], message[:300]
    row.save()
    audit.record(
        "tailoring.refused", target=row, by=by, subject=row.application.candidate_id, job=row.application.job_id,
        reason_code=code,
    )  # fmt: skip
    events.tell_once(run_id, "state", state=State.REVIEW, code=code, message=message)


def _delete(keys: Iterable[str]) -> None:
    for key in keys:
        storage.clean().delete(key)
