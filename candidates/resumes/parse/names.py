"""Whose resume it is: the name, by its place, its words, and its agreement with e-mail address and profile link."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from candidates.resumes.parse import gazetteers
from candidates.resumes.parse.tagger import Tagged
from candidates.resumes.parse.tokens import PERSON, Reading, Token, mark_lines, read
from candidates.resumes.skills.lists import plain

_NAME_LABEL = re.compile(
    r"(?:^|\n|•)\s*(?:full |candidate |my |employee )?name\s*(?:of (?:the )?candidate)?\s*[:\-–]+\s*", re.IGNORECASE
)
_NOT = frozenset(
    ("NOTNAME", "TITLEHEAD", "COMPANY", "SCHOOLWORD", "DEGREE", "EMAIL", "LINK", "PHONE", "MONTH", "DATE", "RANGE")
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name with its place in the text and how sure it is."""

    start: int
    end: int
    value: str
    confidence: float


def _is_part(token: Token) -> bool:
    text = token.text
    if token.marks & _NOT - ({"SCHOOLWORD"} if "GIVEN" in token.marks else set()):  # Anna University, Anna Berg
        return False
    if text.lower().rstrip(".") in gazetteers.NAME_PARTICLES:
        return True
    bare = text.replace("'", "").replace(".", "")
    return bool(bare) and bare.isalpha() and (text[0].isupper() or bool({"GIVEN", "FAMILY"} & token.marks))


def _runs(tokens: list[Token]) -> list[list[Token]]:
    """Runs of two to five name-like tokens in a line; hyphens and the dots of initials belong to them."""
    runs: list[list[Token]] = []
    run: list[Token] = []
    for token in [*tokens, None]:
        if token is not None and (_is_part(token) or (run and token.text in ".-" and len(run[-1].text) <= 12)):
            run.append(token)
            continue
        while run and (run[-1].text == "-" or (run[-1].text == "." and len(run) > 1 and len(run[-2].text) > 2)):
            run.pop()
        if run:
            runs.append(run)
        run = []
    return runs


def _agreement(words: list[str], reading: Reading) -> float:
    """How well an e-mail address or a profile link near the head spells these words, 0 to 1."""
    joined = "".join(words)
    best = 0.0
    for mail in reading.emails[:3]:
        local = re.sub(r"[^a-z]", "", plain(mail.value.split("@")[0]))
        if local in gazetteers.MAILBOXES or len(local) < 4:
            continue
        best = max(
            best, fuzz.partial_ratio(local, joined) / 100 if any(w[:4] in local for w in words if len(w) > 2) else 0.0
        )
    for link in reading.links[:4]:
        match = re.search(
            r"(?:/in/|/r/|github\.com/|linkedin\.com/)([\w-]+)|^(?:https?://)?(?:www\.)?([\w-]{6,})\.\w+/?$", link.value
        )
        if match:
            slug = re.sub(r"[^a-z]", "", plain(match.group(1) or match.group(2)))
            best = max(best, fuzz.ratio(slug, joined) / 100 if slug else 0.0)
    return best if best > 0.6 else 0.0


def find_name(reading: Reading, tagged: Sequence[Tagged]) -> Name | None:
    """The person's name, or none where nothing near the head looks like one."""
    best: tuple[float, Name] | None = None
    for score, start, end in _candidates(reading, tagged):
        if best is None or score > best[0]:
            value = (
                " ".join(reading.view[start:end].replace("\u2060", "").split()).strip(" ,.-'") if end > start else ""
            )
            best = (score, Name(start, end, value, round(min(0.98, max(0.2, 0.35 + score / 9)), 2)))
    if best is None or best[0] < 2.2:
        return _far_from_the_head(reading)
    return best[1]


def read_person(text: str) -> tuple[Reading, Name | None]:
    """Read a text and hide the person's name from the tagger, so that no name changes what else is found."""
    reading = read(text)
    name = find_name(reading, ())
    if name:
        _neutralise(reading, name)
    return reading, name


def _neutralise(reading: Reading, name: Name) -> None:
    first, last = reading.token_span(name.start, name.end)
    parts = {t.text.lower() for t in reading.tokens[first:last] if len(t.text) > 2 and t.text[0].isalpha()}
    for at, token in enumerate(reading.tokens):
        if first <= at < last or token.text.lower() in parts:
            token.marks = {PERSON}
    mark_lines(reading)


def _far_from_the_head(reading: Reading) -> Name | None:
    """A name elsewhere (the foot, a side column) that an e-mail address or a profile link spells out."""
    if not reading.emails and not reading.links:
        return None
    for run in _runs(reading.tokens[400:]):
        words = [t for t in run if t.text[0].isalpha()]
        low = [plain(t.text) for t in words]
        if 2 <= len(words) <= 3 and words[0].line == words[-1].line and _agreement(low, reading) > 0.9:
            start, end = words[0].start, words[-1].end
            return Name(start, end, " ".join(reading.view[start:end].split()), 0.7)
    return None


@dataclass(frozen=True, slots=True)
class _Hints:
    """What else points at a name: the tagger's spans with their confidence, and where a "Name:" label ends."""

    tagged: list[tuple[int, int, float]]
    labelled: list[int]


def _candidates(reading: Reading, tagged: Sequence[Tagged]) -> list[tuple[float, int, int]]:
    found: list[tuple[float, int, int]] = []
    by_line: dict[int, list[Token]] = {}
    for token in reading.tokens[:400]:
        by_line.setdefault(token.line, []).append(token)
    tokens = reading.tokens
    named = [(tokens[t.first].start, tokens[t.last - 1].end, t.confidence) for t in tagged if t.label == "NAME"]
    hints = _Hints(named, [match.end() for match in _NAME_LABEL.finditer(reading.view)])
    for line in by_line.values():
        first_word = next((t for t in line if t.text[0].isalnum()), None)
        for run in _runs(line):
            found += _scored(reading, _before_title(run, line), hints, at_start=run[0] is first_word)
    found += [one for span in named if (one := _tagged_candidate(reading, *span))]
    return found


def _before_title(run: list[Token], line: list[Token]) -> list[Token]:
    """A run without the first words of the title that follows it on its line ("Ann Lee Warehouse | Supervisor")."""
    at = line.index(run[-1]) + 1
    if at == len(line) or "TITLEHEAD" not in line[at].marks:
        return run
    kept = list(run)
    while len(kept) > 2 and (not kept[-1].marks & {"GIVEN", "FAMILY"} or kept[-1].marks & {"TITLE", "SKILL", "RANK"}):
        kept.pop()
    return kept


def _tagged_candidate(reading: Reading, start: int, end: int, sure: float) -> tuple[float, int, int] | None:
    first, last = reading.token_span(start, end)
    tokens = reading.tokens[first:last]
    words = [plain(t.text) for t in tokens if t.text[0].isalpha()]
    if start > 3000 or not 1 <= len(words) <= 5 or any(t.marks & {"EMAIL", "LINK"} for t in tokens):
        return None
    score = 2.6 * sure + 2.5 * _agreement(words, reading) + _known(tokens)
    return score - 0.12 * tokens[0].line - 0.8 * (len(words) < 2), start, end


def _known(tokens: list[Token]) -> float:
    given = sum("GIVEN" in t.marks for t in tokens)
    family = sum("FAMILY" in t.marks and "GIVEN" not in t.marks for t in tokens)
    return 0.9 * min(given, 2) + 0.6 * min(family, 2)


def _scored(reading: Reading, run: list[Token], hints: _Hints, *, at_start: bool) -> list[tuple[float, int, int]]:
    """Every beginning of a run as a candidate; words glued on behind cost nothing when a shorter one scores better."""
    results = []
    words = [t for t in run if t.text[0].isalpha()]
    for count in range(min(6, len(words)), 0, -1):
        part = words[:count]
        if part[-1].text.lower() in gazetteers.NAME_PARTICLES or _weight(part) > max(_BY_LENGTH):
            continue
        start, end = part[0].start, part[-1].end
        has_label = any(0 <= start - at < 4 for at in hints.labelled)
        score = _words_score(reading, part, whole=count == len(words), at_start=at_start)
        score += _place_score(reading, part[0].line, has_label=has_label)
        overlap = max((sure for s, e, sure in hints.tagged if s < end and start < e), default=0.0)
        exact = any(s == start and abs(e - end) < 3 for s, e, _ in hints.tagged)
        results.append((score + 1.3 * overlap + 0.9 * exact, start, end))
    return results


_BY_LENGTH = {1: -2.4, 2: 0.9, 3: 0.8, 4: 0.1}


def _weight(part: list[Token]) -> int:
    """How many words a name counts for; "van", "bin" and the like only lead to the next."""
    return sum(at == 0 or token.text.lower() not in gazetteers.NAME_PARTICLES for at, token in enumerate(part))


def _words_score(reading: Reading, part: list[Token], *, whole: bool, at_start: bool) -> float:
    agreement = _agreement([word for t in part if (word := plain(t.text).rstrip("."))], reading)
    score = _known(part) + 2.5 * agreement + (0.9 if at_start else -0.6) + (0.7 if whole else -0.35)
    alone = len(part) == 1 and whole and at_start and part[0].line <= 2 and len(part[0].text) > 3
    score += -0.1 if alone and part[0].marks & {"GIVEN", "FAMILY"} else _BY_LENGTH[_weight(part)]
    score -= 1.2 * sum("PLACE" in t.marks and not {"GIVEN", "FAMILY"} & t.marks for t in part)
    score -= 1.2 * all("PLACE" in t.marks for t in part)
    score -= 0.9 * sum("SKILL" in t.marks or ("TITLE" in t.marks and "GIVEN" not in t.marks) for t in part)
    if any(t.text.islower() and t.text not in gazetteers.NAME_PARTICLES for t in part) and not agreement:
        score -= 1.5
    return score


def _place_score(reading: Reading, line: int, *, has_label: bool) -> float:
    if has_label:
        return 4.0 - 0.28 * min(line, 12)
    outside = reading.line_kinds[line] not in ("top", "personal", "contact")
    return -0.28 * min(line, 12) - 2.0 * ("HEADING" in reading.line_marks[line]) - 1.8 * outside
