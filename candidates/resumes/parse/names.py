"""Whose resume it is: the name, by its place, its words, and its agreement with e-mail address and profile link."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from candidates.resumes.parse import gazetteers
from candidates.resumes.parse.tagger import Tagged
from candidates.resumes.parse.tokens import Reading, Token
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
    if token.marks & _NOT:
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
        while run and (run[-1].text in "-" or (run[-1].text == "." and len(run) > 1 and len(run[-2].text) > 2)):
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


def find_name(reading: Reading, tagged: list[Tagged]) -> Name | None:
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


def _candidates(reading: Reading, tagged: list[Tagged]) -> list[tuple[float, int, int]]:
    found: list[tuple[float, int, int]] = []
    by_line: dict[int, list[Token]] = {}
    for token in reading.tokens[:400]:
        by_line.setdefault(token.line, []).append(token)
    named = [
        (reading.tokens[t.first].start, reading.tokens[t.last - 1].end, t.confidence)
        for t in tagged
        if t.label == "NAME"
    ]
    labelled = [m.end() for m in _NAME_LABEL.finditer(reading.view)]
    for number, tokens in by_line.items():
        first_word = next((t for t in tokens if t.text[0].isalnum()), None)
        for run in _runs(tokens):
            found += _scored(reading, run, number, run[0] is first_word, named, labelled)
    for start, end, sure in named:
        if start > 3000:
            continue
        first, last = reading.token_span(start, end)
        words = [plain(t.text.lower()) for t in reading.tokens[first:last] if t.text[0].isalpha()]
        if not 1 <= len(words) <= 5 or any(t.marks & {"EMAIL", "LINK"} for t in reading.tokens[first:last]):
            continue
        number = reading.tokens[first].line
        score = (
            2.6 * sure
            + 2.5 * _agreement(words, reading)
            + _known(reading.tokens[first:last])
            - 0.12 * number
            - 0.8 * (len(words) < 2)
        )
        found.append((score, start, end))
    return found


def _known(tokens: list[Token]) -> float:
    given = sum("GIVEN" in t.marks for t in tokens)
    family = sum("FAMILY" in t.marks and "GIVEN" not in t.marks for t in tokens)
    return 0.9 * min(given, 2) + 0.6 * min(family, 2)


def _scored(
    reading: Reading,
    run: list[Token],
    number: int,
    at_start: bool,
    named: list[tuple[int, int, float]],
    labelled: list[int],
) -> list[tuple[float, int, int]]:
    results = []
    words = [t for t in run if t.text[0].isalpha()]
    # Glued trailing words ("Jane Doe London Office") cost nothing when a shorter run scores better.
    for count in range(min(4, len(words)), 0, -1):
        part = words[:count]
        if part[-1].text.lower() in gazetteers.NAME_PARTICLES:
            continue
        start, end = part[0].start, part[-1].end
        low = [plain(t.text.lower()).rstrip(".") for t in part]
        has_label = any(0 <= start - at < 4 for at in labelled)
        agreement = _agreement([w for w in low if w], reading)
        score = _known(part) + 2.5 * agreement + 4.0 * has_label
        score += 0.9 if at_start else -0.6
        alone = count == 1 == len(words) and at_start and number <= 2 and len(part[0].text) > 3
        score += {1: -0.1 if alone and part[0].marks & {"GIVEN", "FAMILY"} else -2.4, 2: 0.9, 3: 0.8, 4: 0.1}[count]
        score += 0.7 if count == len(words) else -0.35
        score -= 0.28 * min(number, 12)
        score -= 1.2 * sum("PLACE" in t.marks and not {"GIVEN", "FAMILY"} & t.marks for t in part)
        score -= 1.2 * all("PLACE" in t.marks for t in part)
        score -= 0.9 * sum("SKILL" in t.marks or ("TITLE" in t.marks and "GIVEN" not in t.marks) for t in part)
        score -= 2.0 * any("HEADING" in reading.line_marks[t.line] for t in part)
        if reading.line_kinds[number] not in ("top", "personal", "contact") and not has_label:
            score -= 1.8
        overlap = max((sure for s, e, sure in named if s < end and start < e), default=0.0)
        exact = any(s == start and abs(e - end) < 3 for s, e, _ in named)
        score += 1.3 * overlap + 0.9 * exact
        if any(t.text.islower() for t in part) and not agreement:
            score -= 1.5
        results.append((score, start, end))
    return results
