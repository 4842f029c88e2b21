"""Whether words make a number more than it is: over five, at least five, five or more."""

from __future__ import annotations

import re

from jobs.tailoring.facts.tokens import Token
from jobs.tailoring.facts.values import UNITS
from jobs.tailoring.facts.words import words

# One of these before a number makes it more than the number.
_MORE = words("more")
_MORE_PAIRS = {tuple(pair.split("_")) for pair in words("more_pairs")}
_IN_HAND = re.compile(
    r"mitteln?$|auftr[aä]g|budget|förder|vertr[aä]g|rechnung|kredit|zusch[uü]ss|betr[aä]g|spende|angebot|stipendi|scheck"
)
_TAKEN = re.compile(r"\b(?:watch|look|turn|hand|rul|presid|tak|took|carr|mull|pass|cross|fell|fall|sign)\w* over$")
# Warmer than, and not colder than.
_COMPARED = re.compile(
    r"(?!few|low|small|short|young|light|cheap|slow|cool|cold|earli|rath|oth|narrow|thin|weak)\w{3,}er"
)
OR_MORE = {("or", "more"), ("and", "more"), ("and", "above"), ("oder", "mehr"), ("und", "mehr"), ("ou", "plus"),
           ("et", "plus"), ("o", "más"), ("y", "más")}  # fmt: skip
AT_LEAST = re.compile(
    r"(?: [^\W\d_]+){1,2} (?:como mínimo|au minimum|as a minimum|und mehr|oder mehr|or more|o más|ou plus)\b"
)
# Times that are no unit: over three seasons.
TURNS = frozenset(("season", "seasons", "term", "terms", "shifts", "weekends", "summers", "winters"))


def lasts(tokens: list[Token], at: int, after: int) -> bool:
    """Whether "over two years" says how long something took; "over two years of experience" says more than two."""
    following = tokens[after].text if after < len(tokens) else ""
    return bool(at) and tokens[at - 1].text == "over" and following not in ("of", "experience", "in")


def more_before(tokens: list[Token], at: int) -> bool:
    """Whether the words before a number make it more than it is: over, at least, warmer than."""
    if at and tokens[at - 1].kind == "currency":
        at -= 1
    before = [token.text for token in tokens[max(0, at - 3) : at]]
    if before == ["made", "up", "of"] or before[:1] in (["no"], ["not"], ["pas"], ["nicht"]):
        # Made up of four, no more than four.
        return False
    if before[-1:] == ["over"] and _TAKEN.search(" ".join(before)):
        # Watched over 25 children, a business turning over 28 million.
        return False
    counts_time = at + 1 < len(tokens) and tokens[at + 1].text in UNITS
    if (
        before[-1:] == ["über"]
        and not counts_time
        and any(_IN_HAND.search(token.text) for token in tokens[max(0, at - 5) : at])
    ):
        # Ein Auftrag über 5.000 Euro is one of so much.
        return False
    if before[-1:] == ["than"] and before[-2:-1] and _COMPARED.fullmatch(before[-2]):
        return True
    return bool(before and before[-1] in _MORE) or tuple(before[-2:]) in _MORE_PAIRS
