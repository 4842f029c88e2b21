"""Plain text as it is typed into a post, split into what a page shows: headings, paragraphs and lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ENTRY = re.compile(r"\s*[-*•–]\s+(.*)")
# A short line of its own without a full stop at its end is read as a heading.
_LONGEST_HEAD = 60


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading (`kind` p or h), or a list (`kind` ul) with its entries."""

    kind: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.lines)


def blocks(text: str) -> list[Block]:
    """An empty line begins a new block, a line that begins with a dash is an entry of a list."""
    found: list[Block] = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        found += _of_part([line for line in part.split("\n") if line.strip()])
    return found


def _of_part(lines: list[str]) -> list[Block]:
    made: list[tuple[str, list[str]]] = []
    for line in lines:
        entry = _ENTRY.fullmatch(line)
        kind, said = ("ul", entry[1].strip()) if entry else ("p", line.strip())
        if made and made[-1][0] == kind:
            made[-1][1].append(said)
        else:
            made.append((kind, [said]))
    found = [Block(kind, tuple(said)) for kind, said in made]
    if found and _is_head(found[0]):
        found[0] = Block("h", found[0].lines)
    return found


def _is_head(block: Block) -> bool:
    line = block.lines[0].rstrip(":")
    return block.kind == "p" and len(block.lines) == 1 and len(line) <= _LONGEST_HEAD and line[-1:] not in ".!?,;"
