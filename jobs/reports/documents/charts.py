"""Charts of papers as SVG: vectors in a PDF, a picture in a DOCX, and always beside their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from hrassist.lib.typesetting import clean
from jobs.reports.documents.paper import Block, number

WIDTH = 680
LABELS = 200
SAID = 130
ROW = 26
MOST_BARS = 15
# As many letters as fit before the bars; those of the second font are wider.
LABEL_LETTERS, WIDE_LETTERS = 25, 20
FONT = "Libertinus Serif"
GREY, LINE = "#5b6270", "#d5d9e0"


def bars(rows: Sequence[tuple[str, float, str]], *, alt: str, colour: str) -> Block | None:
    """Bars below each other: label, length, and what is said behind it."""
    rows = rows[:MOST_BARS]
    longest = max((value for _, value, _ in rows), default=0)
    if not longest:
        return None
    room = WIDTH - LABELS - SAID
    parts: list[str] = []
    for at, (label, value, said) in enumerate(rows):
        y = at * ROW + 4
        width = max(value / longest * room, 1.5 if value else 0)
        parts.append(_text(LABELS - 10, y + 13, _short(label), anchor="end"))
        parts.append(f'<rect x="{LABELS}" y="{y}" width="{room}" height="17" fill="#eef0f4"/>')
        parts.append(f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="17" fill="{colour}"/>')
        parts.append(_text(LABELS + room + 10, y + 13, said, weight="bold"))
    return _chart(parts, height=len(rows) * ROW + 4, alt=alt)


def columns(points: Sequence[tuple[str, int]], *, alt: str, colour: str) -> Block | None:
    """Counts over time, side by side; every label that there is room for is written."""
    most = max((count for _, count in points), default=0)
    if not most:
        return None
    # The line in the middle stands at a whole number.
    most += most % 2 if most > 1 else 0
    left, top, tall = 36, 16, 130
    room = WIDTH - left
    slot = room / len(points)
    every = max(1, -(-len(points) * 46 // room))
    parts = []
    for share in (0, 0.5, 1) if most > 1 else (0, 1):
        y = top + tall * (1 - share)
        parts.append(f'<path d="M{left} {y:.1f}H{WIDTH}" stroke="{LINE}" stroke-width="1"/>')
        parts.append(_text(left - 6, y + 4, number(round(most * share)), anchor="end", fill=GREY))
    for at, (label, count) in enumerate(points):
        x, high = left + at * slot, tall * count / most
        wide = min(slot * 0.7, 40)
        inset = x + (slot - wide) / 2
        parts.append(
            f'<rect x="{inset:.1f}" y="{top + tall - high:.1f}" width="{wide:.1f}" height="{high:.1f}" '
            f'fill="{colour}"/>'
        )
        if at % every == 0:
            parts.append(_text(x + slot / 2, top + tall + 17, label, anchor="middle", fill=GREY))
    return _chart(parts, height=top + tall + 24, alt=alt)


def _chart(parts: Sequence[str], *, height: int, alt: str) -> Block:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f"{''.join(parts)}</svg>"
    )
    return {"kind": "chart", "svg": svg, "alt": alt, "ratio": round(height / WIDTH, 4)}


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal", fill: str = "#1b1f27"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="14" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{fill}">{escape(clean(words))}</text>'
    )


def _short(label: str) -> str:
    most = LABEL_LETTERS if label.isascii() else WIDE_LETTERS
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"
