"""Tailored resumes: started for an application, stopped and continued, decided line by line, approved, opened."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from audit import actions as audit
from candidates.models import Resume
from candidates.models.resume import ResumeQuerySet
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, DomainError, NotFound, Unavailable
from hrassist.lib.serving import OpenFile
from jobs import tasks
from jobs.matching import lawful
from jobs.matching.criteria import criteria_of
from jobs.matching.lawful import LeftOut
from jobs.matching.types import JobText
from jobs.models import Application, Job, ModelEndpoint, ResumeTemplate, TailoringLine, TailoringRun, TailoringStep
from jobs.models.tailoring import OFFLINE
from jobs.tailoring import events, facts
from jobs.tailoring.agents import VERSIONS
from jobs.tailoring.export import TYPES
from jobs.tailoring.facts import skeleton
from jobs.tailoring.paper.languages import DEFAULT, LANGUAGES

if TYPE_CHECKING:
    from hrassist.models import LongTask, User

State, Decision = TailoringRun.State, TailoringLine.Decision
UNFINISHED = (State.QUEUED, State.RUNNING, State.REVIEW, State.APPROVED)
MOST_JOB_TEXT = 12_000
# Files take seconds, and a store that is away is tried again for some minutes; after that nobody works on them.
FILES_WITHIN = timedelta(minutes=30)
WHY_NOT = {
    LeftOut.OPTED_OUT: "This person asked to be looked at by people only, so nothing of theirs is given to a program.",
    LeftOut.NO_GROUND: "There is no ground to work with this person's data now: the application has ended, or consent "
    "is missing.",
    LeftOut.NOT_YET: "This person has to be told of the use of software before, and the time for it is not over yet.",
}


NO_LINES = (
    "No line of work, no summary and no skill could be read from this resume; a scan may be hard to read. "
    "Upload it as a text document, or add what it says by hand."
)
UNREADABLE = (
    "The resume of this person could not be read: there is no text in it, or not enough. Upload it as a text document; "
    "a scan needs a clear and upright page."
)


class NothingToTailor(DomainError):
    """There is no resume, or nothing in it that could be put in order."""

    code = "nothing_to_tailor"
    default_message = "There is no resume of this person to tailor. Upload one first."


class FileAltered(Unavailable):
    """What the store holds is not what was made; nobody gets it."""

    code = "file_altered"
    status = 502
    default_message = (
        "This file was changed or lost in the store after it was made, so it is not handed out. Start the tailoring "
        "anew; the operator finds this in the audit log."
    )


@transaction.atomic
def start(
    *, application: Application, by: User, now: datetime, provider: str = OFFLINE, language: str = "",
    with_letter: bool = True, batch: LongTask | None = None,
) -> TailoringRun:  # fmt: skip
    """Begin to tailor the current resume to the application's job; the same input that is under way is given back.

    Raises NothingToTailor, and DomainError where the person is not to be worked on by software.
    """
    application = Application.objects.select_for_update(of=("self",)).select_related("candidate", "job").get(
        pk=application.pk
    )  # fmt: skip
    _require_lawful(application, now=now)
    endpoint = ModelEndpoint.objects.filter(name=provider, enabled=True).first()
    if endpoint is None and provider != OFFLINE:
        raise DomainError("This language model is not switched on. Choose another.", code="no_provider")
    if nothing := why_nothing(application):
        raise NothingToTailor(nothing)
    resume = _current(application).select_related("parse", "text").get()
    run = TailoringRun(
        application=application, resume=resume, provider=provider, endpoint=endpoint, brief=brief_of(application.job),
        language=_language(language or resume.language), with_letter=with_letter,
        source=resume.parse.json_resume, source_text=resume.text.text, batch=batch, created_by=by, created_at=now,
    )  # fmt: skip
    run.input_hash = _digest(run)
    same = TailoringRun.objects.filter(application=application, input_hash=run.input_hash, state__in=UNFINISHED).first()
    if same is not None:
        return same
    run.save()
    TailoringStep.objects.bulk_create(
        TailoringStep(run=run, position=position, agent=agent)
        for position, agent in enumerate(TailoringStep.Agent.values)
    )
    _put_down("tailoring.begun", run, by=by, provider=provider, language=run.language)
    tasks.tailor.defer(run_id=str(run.pk))
    return run


def _current(application: Application) -> ResumeQuerySet:
    return Resume.objects.filter(candidate=application.candidate_id).ready().current()


def why_nothing(application: Application) -> str:
    """What stands in the way of tailoring this person's resume, and what to do about it; empty where nothing does."""
    found = _current(application).values_list("parse__json_resume", "text").first()
    if found is not None and None not in found:
        return NO_LINES if skeleton.of(found[0]).is_empty else ""
    unread = Resume.objects.filter(candidate=application.candidate_id, state=Resume.State.UNREADABLE)
    return UNREADABLE if unread.exists() else NothingToTailor.default_message


def brief_of(job: Job) -> dict[str, Any]:
    """The job as agents are told of it."""
    text = JobText(job.title, job.description, job.must_have, job.nice_to_have)
    return {
        "title": job.title,
        "company": settings.COMPANY_NAME,
        "text": text.body[:MOST_JOB_TEXT],
        "requirements": [one.as_json() for one in criteria_of(text)],
    }


def _language(asked: str) -> str:
    return asked if asked in LANGUAGES else DEFAULT


def _digest(run: TailoringRun) -> str:
    model = run.endpoint.model if run.endpoint else ""
    said = [run.source, run.source_text, run.brief, run.language, run.with_letter, run.provider, model, VERSIONS]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _require_lawful(application: Application, *, now: datetime) -> None:
    out = lawful.reasons(application.job, [application.candidate_id], now=now).get(application.candidate_id)
    if out is not None:
        raise DomainError(WHY_NOT[out], code=f"tailoring_{out}")


@transaction.atomic
def cancel(*, run: TailoringRun, by: User, now: datetime) -> TailoringRun:
    """Stop a run at its next piece of text, or discard one that waits for review. Raises Conflict when it is over."""
    run = _locked(run, by)
    if run.state == State.RUNNING and not run.is_stalled(now=now):
        run.cancel_asked_at = now
    else:
        run.move(State.CANCELLED, now=now)
        run.message = "You stopped it." if run.created_by_id == by.pk else "It was stopped."
        run.lease_token = run.lease_until = None
        events.tell_once(run.pk, "state", state=run.state, message=run.message)
    run.save()
    _put_down("tailoring.cancelled", run, by=by)
    return run


@transaction.atomic
def go_on(*, run: TailoringRun, by: User, now: datetime, offline: bool = False) -> TailoringRun:
    """Continue a run that failed or was stopped at its first step without a result; `offline` without a model."""
    run = _locked(run, by)
    _require_lawful(run.application, now=now)
    if TailoringRun.objects.filter(
        application=run.application_id, input_hash=run.input_hash, state__in=UNFINISHED
    ).exists():  # fmt: skip
        raise Conflict("The same resume is being tailored to this job already: see the newest run.", code="same_run")
    run.move(State.QUEUED, now=now)
    run.failed_for = run.message = ""
    run.cancel_asked_at = None
    if offline:
        # Who wrote so far, and what that took, stands with the steps.
        run.provider, run.endpoint = OFFLINE, None
    run.save()
    _put_down("tailoring.continued", run, by=by, offline=offline)
    events.tell_once(run.pk, "state", state=run.state)
    tasks.tailor.defer(run_id=str(run.pk))
    return run


@transaction.atomic
def decide(
    *, run: TailoringRun, line_ids: Sequence[int], decision: str, by: User, now: datetime
) -> TailoringRun:  # fmt: skip
    """Accept lines, or keep the original of them; possible until the run is approved. Raises Conflict after that."""
    run = _locked(run, by)
    if run.state != State.REVIEW:
        raise Conflict(
            "Lines are decided while a tailored resume waits for review. Load the page anew.", code="not_in_review"
        )
    if decision not in Decision.values:
        raise DomainError("Say whether the line is accepted or the original kept.", code="no_decision")
    lines = run.lines.filter(pk__in=line_ids)
    open_again = decision == Decision.WAITING
    count = lines.update(
        decision=decision, decided_by=None if open_again else by, decided_at=None if open_again else now
    )
    if count != len(set(line_ids)):
        raise NotFound("This line is not part of the tailored resume.")
    run.save(update_fields=["updated_at"])
    _put_down("tailoring.decided", run, by=by, decision=decision, lines=count)
    return run


def undecided(run: TailoringRun) -> list[TailoringLine]:
    """The reworded lines about which the check has a question that nobody has answered."""
    waiting = run.lines.filter(decision=Decision.WAITING)
    return [line for line in waiting if line.is_changed and any(one["level"] == "ask" for one in line.findings)]


@transaction.atomic
def approve(
    *, run: TailoringRun, by: User, now: datetime, expected_updated_at: str = "",
    template: ResumeTemplate | None = None, knows_unread: bool = False,
) -> TailoringRun:  # fmt: skip
    """Let the run be used: its files are made from the lines as they are decided now, the DOCX in this template.

    Raises Conflict where a question is open, where somebody decided a line meanwhile, and where the resume has dated
    lines that were read as part of nothing, unless the approver knows that they will be missing.
    """
    run = _locked(run, by)
    if expected_updated_at and run.updated_at.isoformat() != expected_updated_at:
        raise Conflict(
            "Somebody decided a line since you opened this page. Look at it again before you approve.",
            code="tailoring_changed",
        )
    if run.state == State.REVIEW and (left := len(undecided(run))):
        raise Conflict(
            f"{left} line{'s have' if left > 1 else ' has'} a question that nobody has answered yet. Accept or reject "
            "each, then approve.",
            code="questions_open",
        )
    lost = unread_of(run)
    if lost and not knows_unread:
        raise Conflict(
            f"{len(lost)} dated line{'s' if len(lost) > 1 else ''} of the resume could not be read as part of a job or "
            f"a course, so the tailored resume lacks {'them' if len(lost) > 1 else 'it'}: “{lost[0][:120]}”. Say that "
            "this is known, or upload the resume in another form and tailor that.",
            code="unread_lines",
        )
    run.move(State.APPROVED, now=now)
    run.approved_at, run.approved_by, run.template = now, by, template
    run.failed_for = run.message = ""
    run.save()
    _put_down(
        "tailoring.approved",
        run,
        by=by,
        kept=run.lines.filter(decision=Decision.REJECTED).count(),
        own_form=template is None,
        unread=len(lost),
    )
    events.tell_once(run.pk, "state", state=run.state)
    tasks.make_tailored_files.defer(run_id=str(run.pk))
    return run


def unread_of(run: TailoringRun) -> tuple[str, ...]:
    """The dated lines of the run's resume that no part of it holds, and so no tailored one."""
    return facts.unread(skeleton.of(run.source), run.source_text)


def open_file(*, run_id: UUID, kind: str, by: User) -> OpenFile:
    """One file of a run to be saved, on record before its first byte. Raises NotFound, FileAltered."""
    run = TailoringRun.objects.visible_to(by).select_related("application__candidate").filter(pk=run_id).first()
    key = getattr(run, f"{kind}_key", "") if run is not None and kind in TYPES else ""
    if run is None or not key:
        audit.denied("tailoring.downloaded", by=by, reason_code="absent_or_hidden", http_status=404, asked=run_id)
        raise NotFound("There is no such file, or you may not see it.")
    subject, job = run.application.candidate_id, run.application.job_id
    audit.viewed("tailoring.downloaded", target=run, by=by, subject=subject, job=job, kind=kind)
    try:
        content = b"".join(storage.clean().open(key))
    except storage.ObjectMissing as error:
        audit.failed("tailoring.altered", target=run, by=by, subject=subject, reason_code="object_missing", key=key)
        raise FileAltered from error
    if hashlib.sha256(content).hexdigest() != run.digests.get(kind):
        audit.failed("tailoring.altered", target=run, by=by, subject=subject, reason_code="sha256_differs", key=key)
        raise FileAltered
    return OpenFile(
        filename=filename(run, kind), content_type=TYPES[kind], size=len(content), content=io.BytesIO(content)
    )


def filename(run: TailoringRun, kind: str) -> str:
    """tailored-resume-amara-okafor.docx"""
    what = "cover-letter" if kind.startswith("letter") else "tailored-resume"
    name = slugify(run.application.candidate.full_name)[:60]
    return "-".join(part for part in (what, name) if part) + f".{kind.removeprefix('letter_')}"


def take_up(*, now: datetime) -> int:
    """Give runs whose worker died, also while it made the files, to another one; gives how many."""
    dead = TailoringRun.objects.filter(state=State.RUNNING, lease_until__lt=now).values_list("pk", flat=True)[:200]
    for run_id in dead:
        tasks.tailor.defer(run_id=str(run_id))
    unmade = TailoringRun.objects.filter(state=State.APPROVED, approved_at__lt=now - FILES_WITHIN)
    without = unmade.values_list("pk", flat=True)[:200]
    for run_id in without:
        tasks.make_tailored_files.defer(run_id=str(run_id))
    return len(dead) + len(without)


def _locked(run: TailoringRun, by: User) -> TailoringRun:
    found = TailoringRun.objects.visible_to(by).filter(pk=run.pk).exists()
    if not found:
        raise NotFound
    return (
        TailoringRun.objects.select_for_update(of=("self",))
        .select_related("application__candidate", "application__job")
        .get(pk=run.pk)
    )


def _put_down(action: str, run: TailoringRun, *, by: User, **changes: Any) -> None:
    audit.record(
        action, target=run, by=by, subject=run.application.candidate_id, job=run.application.job_id, **changes
    )  # fmt: skip
