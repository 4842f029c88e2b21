"""The colours of static/hrassist/css/tokens.css against WCAG 2.2 (1.4.3, 1.4.11), in light and in dark."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "hrassist" / "static" / "hrassist"
TOKENS = dict(
    re.findall(r"--([\w-]+): (light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\));", (STATIC / "css" / "tokens.css").read_text())
)
GROUNDS = ("bg", "surface", "surface-sunken", "surface-raised", "side-bg", "hover", "selected")
SOFT = ("good", "warn", "bad", "blue", "violet", "grey")
TEXT = [
    *(("text", ground) for ground in GROUNDS),
    *(("text-quiet", ground) for ground in GROUNDS[:-1]),
    *(("accent-text", ground) for ground in (*GROUNDS, "accent-soft")),
    *((name, f"{name}-soft") for name in SOFT),
    *(("text", f"{name}-soft") for name in SOFT),
    ("text", "highlight"),
    ("text", "highlight-strong"),
    ("text-on-accent", "accent"),
    ("text-on-accent", "accent-hover"),
]


def shade(name, theme):
    return TOKENS[name][11:-1].split(", ")[theme]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), TEXT)
def test_text_can_be_read_on_every_ground(front, ground, theme):
    assert contrast(shade(front, theme), shade(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("front", ["line-strong", "focus", "accent"])
def test_edges_of_controls_and_the_focus_can_be_seen(front, theme):
    assert contrast(shade(front, theme), shade("surface", theme)) >= 3


def test_black_on_white_is_twenty_one_to_one():
    assert round(contrast("#000000", "#ffffff"), 1) == 21


def test_components_name_their_colours_instead_of_mixing_their_own():
    stray = {
        path.name: found
        for path in sorted((STATIC / "css").glob("*.css"))
        if path.name != "tokens.css" and (found := re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text()))
    }
    assert stray == {}


def test_every_icon_that_is_asked_for_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    root = STATIC.parents[2]
    asked = set()
    for package in ("hrassist", "candidates", "jobs", "audit"):
        for path in (root / package).rglob("templates/**/*.html"):
            asked |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text()))
        for path in (root / package).rglob("admin/*.py"):
            asked |= set(re.findall(r'\bicon(?:=|\()"([\w-]+)"', path.read_text()))
    assert len(asked) > 15
    assert asked <= drawn
