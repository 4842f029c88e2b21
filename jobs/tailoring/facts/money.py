"""How money is written: signs, codes and words of currencies, before an amount and behind it, in one form."""

from __future__ import annotations

import re

# Each sign, code and word of one; what several countries call their own stands for any of them: see `same_money`.
CURRENCIES = {
    "$": "$", "dollars": "dollar", "dollar": "dollar", "dólares": "dollar", "dólar": "dollar",
    "usd": "usd", "aud": "aud", "cad": "cad", "nzd": "nzd", "sgd": "sgd", "hkd": "hkd",
    "pesos": "peso", "peso": "peso", "mxn": "mxn", "ars": "ars", "cop": "cop", "clp": "clp", "uyu": "uyu",
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur",
    "£": "gbp", "gbp": "gbp", "pounds": "gbp", "pound": "gbp", "libras": "gbp", "pfund": "gbp",
    "₹": "inr", "inr": "inr", "rs": "inr", "rupees": "inr", "rupee": "inr",
    "chf": "chf", "franken": "chf", "francs": "franc", "franc": "franc", "xof": "xof",
    "¥": "jpy", "jpy": "jpy", "yen": "jpy", "sek": "sek", "kronor": "sek", "nok": "nok", "dkk": "dkk",
    "pln": "pln", "zł": "pln", "zloty": "pln", "ngn": "ngn", "₦": "ngn", "naira": "ngn",
    "brl": "brl", "reais": "brl", "pen": "pen", "soles": "pen", "crc": "crc", "colones": "crc",
    "kes": "kes", "gtq": "gtq", "jmd": "jmd", "zar": "zar", "rand": "zar", "rands": "zar",
    "aed": "aed", "mad": "mad", "dirhams": "dirham",
}  # fmt: skip
_FAMILY = dict.fromkeys(("usd", "aud", "cad", "nzd", "sgd", "hkd", "jmd"), "dollar")
_FAMILY |= dict.fromkeys(("mxn", "ars", "cop", "clp", "uyu"), "peso")
_FAMILY |= {"chf": "franc", "xof": "franc", "aed": "dirham", "mad": "dirham"}
_MONEY = rf"(?=[$€£]|(?:euros?|fcfa|{'|'.join(sorted({code for code in CURRENCIES.values() if len(code) == 3}))})\b)"
# What is written in several signs or words, in one case, and its code.
_FORMS = [
    (re.compile(pattern), put)
    for pattern, put in (
        (r"\b(?:us|u\.s\.) ?\$", "usd "),
        (r"\b(?:a|au)\$", "aud "),
        (r"\b(?:c|ca|can)\$", "cad "),
        (r"\bnz\$", "nzd "),
        (r"\b(?:s|sg)\$", "sgd "),
        (r"\bhk\$", "hkd "),
        (r"\br\$", "brl "),
        (r"\bmx\$", "mxn "),
        (r"\bs/\.?(?= ?\d[\d.,]*(?!\w))", "pen "),
        (r"([$€£₡] ?\d[\d.,]*) ?m(?![\w$€£])", r"\1 million"),
        (r"(?<=\d[.,]\d) ?m(?= de (?!larg|long|haut|prof|alt|anch|diam|dist))", " million"),
        (r"(?<=\d) ?mm(?= (?:de|d'|usd|eur|of)\b)", " million"),
        (r"\bphp(?= ?\d)", "peso "),
        (r"₡", "crc "),
        (r"\bj\$|\bjamaican dollars?\b", "jmd "),
        (r"(?<=\d) ?mdhs?\b", " million dirhams"),
        (r"\bdhs?\b", "dirhams"),
        (r"(?<=\d) ?m(?= d(?:e (?:fois|francs|dollars|dirhams|pesos)|'(?:euros|appels))\b)", " million"),
        (r"\b(?:us|u\.s\.|american)[ -]dollars?\b", "usd"),
        (r"\baustralian dollars?\b", "aud"),
        (r"\bcanadian dollars?\b", "cad"),
        (r"\bnew zealand dollars?\b", "nzd"),
        (r"\bsingapore dollars?\b", "sgd"),
        (r"\bhong kong dollars?\b", "hkd"),
        (r"\bdólares (?:estadounidenses|americanos)\b", "usd"),
        (r"\bdólares canadienses\b", "cad"),
        (r"\bdollars (?:américains|us)\b", "usd"),
        (r"\bdollars canadiens\b", "cad"),
        (r"\bpesos mexicanos\b|\bm\. ?n\.", "mxn"),
        (r"\bpesos argentinos\b", "ars"),
        (r"\bpesos colombianos\b", "cop"),
        (r"\bpesos chilenos\b", "clp"),
        (r"\bpesos uruguayos\b", "uyu"),
        (r"\$(?= ?[\d.,]+(?: \w+)? (?:pesos?|mxn|ars|cop|clp|uyu)\b)", ""),
        (r"\bmdp\b", "millones de pesos"),
        (r"\bmdd\b", "millones de dólares"),
        (r"\b(?:swiss francs?|(?:schweizer )?franken|francs suisses|francos suizos|sfr\.?)(?![^\W_])", "chf"),
        (r"\bfr\.(?= ?\d)", "chf"),
        (r"\b(?:pounds sterling|livres sterling|libras esterlinas)\b", "gbp"),
        (r"\b(?:f|francs?) ?cfa\b|\bf ?cfa\b|\bxaf\b", "xof"),
        (r"\b(?:kenyan? shillings?|ksh\.?)(?![^\W_])", "kes"),
        (r"\bsouth african rands?\b", "zar "),
        (r"\br(?= ?\d{1,3}(?:[ ,.]\d{3})+\b|\d+(?:[.,]\d+)?(?:k\b| million\b| bn\b|m\b))", "zar "),
        (r"\bq(?= ?\d[\d.,]*(?!\w))|\bquetzales\b", "gtq "),
        (rf"(?<=\d) ?(?:k ?{_MONEY}|t(?={_MONEY}))", "k "),
        (rf"(?<=\d) ?(?:m|mio\.?) ?{_MONEY}", " million "),
        (rf"(?<=\d) ?(?:mds?|mrd\.?) ?{_MONEY}", " milliard "),
    )
]  # fmt: skip


def in_one_form(said: str) -> str:
    """A text in one case with every currency as one sign, word or code: A$, Australian dollars and AUD are `aud`."""
    for pattern, put in _FORMS:
        said = pattern.sub(put, said)
    return said


_CODES = "|".join(sorted({code for code in CURRENCIES.values() if len(code) == 3}))
_WRITTEN = re.compile(
    rf"\b(?:{_CODES})(?= ?\d)|(?<=\d )(?:{_CODES})\b|(?:{'|'.join(pattern.pattern for pattern, _ in _FORMS)})",
    re.IGNORECASE,
)


def without_money(said: str) -> str:
    """A text without the names of currencies: Australian dollars are no name, and USD belongs to none."""
    return _WRITTEN.sub(", ", said)


def same_money(one: str, other: str) -> bool:
    """Whether two currencies may be one: dollars are those of any country, and the sign also any peso."""
    families = {_FAMILY.get(one, one), _FAMILY.get(other, other)}
    if "$" in (one, other):
        return bool(families - {"$"} <= {"dollar", "peso"})
    return one == other or (len(families) == 1 and bool(families & {one, other}))
