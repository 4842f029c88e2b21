"""The languages a person says they speak."""

from __future__ import annotations

import re
from dataclasses import dataclass

from candidates.resumes.parse.tokens import Reading

NAMES = (
    "English|French|German|Spanish|Italian|Portuguese|Dutch|Russian|Arabic|Chinese|Mandarin|Cantonese|Japanese|Korean|Hindi|Bengali|Bangla|Tamil"
    "|Telugu|Kannada|Malayalam|Marathi|Gujarati|Punjabi|Urdu|Odia|Oriya|Assamese|Nepali|Sinhala|Konkani|Tulu|Sindhi|Sanskrit|Polish|Czech|Slovak"
    "|Hungarian|Romanian|Bulgarian|Greek|Turkish|Hebrew|Persian|Farsi|Swedish|Norwegian|Danish|Finnish|Icelandic|Ukrainian|Serbian|Croatian"
    "|Slovenian|Lithuanian|Latvian|Estonian|Thai|Vietnamese|Indonesian|Malay|Tagalog|Filipino|Swahili|Yoruba|Igbo|Hausa|Amharic|Afrikaans|Zulu"
    "|Catalan|Albanian|Armenian|Georgian|Kazakh|Uzbek|Pashto|Kurdish|Latin|Deutsch|Français|Español|Englisch|Italiano"
)
_LANGUAGE = re.compile(rf"\b(?:{NAMES})\b", re.IGNORECASE)
_FLUENCY = re.compile(
    r"native|mother tongue|bilingual|fluent|proficient|professional(?: working)?(?: proficiency)?|advanced"
    r"|intermediate|conversational|basic|beginner|elementary|limited|[ABC][12]\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:fluent|bilingual|speak|speaks|languages?|native|proficient in|mother tongue|spoken|written)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language with its span, and how well it is spoken where that is said beside it."""

    start: int
    end: int
    language: str
    fluency: str
    confidence: float


def find_languages(reading: Reading) -> list[Spoken]:
    """Languages of the languages section, and elsewhere only where the words say that they are spoken."""
    found: dict[str, Spoken] = {}
    for number, line in enumerate(reading.lines):
        section = reading.line_kinds[number] == "languages"
        names = list(_LANGUAGE.finditer(line.text))
        if not names or not (section or _SAID.search(line.text)):
            continue
        if not section and re.search(r"program", line.text, re.IGNORECASE) and len(names) < 2:
            continue
        for match in names:
            after = _FLUENCY.search(line.text, match.end(), match.end() + 30)
            fluency = after.group() if after and not _LANGUAGE.search(line.text[match.end() : after.start()]) else ""
            name = match.group().title()
            found.setdefault(
                name,
                Spoken(line.start + match.start(), line.start + match.end(), name, fluency, 0.95 if section else 0.75),
            )
    return list(found.values())
