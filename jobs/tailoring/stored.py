"""Drafts and runs as rows hold them."""

from __future__ import annotations

from typing import Any

from jobs.models.tailoring import TailoringRun
from jobs.tailoring.draft import Draft, Line, Material
from jobs.tailoring.facts import Finding, Level, Source, skeleton


def material_of(run: TailoringRun) -> Material:
    """What the run stands on, as it was when the run began."""
    source = Source(skeleton.of(run.source), run.source_text)
    return Material(source=source, brief=run.brief, language=run.language, with_letter=run.with_letter)


def as_data(draft: Draft) -> dict[str, Any]:
    return {
        "summary": _line(draft.summary) if draft.summary else None,
        "lines": [_line(one) for one in draft.lines.values()],
        "letter": [_line(one) for one in draft.letter],
        "bullet_order": list(draft.bullet_order),
        "skill_order": list(draft.skill_order),
    }


def draft_of(data: dict[str, Any]) -> Draft:
    return Draft(
        summary=_line_of(data["summary"]) if data["summary"] else None,
        lines={one["id"]: _line_of(one) for one in data["lines"]},
        letter=tuple(_line_of(one) for one in data["letter"]),
        bullet_order=tuple(data["bullet_order"]),
        skill_order=tuple(data["skill_order"]),
    )


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "text": line.text,
        "evidence": list(line.evidence),
        "findings": [one.as_data() for one in line.findings],
        "refused": list(line.refused),
    }


def _line_of(data: dict[str, Any]) -> Line:
    findings = tuple(Finding(**{**one, "level": Level(one["level"])}) for one in data["findings"])
    return Line(data["id"], data["text"], tuple(data["evidence"]), findings, tuple(data["refused"]))
