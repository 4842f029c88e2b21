"""The pages of docs/infrastructure that are followed when something happened, or at first, as steps and commands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.repo.sources import ROOT

PAGES = (
    "lost-server", "bad-deploy", "one-resume", "ransomware", "lost-key", "place-gone", "archive-failing",
    "managed-postgresql", "backup",
)  # fmt: skip
BY_HAND = re.compile(r"\bBy hand\b")


@dataclass
class Step:
    """A numbered step, or a block of commands that stands alone."""

    page: str
    section: str
    text: str
    lines: list[str] = field(default_factory=list)

    @property
    def is_by_hand(self) -> bool:
        return bool(BY_HAND.search(self.text))


def steps(page: str) -> list[Step]:
    found: list[Step] = []
    section, step, pending = "", None, ""
    for line in (ROOT / "docs" / "infrastructure" / f"{page}.md").read_text().splitlines():
        if line.startswith("## "):
            section, step = line.removeprefix("## "), None
        elif re.match(r"\d+\. ", line):
            step = Step(page, section, line)
            found.append(step)
        elif re.match(r" {4,}\S", line):
            if step is None:
                step = Step(page, section, "")
                found.append(step)
            pending += line.strip()
            if pending.endswith("\\"):
                pending = pending[:-1]
                continue
            step.lines.append(pending)
            pending = ""
        elif line.startswith("   ") and step is not None:
            step.text += " " + line.strip()
        elif line.strip() and not line.startswith(" "):
            step = None
    return found


def commands(page: str, section: str = "") -> list[str]:
    """Of one section, in order."""
    return [line for step in steps(page) if step.section == section for line in step.lines]


def sections() -> set[tuple[str, str]]:
    """Those that have commands."""
    return {(step.page, step.section) for page in PAGES for step in steps(page) if step.lines}
