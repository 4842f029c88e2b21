"""One labelled span of a resume, as the tagger or a rule found it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from candidates.resumes.document import Label
from candidates.resumes.parse.dates import DateRange


@dataclass(frozen=True, slots=True)
class Found:
    """One labelled span: offsets, the value as shown, and how sure it is; `dates` where it is a date range."""

    label: Label
    start: int
    end: int
    value: str
    confidence: float
    dates: DateRange | None = None


def overlaps(start: int, end: int, others: Iterable[Found]) -> bool:
    return any(one.start < end and start < one.end for one in others)
