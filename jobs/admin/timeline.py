"""Everything that happened to an application, newest first, as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.models import Application, HumanDecision, Interview, Message, Offer, StageTransition

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Happened:
    """One line: who did what when; `undone` is a step that was taken back."""

    at: datetime
    by: Any
    icon: str
    text: str
    badge: str = ""
    note: str = ""
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person themselves, where a line tells of what they did."""

    display_name: str
    pk: Any


def of(one: Application, *, user: Any) -> list[Happened]:
    """Steps, decisions, interviews, messages and offers in one list."""
    found = [*_steps(one), *_interviews(one, user)]
    if user.has_perm("jobs.view_humandecision"):
        found += _decisions(one)
    if user.has_perm("jobs.view_message"):
        found += _messages(one, user)
    if user.has_perm("jobs.view_offer"):
        found += _offers(one, user)
    return sorted(found, key=lambda event: event.at, reverse=True)[:SHOWN]


def _steps(one: Application) -> Iterator[Happened]:
    rows = one.transitions.select_related("from_stage", "to_stage", "reason", "by", "undone_by").order_by("-pk")
    for step in rows[:SHOWN]:
        came_in = step.from_stage is None and one.tracking_link is not None
        yield Happened(
            at=step.at,
            # Written on behalf of the link's owner, done by the person themselves.
            by=Applicant(one.candidate.full_name, one.candidate_id) if came_in else step.by,
            icon="undo" if step.undoes_id else _icon(step),
            text=f"applied through {one.tracking_link}" if came_in else _said(step),
            badge=step.reason.name if step.reason else "",
            note=step.note,
            undone=hasattr(step, "undone_by"),
        )


def _icon(step: StageTransition) -> str:
    return {"rejected": "ban", "withdrawn": "out", "hired": "check"}.get(step.to_status, "right")


def _said(step: StageTransition) -> str:
    if step.undoes_id:
        return f"took a step back: {step.to_stage} again"
    if step.from_stage is None:
        return f"put it into {step.to_stage}"
    if step.from_status != step.to_status:
        if step.to_status == Application.Status.ACTIVE:
            return f"brought it back to {step.to_stage}"
        return f"{step.get_to_status_display().lower()} at {step.from_stage}"
    return f"{step.from_stage} → {step.to_stage}"


def _decisions(one: Application) -> Iterator[Happened]:
    for row in HumanDecision.objects.filter(application=one).select_related("by", "reason", "match"):
        place = f", seen at place {row.match.rank}" if row.match else ""
        yield Happened(
            at=row.at,
            by=row.by,
            icon="flag",
            text=f"decided: {row.get_verdict_display().lower()}{place}",
            badge=row.reason.name if row.reason else "",
            note=row.note,
            undone=row.undone_at is not None,
        )


def _interviews(one: Application, user: Any) -> Iterator[Happened]:
    for row in Interview.objects.visible_to(user).filter(application=one).select_related("created_by"):
        yield Happened(
            at=row.created_at,
            by=row.created_by,
            icon="calendar",
            text=f"planned {row.title}",
            badge="" if row.status == Interview.Status.SCHEDULED else row.get_status_display().lower(),
        )


def _messages(one: Application, user: Any) -> Iterator[Happened]:
    for row in Message.objects.visible_to(user).filter(application=one).select_related("by"):
        yield Happened(
            at=row.created_at,
            by=row.by,
            icon="mail",
            text=f"wrote “{row.subject}”",
            badge=row.get_state_display().lower(),
            undone=row.state == Message.State.CANCELLED,
        )


def _offers(one: Application, user: Any) -> Iterator[Happened]:
    for row in Offer.objects.visible_to(user).filter(application=one).select_related("created_by"):
        yield Happened(
            at=row.created_at,
            by=row.created_by,
            icon="contract",
            text=f"made offer, version {row.version}",
            badge=row.get_status_display().lower(),
        )
