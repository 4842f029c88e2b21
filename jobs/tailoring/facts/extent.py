"""What somebody led or headed: a shift does not become a department, and a shop no company, without a question."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from jobs.tailoring.facts.findings import Finding, ask
from jobs.tailoring.facts.normalise import alike, plain, words_of
from jobs.tailoring.facts.source import Source
from jobs.tailoring.facts.titles import raised_in, ranks_in
from jobs.tailoring.facts.words import LED, words

_PARTS = frozenset(("leading", "managing", "coordinating", "running", "owning"))
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?P<of>'s?(?![^\W_]))?|[.,;:|()]")
_SMALL = words("small_words") | words("whole_of_it")
# What may stand between the word for the part and the unit: an article and what the unit is like.
_BETWEEN = 3
# After the first word of what was led these say of whom it was.
_OF = frozenset(("of", "de", "d", "du", "des", "del", "der", "von"))
# After these begins something else: who led a course at the company did not lead the company.
_ELSEWHERE = words("elsewhere")


def more_led(text: str, evidence: Sequence[str], source: Source) -> Iterator[Finding]:
    """Units that a line says somebody led, and of which neither its evidence nor the title over it speaks.

    A unit may go by another of its names; the name of who employs is none: a shift in a hospital is no hospital.
    """
    jobs = filter(None, map(source.skeleton.entry_of.get, evidence))
    known = source.lines(evidence).words.union(*(words_of(job.position) for job in jobs))
    said = plain(text)
    told = [one for one in raised_in(text) if one.kind in _PARTS] + [one for one in ranks_in(text) if one.claimed]
    for end in sorted({one.start + len(one.written) for one in told}):
        unit = _led(said[end:], known)
        if unit and not any(alike(unit, word) or LED.get(word) == LED[unit] for word in known):
            yield ask("extent", unit, "is more than the evidence says the person led")


def _led(rest: str, known: Collection[str]) -> str:
    """The unit that a text begins with, if it does."""
    found = list(_WORD.finditer(rest))
    told = 0
    for at, match in enumerate(found):
        word = match.group()
        # Trainees of the university: they were led, and it was not.
        if word in _ELSEWHERE or not word[0].isalpha() or (told and word in _OF):
            return ""
        if word in LED:
            after = found[at + 1].group() if at + 1 < len(found) else ""
            # English names what belongs to a unit behind it: of the branch accounts, the accounts were managed.
            owns = after[:1].isalpha() and after not in _SMALL | _ELSEWHERE
            return "" if owns and any(alike(after, one) for one in known) else word
        told += word not in _SMALL
        if told > _BETWEEN or match["of"]:
            return ""
    return ""
