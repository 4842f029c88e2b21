"""What a DOCX run looks like, as far as it decides whether a reader sees it: vanish, colour, size, shading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BASED_ON_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Look:
    """The parts of a run's format that can hide it; `half_points` is 0 where nothing says the size."""

    is_vanished: bool = False
    is_white: bool = False
    half_points: float = 0
    has_background: bool = False

    def reason(self, *, tiny_points: float) -> str:
        """Why a reader does not see text of this look, or "" if they do."""
        if self.is_vanished:
            return "vanish"
        if self.half_points and self.half_points / 2 < tiny_points:
            return "tiny"
        return "white" if self.is_white and not self.has_background else ""


class Styles:
    """The named styles of styles.xml, resolved through basedOn."""

    def __init__(self, root: Element | None) -> None:
        self._styles: dict[str, Element] = {}
        self._looks: dict[str, Look] = {}
        if root is not None:
            self._styles = {one.get(f"{W}styleId", ""): one for one in root.iter(f"{W}style")}

    def look(self, style: str, *, depth: int = 0) -> Look:
        """The look that a style alone gives."""
        element = self._styles.get(style)
        if element is None or depth > _BASED_ON_DEPTH:
            return Look()
        if style not in self._looks:
            parent = element.find(f"{W}basedOn")
            base = self.look(parent.get(f"{W}val", ""), depth=depth + 1) if parent is not None else Look()
            base = with_shading(base, element.find(f"{W}pPr"))
            self._looks[style] = with_run(base, element.find(f"{W}rPr"))
        return self._looks[style]

    def is_list(self, style: str) -> bool:
        """Whether paragraphs of this style are list items; numbered headings are not."""
        seen = 0
        while (element := self._styles.get(style)) is not None and seen < _BASED_ON_DEPTH:
            number = element.find(f"{W}pPr/{W}numPr/{W}numId")
            if number is not None:
                is_heading = element.find(f"{W}pPr/{W}outlineLvl") is not None or style.lower().startswith("heading")
                return number.get(f"{W}val") != "0" and not is_heading
            parent = element.find(f"{W}basedOn")
            style, seen = (parent.get(f"{W}val", "") if parent is not None else ""), seen + 1
        return False

    def with_style(self, look: Look, properties: Element | None, *, tag: str) -> Look:
        """`look` under the style that these paragraph or run properties name."""
        named = properties.find(f"{W}{tag}") if properties is not None else None
        if named is None:
            return look
        style = self.look(named.get(f"{W}val", ""))
        return replace(
            look,
            is_vanished=look.is_vanished or style.is_vanished,
            is_white=style.is_white or look.is_white,
            half_points=style.half_points or look.half_points,
            has_background=look.has_background or style.has_background,
        )


def with_run(look: Look, properties: Element | None) -> Look:
    """`look` after these run properties (w:rPr)."""
    if properties is None:
        return look
    for one in properties:
        value = one.get(f"{W}val", "")
        if one.tag in {f"{W}vanish", f"{W}specVanish"}:
            look = replace(look, is_vanished=value not in {"0", "false", "off"})
        elif one.tag == f"{W}color":
            look = replace(
                look, is_white=_is_white(value) or (not value and one.get(f"{W}themeColor") == "background1")
            )
        elif one.tag == f"{W}sz":
            look = replace(look, half_points=_number(value))
        elif one.tag == f"{W}highlight" and value not in {"", "none", "white"}:
            look = replace(look, has_background=True)
    return with_shading(look, properties)


def with_shading(look: Look, properties: Element | None) -> Look:
    """`look` on the shading (w:shd) of these properties of a run, paragraph, cell or table."""
    shading = properties.find(f"{W}shd") if properties is not None else None
    if shading is None:
        return look
    fill = shading.get(f"{W}fill", "auto")
    is_patterned = shading.get(f"{W}val", "clear") not in {"clear", "nil"}
    is_themed = shading.get(f"{W}themeFill", "background1") != "background1"
    painted = (fill.lower() != "auto" and not _is_white(fill)) or is_patterned or is_themed
    return replace(look, has_background=look.has_background or painted)


def _is_white(colour: str) -> bool:
    try:
        return len(colour) == 6 and all(int(colour[i : i + 2], 16) >= 0xF0 for i in (0, 2, 4))
    except ValueError:
        return False


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0
