"""Plain text resumes in the three shapes people paste, and in the encodings their editors leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def write(sheet: dict[str, Any], *, layout: str) -> bytes:
    """The text of a sheet in one of TXT_LAYOUTS: UTF-8, UTF-8 with a byte order mark, or UTF-16 by layout."""
    text, encoding = _LAYOUTS[layout]
    return "\n".join(text(sheet)).encode(encoding)


def _capitals(sheet: dict[str, Any]) -> list[str]:
    lines = [sheet["name"].upper(), sheet["headline"], *sheet["emails"], sheet["phone"], sheet["location"]]
    lines += sheet["links"]
    for kind, body in _parts(sheet, bullet="- ", work="{title}, {employer}, {city}\n{dates}"):
        lines += ["", sheet["headings"][kind].upper(), "", *body]
    return lines


def _underlined(sheet: dict[str, Any]) -> list[str]:
    lines = [sheet["name"], f"{sheet['location']} | {sheet['phone']} | {' | '.join(sheet['emails'] + sheet['links'])}"]
    lines.append(sheet["headline"])
    for kind, body in _parts(sheet, bullet="* ", work="{employer} ({dates})\n{title}"):
        heading = sheet["headings"][kind]
        lines += ["", heading, "=" * len(heading), *body]
    return lines


def _labelled(sheet: dict[str, Any]) -> list[str]:
    lines = [
        f"Name: {sheet['name']}",
        f"Email: {', '.join(sheet['emails'])}",
        f"Mobile: {sheet['phone']}",
        f"Address: {sheet['location']}",
        *(f"Link: {link}" for link in sheet["links"]),
        f"Current role: {sheet['headline']}",
    ]
    for kind, body in _parts(sheet, bullet="  > ", work="{dates}: {title} at {employer}"):
        lines += ["", f"{sheet['headings'][kind]}:", *body]
    return lines


def _parts(sheet: dict[str, Any], *, bullet: str, work: str) -> list[tuple[str, list[str]]]:
    experience: list[str] = []
    for position in sheet["positions"]:
        experience += [*work.format(**position).split("\n"), *(bullet + one for one in position["achievements"]), ""]
    parts = [
        ("summary", [sheet["summary"]]),
        ("experience", experience[:-1]),
        ("education", [f"{study['degree']}, {study['school']}, {study['years']}" for study in sheet["studies"]]),
        ("skills", [", ".join(sheet["skills"])]),
        ("languages", [", ".join(sheet["languages"])]),
        ("certificates", [bullet + one for one in sheet["certificates"]]),
    ]
    return [(kind, body) for kind, body in parts if body and body != [""]]


_LAYOUTS: dict[str, tuple[Callable[[dict[str, Any]], list[str]], str]] = {
    "capitals": (_capitals, "utf-8"),
    "underlined": (_underlined, "utf-8-sig"),
    "labelled": (_labelled, "utf-16"),
}
TXT_LAYOUTS = tuple(_LAYOUTS)
