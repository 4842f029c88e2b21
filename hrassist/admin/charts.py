"""Charts as SVG from the server: no script, colours by class, read in the dark, and never without their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 34, 14, 26
GRID_LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `share` of the width from 0 to 1, what stands at its end, and a quiet word behind it."""

    label: str
    share: float
    said: str
    note: str = ""
    part: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """One place of a line: None leaves a gap."""

    label: str
    value: float | None


def bars(rows: Sequence[Bar], *, title: str) -> SafeString:
    """Bars below each other with their words beside them, as wide as there is room."""
    if not rows:
        return SafeString("")
    return format_html(
        '<ul class="chart-bars plain" aria-label="{}">{}</ul>',
        title,
        format_html_join(
            "",
            '<li><span class="chart-label">{}</span>{}<span class="chart-said"><b>{}</b>{}</span></li>',
            ((bar.label, _bar(bar), bar.said, _note(bar.note)) for bar in rows),
        ),
    )


def _bar(bar: Bar) -> SafeString:
    width = round(100 * min(1.0, max(0.0, bar.share)), 1)
    return format_html(
        '<svg class="chart-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="10"></rect><rect class="part-{}" width="{}" height="10"></rect></svg>',
        bar.part,
        # What is not nothing is seen.
        max(width, 0.6) if bar.share > 0 else 0,
    )


def _note(text: str) -> SafeString:
    return format_html(' <span class="quiet">{}</span>', text) if text else SafeString("")


def line(points: Sequence[Point], *, title: str, unit: str = "", second: Sequence[Point] = ()) -> SafeString:
    """A line over time with its scale; `second` is a quieter line over the same places."""
    values = [point.value for point in (*points, *second) if point.value is not None]
    if not values:
        return SafeString("")
    most = _round_up(max(values))
    grid = format_html_join(
        "",
        '<line class="chart-grid" x1="{}" x2="{}" y1="{}" y2="{}"></line>'
        '<text class="chart-text" x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, _short(most * step / GRID_LINES))
            for step in range(GRID_LINES + 1)
            for y in [_y(most * step / GRID_LINES, most)]
        ),
    )
    every = max(1, -(-len(points) // 12))
    names = format_html_join(
        "",
        '<text class="chart-text" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (_x(at, len(points)), HEIGHT - 8, point.label)
            for at, point in enumerate(points)
            if at % every == 0
        ),
    )  # fmt: skip
    return format_html(
        '<div class="chart-scroll"><svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>'
        "</div>",
        WIDTH,
        HEIGHT,
        f"{title}: {_in_words(points, unit)}",
        grid,
        names,
        _path(second, most, "chart-line second") if second else "",
        _path(points, most, "chart-line"),
    )


def sparkline(values: Sequence[float | None], *, title: str) -> SafeString:
    """A line without words, beside a figure that says its last value."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return SafeString("")
    most = max(known) or 1
    places = [
        f"{round(100 * at / (len(values) - 1), 1)},{round(28 - 26 * value / most, 1)}"
        for at, value in enumerate(values)
        if value is not None
    ]
    return format_html(
        '<svg class="sparkline" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<polyline class="chart-line" points="{}"></polyline></svg>',
        title,
        " ".join(places),
    )


def _path(points: Sequence[Point], most: float, name: str) -> SafeString:
    """Lines between neighbours that both have a value, and a dot at each of them."""
    places = [
        (_x(at, len(points)), _y(point.value, most), point)
        for at, point in enumerate(points)
        if point.value is not None
    ]
    lines = format_html(
        '<polyline class="{}" points="{}"></polyline>', name, " ".join(f"{x},{y}" for x, y, _ in places)
    )
    dots = format_html_join(
        "",
        '<circle class="chart-dot {}" cx="{}" cy="{}" r="3.5"><title>{}: {}</title></circle>',
        (
            ("second" if "second" in name else "", x, y, point.label, _short(point.value or 0))
            for x, y, point in places
        ),
    )  # fmt: skip
    return format_html("{}{}", lines, dots)


def _x(at: int, count: int) -> float:
    inner = WIDTH - LEFT - RIGHT
    return round(LEFT + (inner / 2 if count == 1 else inner * at / (count - 1)), 1)


def _y(value: float, most: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most, 1)


def _round_up(value: float) -> float:
    """A scale that ends at a number people count in: 1, 2, 4, 5, 10, 20, 40, 50 …"""
    step = 1.0
    while True:
        for ending in (1, 2, 4, 5):
            if value <= step * ending:
                return step * ending
        step *= 10


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def _in_words(points: Sequence[Point], unit: str) -> str:
    told = [f"{point.label} {_short(point.value)}{unit}" for point in points if point.value is not None]
    return ", ".join(told[-12:])
