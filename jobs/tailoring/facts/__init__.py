"""What a resume states, and whether a text states anything else: pure functions over text, no model, no row."""

from jobs.tailoring.facts.checker import check_heads, check_line, check_paper
from jobs.tailoring.facts.findings import Finding, Level
from jobs.tailoring.facts.skeleton import Entry, Skeleton, Span
from jobs.tailoring.facts.source import Source
from jobs.tailoring.facts.unread import unread

__all__ = [
    "Entry",
    "Finding",
    "Level",
    "Skeleton",
    "Source",
    "Span",
    "check_heads",
    "check_line",
    "check_paper",
    "unread",
]
