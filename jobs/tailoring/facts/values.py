"""What a number is worth that begins at a word of a text, however it is written, with how many words it takes."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from jobs.tailoring.facts.fractions import fraction_at
from jobs.tailoring.facts.money import CURRENCIES
from jobs.tailoring.facts.spelled import ARTICLES, MILLIONS, german, is_read, small, spelled
from jobs.tailoring.facts.tokens import Token, sentence_at, text_at, words_at
from jobs.tailoring.facts.words import table, words

# A thousand and more in short; in words they stand in spelled.py.
SCALES = MILLIONS | {
    "hundred": 100, "thousand": 1000, "k": 1000, "mn": 10**6, "m": 10**6, "mm": 10**6, "bn": 10**9, "b": 10**9,
    "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7, "tausend": 1000, "tsd": 1000,
    "mille": 1000, "mil": 1000,
}  # fmt: skip
_VAGUE = {word: int(value) for value, words in table("vague").items() for word in words}
_TIMES = {
    "twice": 2, "double": 2, "triple": 3, "thrice": 3, "quadruple": 4,
}  # fmt: skip
_MULTIPLYING = [
    (re.compile(rf"(?:{'|'.join(stems)})(?!ate|ating|ation)\w*"), int(value))
    for value, stems in table("multiplying").items()
]
# Tenfold, zehnfach, verzwanzigfachte.
_FOLD = re.compile(r"(?:ver)?(\w+?)(?:fold|fach\w*)")
_PARTS = frozenset(("half", "halved", "halving", "halves", "hälfte", "moitié", "mitad"))
_OF_A_TIME = re.compile(
    r" (?:of|de|del|der|des|von|du) (?:the |la |el |l')?(?:(?:19|20)\d\d|year|jahres|año|année|century|siglo)\b"
)
_HALVING = re.compile(r"halbier\w+")
_DECADES = frozenset(("decades", "jahrzehnte", "jahrzehnten", "jahrzehntelang", "jahrzehntelange", "jahrzehntelanger",
                      "décennies", "décadas", "décades", "jahrzehntelangen"))  # fmt: skip
UNITS = {word: unit for unit, words in table("units").items() for word in words}
_ATTACHED = re.compile(r"[^\W\d_]$|[^\W\d_][.#+-]$")
OFTEN = words("how_often")


_HANDFULS = frozenset(("handful", "poignée", "puñado", "handvoll"))
_SEVERAL = frozenset(("several", "mehrere", "plusieurs", "varias"))
_DOZENS = frozenset(("dozen", "dutzend", "douzaines", "docenas"))
_MAGNITUDES = frozenset(("magnitude", "größenordnung", "grössenordnung"))
_Value = tuple[Decimal | None, int, str]


def value_at(said: str, tokens: list[Token], at: int) -> _Value:
    """The value that begins here (None: no number does), where what is behind it begins, and a unit it brings along."""
    one = tokens[at]
    if one.kind == "number":
        if _ATTACHED.search(said[max(0, one.start - 2) : one.start]) and not _scaled_alone(said, one):
            return None, at + 1, ""
        if said[one.end : one.end + 1].isalpha() and not _known_suffix(said, one):
            # 2nd, 3d, 5g: part of a word.
            return None, at + 1, ""
        if "/" in one.text:
            part, whole = one.text.split("/")
            return Decimal(100 * int(part)) / int(whole), at + 1, "%"
        value = decimal_of(one.text)
        return (None, at + 1, "") if value is None else scaled(said, tokens, at + 1, value)
    if one.kind != "word":
        return None, at + 1, ""
    return _word_at(said, tokens, at)


def _word_at(said: str, tokens: list[Token], at: int) -> _Value:
    for reader in (_fraction, _rough, _multiple, _half, _without_article, _spelled_half):
        if found := reader(said, tokens, at):
            return found
    return _of_article(said, tokens, at) if tokens[at].text in ARTICLES else _spelled(said, tokens, at)


def _fraction(said: str, tokens: list[Token], at: int) -> _Value | None:
    """A quarter of a million, two fifths."""
    words_here = sentence_at(said, tokens, at)
    if words_here[1:5] == ["quarter", "of", "a", "million"]:
        return Decimal(250_000), at + 5, ""
    if part := fraction_at(text_at(tokens, at - 1), words_here):
        value, used, unit = part
        return value, at + used, unit
    return None


def _rough(said: str, tokens: list[Token], at: int) -> _Value | None:
    """Dozens, several dozen, scores of, decades."""
    one, following = tokens[at].text, text_at(tokens, at + 1)
    if one in _VAGUE and is_read(one, said) and (one != "miles" or following == "de"):
        return Decimal(_VAGUE[one]), at + 1, "vague"
    if one in _SEVERAL and following in _DOZENS:
        return Decimal(12), at + 2, "vague"
    if one == "scores" and following == "of":
        return Decimal(20), at + 1, "vague"
    if one in _DECADES and (not at or small(text_at(tokens, at - 1)) is None):
        return Decimal(20), at + 1, "decades"
    return None


def _multiple(said: str, tokens: list[Token], at: int) -> _Value | None:
    """Twice, verdoppelt, an order of magnitude."""
    one = tokens[at].text
    times = _times(one)
    if (times or one in _PARTS) and _LINKED.match(said, tokens[at].end):
        # double-checked, half-yearly, triple-glazed: part of another word.
        return None, at + 1, ""
    if one in _MAGNITUDES:
        return Decimal(10), at + 1, "x"
    if times:
        often = one in ("twice", "thrice") and text_at(tokens, at + 1) in OFTEN
        return Decimal(times), at + 1, "" if often else "x"
    return None


def _half(said: str, tokens: list[Token], at: int) -> _Value | None:
    """Half of it, half a million; the second half of 2025 is no share, and "half im" is German for helped."""
    one, following = tokens[at].text, text_at(tokens, at + 1)
    if not (one in _PARTS or _HALVING.fullmatch(one)):
        return None
    is_help = one == "half" and following in _GERMAN and text_at(tokens, at - 1) not in _BEFORE_HALF
    if is_help or _OF_A_TIME.match(said, tokens[at].end):
        return None, at + 1, ""
    third = text_at(tokens, at + 2) if one == "half" and following in ("a", "an") else ""
    if third in _BIG:
        return Decimal(SCALES[third]) / 2, at + 3, ""
    if third == "dozen":
        return Decimal(6), at + 3, ""
    return (Decimal("0.5"), at + 2, "") if third in UNITS else (Decimal("0.5"), at + 1, "x")


def _without_article(_said: str, tokens: list[Token], at: int) -> _Value | None:
    """Año y medio, millón y medio."""
    one = tokens[at].text
    if not part_at(tokens, at + 1)[1]:
        return None
    if one in UNITS:
        return Decimal(1), at, ""
    return (Decimal(MILLIONS[one]), at + 1, "") if one in MILLIONS else None


def _spelled_half(said: str, tokens: list[Token], at: int) -> _Value | None:
    """Anderthalb, viereinhalb."""
    one = tokens[at].text
    if one in ("anderthalb", "eineinhalb"):
        return scaled(said, tokens, at + 1, Decimal("1.5"))
    whole = german(one.removesuffix("einhalb")) if one.endswith("einhalb") else None
    return scaled(said, tokens, at + 1, whole + Decimal("0.5")) if whole else None


def _times(word: str) -> int:
    """How often as much a word says: tripled, verdoppelte, tenfold."""
    if word in _TIMES:
        return _TIMES[word]
    for begins, value in _MULTIPLYING:
        if begins.fullmatch(word):
            return value
    if fold := _FOLD.fullmatch(word):
        return small(fold[1]) or german(fold[1]) or 0
    return 2 if word.startswith("vervielfach") else 0


def _of_article(said: str, tokens: list[Token], at: int) -> _Value:
    """A hundred, a couple of hundred, a score of, a decade, a handful: one of what follows."""
    following, then = text_at(tokens, at + 1), text_at(tokens, at + 2)
    big = at + 2 + (then == "of")
    if following == "couple" and text_at(tokens, big) in (*_BIG, "dozen"):
        return scaled(said, tokens, big, Decimal(2))
    if following == "dozen":
        return scaled(said, tokens, at + 1, Decimal(1))
    if following in _BIG:
        # "a million two hundred thousand", "a hundred and eighty"
        begins = at + 2 + (then == "and")
        rest, used = spelled(words_at(tokens, begins), said)
        value = Decimal(SCALES[following])
        return (value + rest, begins + used, "") if 0 < rest < value else (value, at + 2, "")
    if (following, then) == ("score", "of"):
        return Decimal(20), at + 2, ""
    if following in _HANDFULS:
        return Decimal(5), at + 2, "few"
    is_one = UNITS.get(following) == "decade" or (following in UNITS and part_at(tokens, at + 2)[1])
    return Decimal(1) if is_one else None, at + 1, ""


_LINKED = re.compile(r"-[^\W\d_]")
_AND_A_PART = [
    (said.split(), Decimal(part))
    for part, every in (
        ("0.5", ("and a half", "y media", "y medio", "et demi", "et demie")),
        ("0.25", ("and a quarter", "y cuarto", "et quart")),
    )
    for said in every
]
_BEFORE_HALF = frozenset(("by", "to", "in", "the", "a", "one", "over", "than", "about", "nearly"))
_GERMAN = words("behind_half")
_BIG = ("hundred", "thousand", "million", "billion", "trillion", "lakh", "crore", "millón", "milliard", "milliarde")


def _scaled_alone(said: str, one: Token) -> bool:
    """Whether what stands before the digits is a currency code and no name: eur50, usd 5."""
    before = re.search(r"([^\W\d_]+)[.]?$", said[: one.start])
    return bool(before and before.group(1) in CURRENCIES)


def _known_suffix(said: str, one: Token) -> bool:
    suffix = re.match(r"[^\W\d_]+", said[one.end :])
    return bool(suffix and (suffix.group() in SCALES or suffix.group() in UNITS or suffix.group() in CURRENCIES))


def _spelled(said: str, tokens: list[Token], at: int) -> tuple[Decimal | None, int, str]:
    """two, twenty-five, two hundred and fifty; a bare "one" is a pronoun more often than a number."""
    is_percent = text_at(tokens, at - 1) in ("per", "pour", "por") and not small(text_at(tokens, at + 1))
    if tokens[at].text in ("cent", "ciento", "cents") and is_percent:
        return None, at + 1, ""
    value, used = spelled(words_at(tokens, at), said)
    after = at + used
    if not used:
        return None, at + 1, ""
    if value == 1:
        unit = text_at(tokens, after)
        if unit not in UNITS and unit not in SCALES and not part_at(tokens, after)[1]:
            return None, at + 1, ""
    return Decimal(value), after, ""


def scaled(said: str, tokens: list[Token], after: int, value: Decimal) -> tuple[Decimal, int, str]:
    """A value with what follows it: k, million, dozen; as `value_at`."""
    while after < len(tokens) and tokens[after].kind == "word" and tokens[after].text in (*SCALES, "dozen"):
        word = tokens[after].text
        gap = tokens[after].start - tokens[after - 1].end
        if word in ("k", "m", "b", "mm") and gap:
            # 5 m is five metres or minutes before it is five million.
            break
        value *= SCALES.get(word, 12)
        after += 1
    return value, after, ""


def part_at(tokens: list[Token], at: int) -> tuple[Decimal, int]:
    """What "and a half" or "and a quarter" adds here, and in how many words."""
    said = [token.text for token in tokens[at : at + 3]]
    return next(((part, len(words)) for words, part in _AND_A_PART if said[: len(words)] == words), (Decimal(0), 0))


def decimal_of(text: str) -> Decimal | None:
    """The value of digits, grouped and with a fraction as any country writes them; hours and minutes as hours."""
    if ":" in text:
        hour, minutes = text.split(":")
        return Decimal(hour) + Decimal(minutes) / 60
    text = text.replace("'", "").replace(" ", "")
    parts = re.split(r"[.,]", text)
    if re.fullmatch(r"\d{1,2}(?:,\d{2})+,\d{3}", text):
        return Decimal(text.replace(",", ""))
    if len(parts) > 1:
        grouped = all(len(part) == 3 for part in parts[1:]) and len(parts[0]) <= 3 and parts[0] != "0"
        if grouped:
            text = "".join(parts)
        elif len(parts) == 2:
            text = ".".join(parts)
        elif all(len(part) == 3 for part in parts[1:-1]):
            text = "".join(parts[:-1]) + "." + parts[-1]
        else:
            return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
