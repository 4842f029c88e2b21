"""The lines of a run as rows, each with the lines of the resume that it rests on."""

from __future__ import annotations

from typing import Any

from jobs.models.tailoring import ProvenanceLink, TailoringLine, TailoringRun, TailoringStep
from jobs.tailoring.draft import Draft, Line, Material, ordered
from jobs.tailoring.facts.normalise import plain

Part = TailoringLine.Part


def same_step(step: TailoringStep, digest: str) -> dict[str, Any] | None:
    """The output of the same agent for the same input, of any run of this application."""
    same = TailoringStep.objects.filter(
        run__application=step.run.application_id, agent=step.agent, input_hash=digest, output__isnull=False
    )
    found = same.exclude(pk=step.pk).order_by("-pk").first()
    return found.output if found else None


def write_lines(run: TailoringRun, draft: Draft, material: Material) -> None:
    """Write every line anew, in the order in which it stands on paper."""
    run.lines.all().delete()
    skeleton = material.source.skeleton
    lines: list[tuple[TailoringLine, tuple[str, ...]]] = []

    def add(part: str, line: Line, *, entry: str = "", replaces: str = "", original: str = "") -> None:
        row = TailoringLine(
            run=run, position=len(lines), part=part, entry=entry, replaces=replaces, original=original, text=line.text,
            findings=[one.as_data() for one in line.findings], refused=list(dict.fromkeys(line.refused))[:20],
        )  # fmt: skip
        lines.append((row, line.evidence))

    original = " ".join(one.text for one in skeleton.summary)
    own = tuple(one.id for one in skeleton.summary)
    if draft.summary or original:
        add(Part.SUMMARY, draft.summary or Line("summary", original, own), original=original)
    for entry in skeleton.entries:
        for key in ordered(entry, draft.bullet_order):
            said = skeleton.spans[key]
            line = draft.lines.get(key) or Line(key, said, (key,))
            add(Part.WORK, line, entry=entry.id, replaces=key, original=said)
    for line in draft.letter:
        add(Part.LETTER, line)
    TailoringLine.objects.bulk_create(row for row, _ in lines)
    ProvenanceLink.objects.bulk_create(
        ProvenanceLink(line=row, source=key, quote=skeleton.spans[key], page=_page(skeleton.spans[key], run))
        for row, evidence in lines
        for key in dict.fromkeys(evidence)
    )


def _page(quote: str, run: TailoringRun) -> int:
    """The page on which a line stands; the first one where it was put together from several."""
    wanted = plain(quote)
    for number, page in enumerate(run.source_text.split("\f"), start=1):
        if wanted in plain(page):
            return number
    return 1
