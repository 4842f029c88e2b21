"""Scores parsed fields against labelled resumes, per label and as an unweighted mean of the labels (macro)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

from candidates.actions.reading import read_text, was_trained_on
from candidates.resumes.parse.dataset import Labelled, load
from candidates.resumes.parse.fields import LABELS, fields_of

_TOKEN = re.compile(r"[a-z0-9à-ɏ]+(?:[+#]+)?")


@dataclass(slots=True)
class Count:
    """Matches of one label: gold values, predicted values, and how many of them agree leniently and strictly."""

    gold: int = 0
    predicted: int = 0
    lenient: int = 0
    strict: int = 0

    def precision(self, matched: int) -> float:
        return matched / self.predicted if self.predicted else 0.0

    def recall(self, matched: int) -> float:
        return matched / self.gold if self.gold else 0.0

    def f1(self, matched: int) -> float:
        return 2 * matched / (self.gold + self.predicted) if self.gold + self.predicted else 0.0


@dataclass(slots=True)
class ParsingReport:
    """The counts of one part of a set, by label, with the CPU seconds reading took."""

    part: str
    resumes: int = 0
    seconds: float = 0.0
    counts: dict[str, Count] = field(default_factory=lambda: {label: Count() for label in LABELS})

    def macro(self, kind: str) -> float:
        """Mean F1 over the labels that the set has at all; `kind` is lenient or strict."""
        used = [one for one in self.counts.values() if one.gold]
        return sum(one.f1(getattr(one, kind)) for one in used) / len(used) if used else 0.0


def words_of(value: str) -> tuple[str, ...]:
    """The words a value is compared by: lower case letters and digits, `+` and `#` kept where they end a word."""
    return tuple(_TOKEN.findall(value.lower().replace("\u2060", "")))


def agree(gold: Sequence[str], predicted: Sequence[str]) -> bool:
    """Lenient agreement: word sets with Jaccard >= 0.5, or one value's words all within the other's."""
    one, two = set(gold), set(predicted)
    shared = len(one & two)
    return bool(shared) and (shared in (len(one), len(two)) or shared / len(one | two) >= 0.5)


def matches(gold: Iterable[str], predicted: Iterable[str]) -> Count:
    """Count one label of one resume.

    Values repeated within the resume count once (compared by their words). A predicted value matches a gold value
    leniently when `agree` says so and strictly when their words are the same in order; each gold value is used once,
    and exact matches are made first, then the closest.
    """
    wanted = list(dict.fromkeys(words for value in gold if (words := words_of(value))))
    given = list(dict.fromkeys(words for value in predicted if (words := words_of(value))))
    strict = len(set(wanted) & set(given))
    pairs = sorted(
        (-len(set(w) & set(g)) / len(set(w) | set(g)) - (w == g), i, j)
        for i, w in enumerate(wanted)
        for j, g in enumerate(given)
        if agree(w, g)
    )
    used_gold: set[int] = set()
    used_given: set[int] = set()
    for _, i, j in pairs:
        if i not in used_gold and j not in used_given:
            used_gold.add(i)
            used_given.add(j)
    return Count(gold=len(wanted), predicted=len(given), lenient=len(used_gold), strict=strict)


def gold_values(one: Labelled) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {label: [] for label in LABELS}
    for start, end, label in one.spans:
        if label in values:
            values[label].append(one.text[start:end])
    return values


def add(report: ParsingReport, gold: Mapping[str, Sequence[str]], predicted: Mapping[str, Sequence[str]]) -> None:
    report.resumes += 1
    for label, total in report.counts.items():
        one = matches(gold[label], predicted[label])
        total.gold += one.gold
        total.predicted += one.predicted
        total.lenient += one.lenient
        total.strict += one.strict


def evaluate(path: Path) -> list[ParsingReport]:
    """Read every resume of a labelled file and score it; resumes the tagger was trained on are a part of their own.

    PATH is .jsonl or .jsonl.gz with {"id", "text", "spans": [{"start", "end", "label"}]}. Gold labels are incomplete in
    every public set, so precision is a lower bound. Raises ValueError naming a malformed line.
    """
    seen, unseen = ParsingReport("seen in training"), ParsingReport("held out")
    read_text("Warm up the word lists and the model before the clock starts.")
    for one in load(path):
        report = seen if was_trained_on(one.text) else unseen
        began = process_time()
        predicted = fields_of(read_text(one.text).parsed)
        report.seconds += process_time() - began
        add(report, gold_values(one), predicted)
    return [report for report in (unseen, seen) if report.resumes]


def render(reports: Sequence[ParsingReport]) -> str:
    """The reports as a plain table."""
    lines = []
    for report in reports:
        lines.append(
            f"{report.part}: {report.resumes} resumes, {1000 * report.seconds / report.resumes:.0f} ms CPU each"
        )
        lines.append(f"{'label':<16}{'gold':>6}{'found':>7}{'lenient P':>11}{'R':>7}{'F1':>7}{'strict F1':>11}")
        for label, one in report.counts.items():
            if not one.gold:
                lines.append(f"{label:<16}{0:>6}{one.predicted:>7}   (not labelled in this set)")
                continue
            lines.append(
                f"{label:<16}{one.gold:>6}{one.predicted:>7}{one.precision(one.lenient):>11.3f}{one.recall(one.lenient):>7.3f}"
                f"{one.f1(one.lenient):>7.3f}{one.f1(one.strict):>11.3f}"
            )
        lines.append(
            f"{'macro':<16}{'':>13}{'':>11}{'':>7}{report.macro('lenient'):>7.3f}{report.macro('strict'):>11.3f}"
        )
        lines.append("")
    return "\n".join(lines)
