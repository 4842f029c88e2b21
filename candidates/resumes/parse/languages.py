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
# The same in German, French and Spanish, where resumes in these languages name them.
ELSEWHERE = (
    "Französisch|Spanisch|Italienisch|Portugiesisch|Niederländisch|Russisch|Arabisch|Chinesisch|Japanisch|Koreanisch"
    "|Polnisch|Tschechisch|Slowakisch|Ungarisch|Rumänisch|Bulgarisch|Griechisch|Türkisch|Hebräisch|Persisch|Schwedisch"
    "|Norwegisch|Dänisch|Finnisch|Ukrainisch|Serbisch|Kroatisch|Slowenisch|Albanisch|Kurdisch|Latein"
    "|Anglais|Allemand|Espagnol|Italien|Portugais|Néerlandais|Russe|Arabe|Chinois|Japonais|Coréen|Polonais|Tchèque"
    "|Hongrois|Roumain|Bulgare|Grec|Turc|Suédois|Norvégien|Danois|Finnois|Ukrainien"
    "|Castellano|Inglés|Francés|Alemán|Portugués|Neerlandés|Holandés|Ruso|Árabe|Chino|Japonés|Coreano|Polaco|Checo"
    "|Húngaro|Rumano|Búlgaro|Griego|Turco|Sueco|Noruego|Danés|Finés|Ucraniano|Catalán|Gallego|Euskera|Valenciano"
)
_LANGUAGE = re.compile(rf"\b(?:{NAMES}|{ELSEWHERE})\b", re.IGNORECASE)
_FLUENCY = re.compile(
    r"native|mother tongue|bilingual|fluent|proficient|professional(?: working)?(?: proficiency)?|advanced"
    r"|intermediate|conversational|basic|beginner|elementary|limited|[ABC][12]\b"
    r"|\b(?:muttersprach(?:e|lich|ler(?:in)?|niveau)|fließend|fliessend|verhandlungssicher|konversationssicher"
    r"|(?:sehr )?gute? ?(?:kenntnisse|in wort und schrift)?|grundkenntnisse|fortgeschritten|anfänger"
    r"|langue maternelle|maternelle|bilingue|courant|courante|couramment|intermédiaire|avancée?|notions|scolaire"
    r"|débutante?|lu,? (?:parlé,? )?(?:et )?écrit|nativ[oa]|lengua materna|matern[oa]|bilingüe|fluid[oa]|con fluidez"
    r"|avanzado|intermedio|básico|nivel (?:alto|medio|bajo)|principiante)\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:fluent|bilingual|speak|speaks|languages?|native|proficient in|mother tongue|spoken|written"
    r"|sprachen|sprachkenntnisse|muttersprache|fließend|langues|langue maternelle|idiomas|lengua materna)\b",
    re.IGNORECASE,
)
# What parts a language from how well it is spoken, where both stand together: "German (B2)", "Anglais : courant".
_BESIDE = re.compile(r" ?(?:[(:–—-]|,(?= ?[ABC][12]\b))? ?(?:level |niveau |nivel )?", re.IGNORECASE)
_END = re.compile(r" ?[)\]]")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language with its span, and how well it is spoken where that is said beside it."""

    start: int
    end: int
    language: str
    fluency: str
    confidence: float


def find_languages(reading: Reading) -> list[Spoken]:
    """Languages of the languages section, and elsewhere where the words say that they are spoken, or how well."""
    found: dict[str, Spoken] = {}
    for number, line in enumerate(reading.lines):
        section = reading.line_kinds[number] == "languages"
        names = list(_LANGUAGE.finditer(line.text))
        if not names:
            continue
        said = section or _SAID.search(line.text) is not None
        if said and not section and re.search(r"program", line.text, re.IGNORECASE) and len(names) < 2:
            said = False
        for match in names:
            if not said and not _level_end(line.text, match.end()):
                continue
            after = _FLUENCY.search(line.text, match.end(), match.end() + 30)
            fluency = after.group() if after and not _LANGUAGE.search(line.text[match.end() : after.start()]) else ""
            name = match.group().title()
            found.setdefault(
                name,
                Spoken(
                    line.start + match.start(), line.start + match.end(), name, fluency.strip(),
                    0.95 if section else 0.75,
                ),
            )  # fmt: skip
    return list(found.values())


def levelled(reading: Reading) -> list[tuple[int, int]]:
    """Where a language stands with how well it is spoken, bracket included: such a line names no skill of a trade."""
    return [
        (line.start + match.start(), line.start + end)
        for line in reading.lines
        for match in _LANGUAGE.finditer(line.text)
        if (end := _level_end(line.text, match.end()))
    ]


def _level_end(text: str, at: int) -> int:
    """Where the level ends that stands right behind a language, or 0 where none does."""
    beside = _BESIDE.match(text, at)
    level = _FLUENCY.match(text, beside.end() if beside else at)
    if level is None or (level.start() == at and level.group()):
        return 0
    closing = _END.match(text, level.end())
    return closing.end() if closing else level.end()
