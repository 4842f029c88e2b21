"""Numbers with their units, however they are written: 70 %, seventy percent, 1.2 million, 1,200,000, twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from jobs.tailoring.facts.normalise import plain
from jobs.tailoring.facts.words import words

_SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "dozen": 12,
}  # fmt: skip
# Small numbers as other languages of resumes write them; without those that are everyday words of English.
_SMALL_ELSEWHERE = {
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11,
    "zwölf": 12, "zwanzig": 20, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "vingt": 20, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6,
    "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "doce": 12, "veinte": 20, "dois": 2, "duas": 2, "três": 3,
    "quatro": 4, "oito": 8, "dez": 10, "tre": 3, "quattro": 4, "cinque": 5, "sette": 7, "otto": 8, "dieci": 10,
    "twee": 2, "drie": 3, "vijf": 5, "zes": 6, "zeven": 7, "tien": 10,
}  # fmt: skip
_WORDS = _SMALL | _SMALL_ELSEWHERE
_SCALES = {
    "hundred": 100, "thousand": 1000, "k": 1000, "million": 10**6, "mn": 10**6, "mio": 10**6, "m": 10**6,
    "mm": 10**6, "millionen": 10**6, "millions": 10**6, "billion": 10**9, "bn": 10**9, "b": 10**9, "mrd": 10**9,
    "milliarden": 10**9, "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7, "tausend": 1000,
    "mille": 1000, "mil": 1000, "millones": 10**6, "trillion": 10**12,
}  # fmt: skip
_VAGUE = {"dozens": 12, "hundreds": 100, "thousands": 1000, "millions": 10**6, "billions": 10**9, "hunderte": 100,
          "tausende": 1000}  # fmt: skip
_TIMES = {
    "twice": 2, "double": 2, "doubled": 2, "doubling": 2, "doubles": 2, "triple": 3, "tripled": 3, "tripling": 3,
    "thrice": 3, "quadrupled": 4, "quadruple": 4, "tenfold": 10, "twofold": 2, "threefold": 3, "fourfold": 4,
    "fivefold": 5, "verdoppelt": 2, "verdoppelte": 2, "verdreifacht": 3,
}  # fmt: skip
_PARTS = {"half": Decimal("0.5"), "halved": Decimal("0.5"), "halving": Decimal("0.5"), "halbiert": Decimal("0.5")}
UNITS = {
    "%": "%",
    "percent": "%",
    "percentage": "%",
    "prozent": "%",
    "pourcent": "%",
    "pct": "%",
    "pp": "%",
    "x": "x",
    "times": "x",
    "fold": "x",
    "mal": "x",
    "year": "year",
    "years": "year",
    "yr": "year",
    "yrs": "year",
    "jahre": "year",
    "jahren": "year",
    "ans": "year",
    "años": "year",
    "anni": "year",
    "anos": "year",
    "month": "month",
    "months": "month",
    "monate": "month",
    "monaten": "month",
    "mois": "month",
    "meses": "month",
    "week": "week",
    "weeks": "week",
    "wochen": "week",
    "day": "day",
    "days": "day",
    "tage": "day",
    "tagen": "day",
    "hour": "hour",
    "hours": "hour",
    "hrs": "hour",
    "h": "hour",
    "stunden": "hour",
    "minute": "minute",
    "minutes": "minute",
    "min": "minute",
    "mins": "minute",
    "second": "second",
    "seconds": "second",
    "s": "second",
    "sec": "second",
    "ms": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "gb": "gb",
    "tb": "tb",
    "mb": "mb",
    "pb": "pb",
    "kb": "kb",
    "gigabytes": "gb",
    "terabytes": "tb",
    "megabytes": "mb",
    "petabytes": "pb",
    "km": "km",
    "kilometre": "km",
    "kilometres": "km",
    "kilometer": "km",
    "kilometers": "km",
    "miles": "mile",
    "mile": "mile",
    "metre": "metre",
    "metres": "metre",
    "meter": "metre",
    "meters": "metre",
    "kg": "kg",
    "kilo": "kg",
    "kilos": "kg",
    "kilogram": "kg",
    "kilograms": "kg",
    "kilogramme": "kg",
    "kilogrammes": "kg",
    "tonne": "tonne",
    "tonnes": "tonne",
    "litre": "litre",
    "litres": "litre",
    "liter": "litre",
    "liters": "litre",
    "sqm": "sqm",
    "jahr": "year",
    "jahres": "year",
    "monat": "month",
    "woche": "week",
    "tag": "day",
    "stunde": "hour",
    "minuten": "minute",
    "sekunden": "second",
    "an": "year",
    "année": "year",
    "années": "year",
    "semaine": "week",
    "semaines": "week",
    "jour": "day",
    "jours": "day",
    "heure": "hour",
    "heures": "hour",
    "año": "year",
    "mes": "month",
    "semana": "week",
    "semanas": "week",
    "día": "day",
    "días": "day",
    "hora": "hour",
    "horas": "hour",
    "minutos": "minute",
    "fortnight": "fortnight",
    "fortnights": "fortnight",
    "decade": "decade",
    "decades": "decade",
}
_CURRENCIES = {"$": "usd", "usd": "usd", "dollars": "usd", "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur",
               "£": "gbp", "gbp": "gbp", "pounds": "gbp", "₹": "inr", "inr": "inr", "rs": "inr", "rupees": "inr",
               "chf": "chf", "francs": "chf", "¥": "jpy", "jpy": "jpy", "yen": "jpy", "dollar": "usd", "pound": "gbp",
               "rupee": "inr", "sek": "sek", "kronor": "sek", "nok": "nok", "dkk": "dkk", "pln": "pln", "zł": "pln",
               "zloty": "pln", "cad": "cad", "aud": "aud", "ngn": "ngn", "₦": "ngn", "naira": "ngn", "brl": "brl",
               "aed": "aed", "dirhams": "aed"}  # fmt: skip
# One of these before a number makes it more than the number.
_MORE = words("more")
_MORE_PAIRS = {("more", "than"), ("at", "least"), ("greater", "than"), ("plus", "de"), ("mehr", "als"), ("up", "of")}
_DIGITS = r"\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d{1,3}(?:[,.' ]\d{3})+(?![\d])(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)?"
_TOKEN = re.compile(rf"(?P<currency>[$€£₹¥₦])|(?P<number>{_DIGITS})|(?P<percent>%)|(?P<plus>\+)|(?P<word>[^\W\d_]+)")
_ATTACHED = re.compile(r"[^\W\d_]$|[^\W\d_][.#+-]$")


@dataclass(frozen=True, slots=True)
class Number:
    """A value with its unit (empty: a plain count); `more` where the text says that it is more than that."""

    value: Decimal
    unit: str
    more: bool
    written: str
    end: int = 0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def numbers_in(text: str) -> list[Number]:
    """The numbers a text states, in order. A digit within a word (S3, HTTP2) belongs to the word."""
    said = _AREA.sub(" sqm", plain(text))
    tokens = [
        _Token(match.lastgroup or "", match.group(), match.start(), match.end()) for match in _TOKEN.finditer(said)
    ]
    found = list(_read(said, tokens))
    # "from 41 to 63 percent": the first shares the unit of the second.
    for at in range(len(found) - 2, -1, -1):
        one, other = found[at], found[at + 1]
        between = said[one.end : other.end - len(other.written)]
        if not one.unit and other.unit and _RANGE.fullmatch(between):
            found[at] = replace(one, unit=other.unit)
    return found


_AREA = re.compile(r"(?<=\d)\s*(?:m2|sq\.?\s?m(?:et(?:re|er)s?)?|square\s+met(?:re|er)s?|quadratmeter)\b")


def _read(said: str, tokens: list[_Token]) -> Iterator[Number]:
    at = 0
    while at < len(tokens):
        value, after, unit = _value_at(said, tokens, at)
        if value is None:
            at += 1
            continue
        if [token.text for token in tokens[after : after + 3]] == _AND_A_HALF:
            # "two and a half years"
            value, after = value + Decimal("0.5"), after + 3
        unit, after = _unit_at(tokens, at, after, unit)
        if [token.text for token in tokens[after : after + 3]] == _AND_A_HALF and unit in _SPANS:
            # "a year and a half"
            value, after = value + Decimal("0.5"), after + 3
        more = _more_before(tokens, at) or (after < len(tokens) and tokens[after].kind == "plus" and
                                            tokens[after].start - tokens[after - 1].end <= 1)  # fmt: skip
        if [token.text for token in tokens[after : after + 2]] in (["or", "more"], ["and", "more"], ["and", "above"]):
            more, after = True, after + 2
        if after < len(tokens) and tokens[after].kind == "plus":
            after += 1
            unit, after = _unit_at(tokens, at, after, unit)
        if unit == "year" and after < len(tokens) and tokens[after].text in ("old", "olds"):
            # How old somebody is, and no time that they worked.
            unit = ""
        if more and unit in _SPANS and _lasts(tokens, at, after):
            more = False
        end = tokens[after - 1].end
        yield Number(value.normalize(), unit, more, said[tokens[at].start : end], end)
        at = after


_OFTEN = frozenset(("a", "an", "per", "each", "every", "daily", "weekly"))
_RANGE = re.compile(r"\s*(?:to|and|bis|à|a|-|/)\s*")
_SPANS = frozenset(("year", "month", "week", "day", "hour"))


def _lasts(tokens: list[_Token], at: int, after: int) -> bool:
    """Whether "over two years" says how long something took; "over two years of experience" says more than two."""
    following = tokens[after].text if after < len(tokens) else ""
    return bool(at) and tokens[at - 1].text == "over" and following not in ("of", "experience", "in")


def _value_at(  # noqa: PLR0911, PLR0912  one way of writing a number after another
    said: str, tokens: list[_Token], at: int
) -> tuple[Decimal | None, int, str]:
    one = tokens[at]
    if one.kind == "number":
        if _ATTACHED.search(said[max(0, one.start - 2) : one.start]) and not _scaled_alone(said, one):
            return None, at + 1, ""
        if said[one.end : one.end + 1].isalpha() and not _known_suffix(said, one):
            # 2nd, 3d, 5g: part of a word.
            return None, at + 1, ""
        value = _decimal(one.text)
        return (None, at + 1, "") if value is None else _scaled(said, tokens, at + 1, value)
    if one.kind != "word":
        return None, at + 1, ""
    if one.text in (*_TIMES, *_PARTS) and _LINKED.match(said, one.end):
        # double-checked, half-yearly, triple-glazed: part of another word.
        return None, at + 1, ""
    if one.text in _VAGUE:
        return Decimal(_VAGUE[one.text]), at + 1, "vague"
    if one.text in _TIMES:
        often = one.text in ("twice", "thrice") and at + 1 < len(tokens) and tokens[at + 1].text in _OFTEN
        return Decimal(_TIMES[one.text]), at + 1, "" if often else "x"
    if one.text == "half" and at + 2 < len(tokens) and tokens[at + 1].text in ("a", "an"):
        if tokens[at + 2].text in _BIG:
            return Decimal(_SCALES[tokens[at + 2].text]) / 2, at + 3, ""
        if tokens[at + 2].text in (*UNITS, "dozen"):
            return (Decimal(6), at + 3, "") if tokens[at + 2].text == "dozen" else (Decimal("0.5"), at + 2, "")
    if one.text in _PARTS:
        return _PARTS[one.text], at + 1, "x"
    if one.text in ("a", "an") and at + 1 < len(tokens) and tokens[at + 1].text in (*_BIG, "dozen"):
        return _scaled(said, tokens, at + 1, Decimal(1))
    if one.text in _WORDS:
        return _spelled(said, tokens, at)
    if one.text in ("a", "an") and [token.text for token in tokens[at + 2 : at + 5]] == _AND_A_HALF:
        return Decimal(1), at + 1, ""
    return None, at + 1, ""


_LINKED = re.compile(r"-[^\W\d_]")
_AND_A_HALF = ["and", "a", "half"]
_BIG = ("hundred", "thousand", "million", "billion", "trillion", "lakh", "crore")


def _scaled_alone(said: str, one: _Token) -> bool:
    """Whether what stands before the digits is a currency code and no name: eur50, usd 5."""
    before = re.search(r"([^\W\d_]+)[.]?$", said[: one.start])
    return bool(before and before.group(1) in _CURRENCIES)


def _known_suffix(said: str, one: _Token) -> bool:
    suffix = re.match(r"[^\W\d_]+", said[one.end :])
    return bool(suffix and (suffix.group() in _SCALES or suffix.group() in UNITS or suffix.group() in _CURRENCIES))


def _spelled(said: str, tokens: list[_Token], at: int) -> tuple[Decimal | None, int, str]:
    """two, twenty-five, two hundred and fifty; a bare "one" is a pronoun more often than a number."""
    total, current, after = 0, 0, at
    while after < len(tokens) and tokens[after].kind == "word":
        word = tokens[after].text
        if word == "dozen" and current:
            current *= 12
        elif word in _WORDS:
            current += _WORDS[word]
        elif word == "hundred" and current:
            current *= 100
        elif word in ("thousand", "million", "billion") and current:
            total, current = total + current * _SCALES[word], 0
        elif not (word == "and" and after + 1 < len(tokens) and tokens[after + 1].text in _WORDS and total + current >= 100):  # fmt: skip  # noqa: E501
            break
        after += 1
    value = Decimal(total + current)
    if value == 1:
        unit = tokens[after].text if after < len(tokens) else ""
        if unit not in UNITS and unit not in _SCALES:
            return None, at + 1, ""
    return value, after, ""


def _scaled(said: str, tokens: list[_Token], after: int, value: Decimal) -> tuple[Decimal, int, str]:
    while after < len(tokens) and tokens[after].kind == "word" and tokens[after].text in (*_SCALES, "dozen"):
        word = tokens[after].text
        gap = tokens[after].start - tokens[after - 1].end
        if word in ("k", "m", "b", "mm", "mil", "mille") and gap:
            # 5 m is five metres or minutes before it is five million.
            break
        value *= _SCALES.get(word, 12)
        after += 1
    return value, after, ""


def _unit_at(  # noqa: PLR0911
    tokens: list[_Token], at: int, after: int, unit: str
) -> tuple[str, int]:
    if unit:
        return unit, after
    if at and tokens[at - 1].kind == "currency":
        return _CURRENCIES[tokens[at - 1].text], after
    if at and tokens[at - 1].text in _CURRENCIES and len(tokens[at - 1].text) <= 3:
        return _CURRENCIES[tokens[at - 1].text], after
    if after >= len(tokens):
        return "", after
    following = tokens[after]
    if following.text == "times" and after + 1 < len(tokens) and tokens[after + 1].text in _OFTEN:
        # How often, and not by how much.
        return "", after
    if following.kind in ("percent", "currency") or following.text in UNITS or following.text in _CURRENCIES:
        name = UNITS.get(following.text) or _CURRENCIES.get(following.text, "")
        return name, after + 1
    if (
        following.text in ("per", "pour", "por")
        and after + 1 < len(tokens)
        and tokens[after + 1].text in ("cent", "ciento")
    ):
        return "%", after + 2
    return "", after


def _more_before(tokens: list[_Token], at: int) -> bool:
    if at and tokens[at - 1].kind == "currency":
        at -= 1
    before = [token.text for token in tokens[max(0, at - 2) : at]]
    return bool(before and before[-1] in _MORE) or (len(before) == 2 and tuple(before) in _MORE_PAIRS)


def _decimal(text: str) -> Decimal | None:
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
