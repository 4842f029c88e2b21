"""What the page of a tailored resume shows: its agents as steps, and its lines beside what the original says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, prefetch_related_objects
from django.utils.safestring import SafeString

from hrassist import streaming
from hrassist.admin import cells
from hrassist.models import User
from jobs.actions import tailorings
from jobs.models import Application, ProvenanceLink, ResumeTemplate, TailoringLine, TailoringRun, TailoringStep
from jobs.models.tailoring import OFFLINE
from jobs.tailoring import export, providers
from jobs.tailoring.events import AGAIN, TEXT
from jobs.tailoring.facts import skeleton
from jobs.tailoring.facts.skeleton import Skeleton
from jobs.tailoring.paper.languages import LANGUAGES, span

State, StepState = TailoringRun.State, TailoringStep.State
Agent, Part, Decision = TailoringStep.Agent, TailoringLine.Part, TailoringLine.Decision
STREAM = "/streams/tailorings/{}"
COLOURS = {
    State.QUEUED: "", State.RUNNING: "blue", State.REVIEW: "warn", State.APPROVED: "blue", State.READY: "good",
    State.FAILED: "bad", State.CANCELLED: "",
}  # fmt: skip
STEP_COLOURS = {StepState.WAITING: "", StepState.RUNNING: "blue", StepState.DONE: "good", StepState.FAILED: "bad"}
ABOUT = {
    Agent.ANALYSIS: "Reads the job and lists what it asks for.",
    Agent.OPTIMISATION: "Plans the order of lines and skills.",
    Agent.IMPLEMENTATION: "Words the lines, the summary and the letter.",
    Agent.VALIDATION: "Compares each wording with the original.",
    Agent.POLISH: "Mends grammar and repetition.",
}
_PIECES = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class ShownStep:
    agent: str
    label: str
    about: str
    state: str
    word: str
    colour: str
    took: str
    writer: str
    said: str
    result: str
    repaired: int
    blocked: int


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line beside its original: `pieces` are runs of words that stayed, went (del) or came (ins)."""

    row: TailoringLine
    pieces: list[tuple[str, str]]
    sources: list[ProvenanceLink]
    asks: bool
    moved: bool


# What changes of a run while its agents work.
COURSE = (
    "state", "attempt", "lease_until", "cancel_asked_at", "failed_for", "message", "blocked_count", "updated_at",
    "started_at", "ended_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownPart:
    key: str
    heading: str
    about: str
    lines: list[ShownLine]


def run_badge(run: TailoringRun) -> SafeString:
    state = State(run.state)
    return cells.badge(state.label, COLOURS[state])


def start_form(application: Application, *, user: User) -> dict[str, Any]:
    """What the form offers that starts a run."""
    return {
        "languages": [(code, name) for code, name in LANGUAGES.items()],
        "providers": providers.offered(),
        "can_start": user.has_perm("jobs.add_tailoringrun"),
        "why_nothing": tailorings.why_nothing(application),
    }


def page(run: TailoringRun, *, user: User, now: datetime) -> dict[str, Any]:
    # First the number from which the page goes on, then what it shows: what is told between the two comes once more,
    # and the other way round it would never come.
    last_seq = run.events.aggregate(last=Max("seq"))["last"] or 0
    if run.is_working:
        run.refresh_from_db(fields=COURSE)
    prefetch_related_objects([run], "steps")
    steps = list(run.steps.all())
    said = _said(run, until=last_seq) if run.is_working else {}
    lines = list(run.lines.prefetch_related("provenance").select_related("decided_by")) if not run.is_working else []
    shown = parts(run, lines)
    changed = [line for part in shown for line in part.lines if line.row.is_changed]
    others = TailoringRun.objects.visible_to(user).filter(application=run.application_id).exclude(pk=run.pk)
    return {
        "run": run,
        "badge_of_run": run_badge(run),
        "without_model": run.provider == OFFLINE and not run.writers,
        "steps": [_step(step, said.get(step.agent, "")) for step in steps],
        "parts": shown,
        "changed": len(changed),
        "questions": sum(1 for line in changed if line.asks and line.row.decision == Decision.WAITING),
        "open_ids": [line.row.pk for line in changed if line.row.decision == Decision.WAITING and not line.asks],
        "tokens": sum(step.tokens_in + step.tokens_out for step in steps),
        "cost": sum((step.cost for step in steps), start=0),
        "last_seq": last_seq,
        "stream": streaming.address(STREAM.format(run.pk)),
        "stalled": run.is_stalled(now=now),
        "seen": run.updated_at.isoformat(),
        "others": list(others.only("pk", "state", "created_at", "provider", "application_id")[:10]),
        "can_change": user.has_perm("jobs.change_tailoringrun"),
        "can_approve": user.has_perm("jobs.approve_tailoringrun"),
        "can_download": user.has_perm("jobs.download_tailoringrun"),
        "templates": list(ResumeTemplate.objects.defer("content")) if run.state == State.REVIEW else [],
        "unread": tailorings.unread_of(run) if run.state == State.REVIEW else (),
        "language_name": LANGUAGES.get(run.language, run.language),
        **start_form(run.application, user=user),
    }


def _said(run: TailoringRun, *, until: int) -> dict[str, str]:
    """What was said up to this number, in the newest try of each step."""
    found: dict[str, list[str]] = {}
    told = run.events.filter(kind__in=[TEXT, AGAIN], seq__lte=until).order_by("seq")
    for kind, data in told.values_list("kind", "data"):
        if kind == AGAIN:
            found.pop(data["agent"], None)
        else:
            found.setdefault(data["agent"], []).append(data["text"])
    return {agent: "".join(texts)[-4000:] for agent, texts in found.items()}


def _step(step: TailoringStep, said: str) -> ShownStep:
    state = StepState(step.state)
    return ShownStep(
        agent=step.agent, label=Agent(step.agent).label, about=ABOUT[Agent(step.agent)], state=step.state,
        word=state.label, colour=STEP_COLOURS[state], took=_took(step), writer=_writer(step), said=said,
        result=_result(step), repaired=step.repaired, blocked=step.blocked,
    )  # fmt: skip


def _took(step: TailoringStep) -> str:
    """12 s, 1,734 tokens, cost 0.0031"""
    parts = []
    if step.ended_at and step.started_at:
        parts.append(f"{round((step.ended_at - step.started_at).total_seconds())} s")
    if tokens := step.tokens_in + step.tokens_out:
        parts.append(f"{tokens:,} tokens")
    if step.cost:
        parts.append(f"cost {step.cost:.4f}")
    return ", ".join(parts)


def _writer(step: TailoringStep) -> str:
    """Who wrote a step, where a language model did, and by which version of its prompt."""
    if step.provider in ("", OFFLINE):
        return ""
    return ", ".join(part for part in (step.provider, step.model, step.prompt_version) if part)


def _result(step: TailoringStep) -> str:
    """What a step came to, in a few words."""
    if not step.output:
        return ""
    answer = step.output["answer"]
    match step.agent:
        case Agent.ANALYSIS:
            must = sum(1 for one in answer["requirements"] if one["need"] == "must")
            return f"{len(answer['requirements'])} requirements, {must} of them musts"
        case Agent.OPTIMISATION:
            return f"{_many(len(answer['rewrite']), 'line')} to bring forward"
        case Agent.IMPLEMENTATION:
            return (
                f"{_many(len(answer['lines']), 'line')} reworded, {_many(len(answer['letter']), 'paragraph')} of letter"
            )
        case Agent.VALIDATION:
            back = sum(1 for one in answer["verdicts"] if one["verdict"] == "revert")
            return f"{_many(len(answer['verdicts']), 'line')} compared, {back} taken back"
    return f"{_many(len(answer['lines']), 'line')} polished"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def parts(run: TailoringRun, lines: Iterable[TailoringLine]) -> list[ShownPart]:
    """The lines under the headings that they stand under."""
    found: dict[str, ShownPart] = {}
    own = skeleton.of(run.source)
    heads = {entry.id: entry for entry in own.entries}
    order = {bullet.id: at for entry in own.entries for at, bullet in enumerate(entry.bullets)}
    for row in lines:
        key = row.entry or row.part
        if key not in found:
            entry = heads.get(row.entry)
            heading = (
                ", ".join(part for part in (entry.position, entry.name) if part) if entry else Part(row.part).label
            )
            about = span(entry.start, entry.end, "en", current=entry.is_current) if entry else ""
            found[key] = ShownPart(key, heading or "Experience", about, [])
        at = len(found[key].lines)
        found[key].lines.append(
            ShownLine(
                row=row,
                pieces=pieces(row.original, row.text) if row.original else [("", row.text)],
                sources=list(row.provenance.all()),
                asks=any(one["level"] == "ask" for one in row.findings),
                moved=row.replaces in order and order[row.replaces] > at,
            )
        )
    return list(found.values())


def pieces(before: str, after: str) -> list[tuple[str, str]]:
    """What stayed, went and came between two wordings, word by word."""
    if before == after:
        return [("", after)]
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    found: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("", "".join(new[c:d])))
        else:
            found += [(mark, "".join(words)) for mark, words in (("del", old[a:b]), ("ins", new[c:d])) if words]
    return found


def papers(run: TailoringRun, *, now: datetime) -> dict[str, Any]:
    resume, letter = export.papers(run, run.lines.all(), now=run.approved_at or now)
    return {"paper": resume, "letter": letter, "empty_of": _missing(skeleton.of(run.source))}


def _missing(own: Skeleton) -> list[str]:
    """What no resume should be without and this one is."""
    return [word for word, value in (("a name", own.name), ("an e-mail address", own.email)) if not value]
