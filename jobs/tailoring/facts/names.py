"""Names that a text states: companies, proper names, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.tailoring.facts.everyday import COMPANIES, is_everyday, is_form, language_of
from jobs.tailoring.facts.money import without_money
from jobs.tailoring.facts.normalise import readable
from jobs.tailoring.facts.numbers import numbers_in
from jobs.tailoring.facts.remembered import remembered
from jobs.tailoring.facts.words import words

# A host is words with dots between them and any ending in small or in capital letters: "e.g." and "end.Next" are none.
_FILES = "js|ts|py|java|rb|php|go|rs|cs|cpp|sh|md|txt|pdf|docx?|xlsx?|csv|json|xml|ya?ml|sql|jsx|tsx|vue"
URL = re.compile(
    r"(?:https?://|www\.)[^\s<>()]+"
    rf"|(?<![\w.@])(?:[A-Za-z0-9][\w-]*\.)*[A-Za-z0-9][\w-]+\.(?!(?:{_FILES})\b)(?:[a-z]{{2,24}}|[A-Z]{{2,24}})(?![\w.]\w)(?:/[^\s<>()]*)?"
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = r"(?<![\d.°])[^\W\d_][\w&.+#'/-]*"
_TOKEN = re.compile(_WORD)
_LINKING = frozenset(["of", "the", "de", "la", "von", "van", "der", "&"])
_COMPANY = re.compile(
    r"\b(?:inc|llc|ltd|limited|gmbh|corp|corporation|plc|s\.?a\.?r\.?l|ag|kg|bv|oy|ab|pvt|group|holdings?|bank"
    r"|university|universität|college|institute|consulting|technologies|labs|solutions|systems)\b\.?",
    re.IGNORECASE,
)
_EMPLOYED = re.compile(r"(?:\b(?:at|for|with|by|joined|joining|from|bei|chez|für|en|para|von|pour|to|formerly of)\s+(?:the\s+)?|\bex-)$", re.IGNORECASE)  # fmt: skip  # noqa: E501
# Behind these a word in small letters may name who employed: "at google", "bei siemens". What stands behind "for",
# "with" and "von" is a thing as often.
_AT = re.compile(
    r"(?=(?:(?<![^\W_])(?:at|for|bei|beim|für|chez|pour|en|para|joined|joining)\s+(?:the\s+)?|(?<![^\W_])[Ee]x-)"
    r"([a-zà-ÿ][\w&.-]{2,}|[A-Z][a-zà-ÿ]\w+(?=-)))"
)
# Companies whose name is an everyday word: in small letters they are that word.
_EVERYDAY_COMPANIES = words("everyday_companies")
_NO_NAMES, _OPENERS = words("no_names"), words("openers")
# German writes every noun with a capital; these alone say that who is named employs.
_EMPLOYED_IN_GERMAN = re.compile(r"(?:\b(?:bei|beim|at|chez)\s+(?:der\s+|the\s+)?|\bex-)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Name:
    """A proper name, and whether it stands where an employer or a school would."""

    text: str
    employer: bool


def urls_in(text: str) -> set[str]:
    return {_address(one) for one in URL.findall(EMAIL.sub(" ", readable(text)))}


def emails_in(text: str) -> set[str]:
    return {one.casefold().rstrip(".") for one in EMAIL.findall(readable(text))}


def _address(url: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", url.casefold()).rstrip("/.,;")


@remembered
def names_in(text: str, language: str = "en") -> tuple[Name, ...]:
    """Runs of capitalised words, but for the word that begins a sentence, and for the everyday nouns of German."""
    said = without_money(URL.sub(" ", EMAIL.sub(" ", readable(text))))
    found: list[Name] = []
    for sentence in re.split(r"(?<=[.!?;:])\s+|\s\|\s", said):
        # A letter may open in its own language and go on in that of the resume.
        found += _names_of(sentence, language_of(sentence, language))
    return tuple(found)


def employers_in_small(text: str, language: str) -> list[str]:
    """Words in small letters where an employer would stand, which are no everyday words; and well-known companies."""
    said = readable(text)
    found = []
    for match in _AT.finditer(said):
        word = match[1].strip(".-").removesuffix("'s")
        if word and not is_everyday(word, language) and not is_everyday(word, "en"):
            found.append(word)
    found += [
        one
        for one in re.findall(r"(?:(?<=ex-)|(?<=Ex-)|(?<![\w-]))[^\W\d_][\w'’-]*", said)
        if one.casefold().removesuffix("'s") in COMPANIES and one not in _EVERYDAY_COMPANIES
    ]
    return list(dict.fromkeys(found))


def _names_of(sentence: str, language: str) -> list[Name]:
    tokens = list(_TOKEN.finditer(sentence))
    found, at = [], 0
    while at < len(tokens):
        if not _is_name(tokens[at].group(), language, first=at == 0, followed=_capital(tokens, at + 1)):
            at += 1
            continue
        end = at + 1
        while end < len(tokens) and sentence[tokens[end - 1].end() : tokens[end].start()].strip() == "":
            if tokens[end].group() == "I":
                # At Northwind I built: who writes is no part of the name.
                break
            if language == "de" and _is_noun(tokens[end].group()):
                break
            if tokens[end].group()[0].isupper():
                end += 1
            elif tokens[end].group().casefold() in _LINKING and _capital(tokens, end + 1):
                end += 2
            else:
                break
        name = sentence[tokens[at].start() : tokens[end - 1].end()].rstrip(".'")
        before = sentence[: tokens[at].start()]
        employed = _EMPLOYED_IN_GERMAN if language == "de" else _EMPLOYED
        found.append(Name(name, bool(employed.search(before) or _COMPANY.search(name))))
        at = end
    return found


def _capital(tokens: list[re.Match[str]], at: int) -> bool:
    return at < len(tokens) and tokens[at].group()[0].isupper()


# What such a word means is told by its ending: Renovación, Neueindeckung.
_ABSTRACT = {
    "en": re.compile(r"(?:tion|sion|ment|ness|ity|ance|ence|ship)s?$"),
    "de": re.compile(r"(?:[^s]ung|heit|keit|schaft|tion|ität)(?:en)?$"),
    "fr": re.compile(r"(?:tion|sion|ment|ance|ence|age|ité)s?$"),
    "es": re.compile(r"(?:ción|sión|miento|dad|encia|ancia|aje)(?:s|es)?$"),
}


def _is_noun(word: str) -> bool:
    """Whether a capital means nothing: a German noun, alone or in a word with a hyphen."""
    if _COMPANY.fullmatch(word) or word.casefold() in COMPANIES:
        return False
    return is_everyday(word, "de") or bool(word[1:].islower() and _ABSTRACT["de"].search(word))


def _is_name(word: str, language: str, *, first: bool, followed: bool) -> bool:
    if not word[0].isupper() or word.casefold().rstrip(".") in _NO_NAMES or (language == "de" and _is_noun(word)):
        return False
    if not first:
        return True
    if word.casefold() in _OPENERS or numbers_in(word):
        return False
    # "Built the API" begins with a verb; "AWS migration", "GitLab at work" and "Northwind Traders" with a name.
    small = word.casefold()
    if any(one.isupper() for one in word[1:]) or (
        followed and language == "en" and not small.endswith(("ed", "ing", "lt", "de", "ght", "ept", "ent", "ote"))
    ):
        return True
    # What no list of the language has is no verb that opens a sentence.
    return (
        not small.endswith(("ed", "ing"))
        and not _ABSTRACT[language].search(small)
        and not any(is_everyday(small, one) for one in (language, "en"))
        and not is_form(small, language)
    )
