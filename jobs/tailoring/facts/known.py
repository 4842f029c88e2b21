"""Whether evidence states an amount, a date, a skill, a name, in whatever form."""

from __future__ import annotations

import re
from decimal import Decimal

from jobs.tailoring.facts.amounts import same
from jobs.tailoring.facts.everyday import COMPANIES
from jobs.tailoring.facts.everyday import is_everyday as is_everyday_word
from jobs.tailoring.facts.normalise import alike, folded, plain, readable, stem, unmarked
from jobs.tailoring.facts.numbers import Number
from jobs.tailoring.facts.source import Facts
from jobs.tailoring.facts.words import PEOPLES, REGIONS, SYNONYMS, words

_EVERYDAY, _AMBIGUOUS, _OPENERS = words("everyday_skills"), words("ambiguous_skills"), words("openers")
# Turns in which the name of a skill is none.
_IDIOMS = ("on board", "across the board", "en vue de", "en vue d'")
_FEW = range(3, 8)
_LONG = 20


def has_number(claim: Number, scope: Facts, lines: Facts | None = None) -> bool:
    """Whether the scope states an amount; `lines` is the part of it that heads are no part of."""
    if any(supports(known, claim) for known in scope.numbers) or _is_said_otherwise(claim, scope):
        return True
    # One of something is "a" of it.
    if claim.value == 1 and claim.unit == "" and not claim.more:
        return True
    # What was read as a year may be a number: 2000 of one, 2,000 of the other. A year at the head of a job is none.
    bare = claim.unit == "" and claim.value == claim.value.to_integral_value()
    return bare and any(f"{int(claim.value):04d}" == written for _, written in (lines or scope).dates)


def _is_said_otherwise(claim: Number, scope: Facts) -> bool:
    if claim.unit == "vague" and scope.says(claim.written):
        return True
    if not claim.more and any(same(known, claim) for known in scope.implied):
        return True
    if claim.value == 0 and not claim.unit:
        return bool(_NONE.search(scope.plain))
    # One in two is a half of them.
    return _is_out_of(claim) and any(_percent(one) == round(100 / claim.value, 2) for one in scope.numbers)


_NONE = re.compile(
    r"(?<![^\W_])(?:no|none|not|never|without|nil|kein\w*|nie|ohne|aucune?|jamais|sans|pas|ning[uú]n[oa]?|nunca|sin)"
    r"(?![^\W_])"
)


def _is_out_of(claim: Number) -> bool:
    """Whether a number is what one is out of: one in five, une machine sur deux."""
    if claim.unit or not claim.value or not claim.before:
        return False
    return claim.before[-1] in ("sur", "cada") or claim.before[-2:] in (("one", "in"), ("1", "in"), ("out", "of"))


def _percent(known: Number) -> Decimal | None:
    return {"%": round(known.value, 2), "x": round(known.value * 100, 2)}.get(known.unit)


def counts_list(claim: Number, text: str) -> bool:
    """Whether a number says how many things are named after it: in three languages: Dutch, English and German."""
    listed = re.search(rf"{re.escape(claim.written)}\s[^:.;,()]{{1,40}}[:,(]\s*([^:.;()]+)", plain(text))
    if listed is None or claim.unit:
        return False
    named = [one for one in _LISTED.split(listed[1].strip()) if one]
    return len(named) == claim.value and not any(one.isdigit() for one in named)


_LISTED = re.compile(r",\s*(?:(?:and|und|et|y|e)\s+)?|\s+(?:and|&|und|et|y|e)\s+")


def supports(  # noqa: PLR0911  one kind of amount after another
    known: Number, claim: Number
) -> bool:
    """Whether a known amount answers for a claimed one."""
    if claim.unit == "vague":
        if known.unit == "vague":
            return known.value == claim.value
        return known.unit == "" and known.value >= 2 * claim.value
    if claim.unit == "few":
        return known.unit == "few" or (known.unit == "" and known.value in _FEW)
    if claim.unit == "decades":
        years = known.value * (10 if known.unit == "decade" else 1)
        return known.unit == "decades" or (known.unit in ("year", "decade") and years >= _LONG)
    if known.unit == claim.unit == "%" and (_is_endless(known.value) or _is_endless(claim.value)):
        # A third is 33 percent.
        return abs(known.value - claim.value) < 1 and (known.more or not claim.more)
    if {known.unit, claim.unit} == {"x", "%"}:
        # Halved is by 50 percent.
        half = {known.value, claim.value} == {Decimal("0.5"), Decimal(50)}
        return half and (known.more or not claim.more)
    if claim.more and not known.more:
        return False
    if same(known, claim):
        return True
    return known.value == claim.value and claim.unit == "" and known.unit not in ("%", "x", "vague", "few", "decades")


def _is_endless(value: Decimal) -> bool:
    return value != round(value, 6)


_SEASONS = re.compile(
    r"\b(?:spring|summer|autumn|fall|winter|frühjahr|frühling|sommer|herbst|printemps|été|automne|hiver|primavera|verano"
    r"|otoño|invierno)\b"
)


def has_date(iso: str, scope: Facts, written: str = "") -> bool:
    if any(known == iso or known[:4] == iso for known, _ in scope.dates):
        return True
    season = _SEASONS.search(plain(written))
    if season and season.group() in scope.words and any(known[:4] == iso[:4] for known, _ in scope.dates):
        # In the spring of 2021.
        return True
    return len(iso) == 4 and any(number.value == int(iso) for number in scope.numbers)


def worded(phrase: str, scope: Facts) -> bool:
    """Whether all words of a phrase stand in the text: skills that are everyday words may stand in another order."""
    words = [word for word in re.split(r"[\s/-]+", plain(phrase)) if word]
    return bool(words) and all(
        word in scope.words
        or (len(word) > _SHORTEST_PLURAL and word.removesuffix("s") in scope.words)
        or stem(word) in scope.stems
        or _is_synonym(word, scope)
        or _is_gerund(word, scope)
        or (phrase[1:].islower() and len(words) > 1 and _has_form(word, scope))
        for word in words
    )


def _is_synonym(word: str, scope: Facts) -> bool:
    return word in SYNONYMS and any(SYNONYMS.get(one) == SYNONYMS[word] for one in scope.words)


_SHORTEST_PLURAL = 3


def _is_gerund(word: str, scope: Facts) -> bool:
    """Whether the text has the verb: filing and file, typing and typed."""
    base = word.removesuffix("ing")
    return base != word and len(base) > 2 and any(f"{base}{end}" in scope.words for end in ("", "e", "es", "ed", "s"))


# Analysis and analyse; of fewer letters than these two names begin alike, as PostGIS and PostgreSQL.
_ALIKE_FROM = 6


def _has_form(word: str, scope: Facts) -> bool:
    return len(word) > _ALIKE_FROM and any(one[:_ALIKE_FROM] == word[:_ALIKE_FROM] for one in scope.words)


def is_known(name: str, scope: Facts) -> bool:
    """Whether a name stands in the text, in whatever form: its words in another order, its initials, its people."""
    if scope.says(name):
        return True
    words = [word.strip(".,'-") for word in re.split(r"[\s/]+", readable(name)) if word.strip(".,'-")]
    for initials in ("".join(word[0] for word in words), "".join(word[0] for word in words if word[0].isupper())):
        if len(initials) > 1 and initials.casefold() in scope.words:
            return True
    return bool(words) and all(_known_word(word, scope) for word in words)


def _known_word(word: str, scope: Facts) -> bool:
    small = word.casefold().removesuffix("'s").removesuffix("'")
    if {small, f"{small}s"} & scope.words or stem(small) in scope.stems or _inflected(folded(small), scope):
        return True
    return _is_synonym(small, scope) or _is_put_together(small, scope) or _is_of_there(word, small, scope)


def _is_put_together(small: str, scope: Facts) -> bool:
    """Whether the parts of a word are known: Abbundanlage of Abbund and Anlage, DFG-Mittel of the DFG."""
    parts = [part for part in re.split(r"[-&]", small) if part]
    if len(parts) > 1 and all(
        part in _OPENERS or _known_word(part, scope) or (at and is_everyday_word(part, "de"))
        for at, part in enumerate(parts)
    ):
        return True
    return any(_known_part(small[:cut], scope) and _known_part(small[cut:], scope) for cut in range(4, len(small) - 3))


def _is_of_there(word: str, small: str, scope: Facts) -> bool:
    """Whether a word is of a country or a region of the text, or the initials of what the text says."""
    region = REGIONS.get(small)
    if region and any(REGIONS.get(one) == region for one in scope.words):
        return True
    country = PEOPLES.get(small)
    if country in scope.words or any(PEOPLES.get(one) in (small, country) for one in scope.words if one in PEOPLES):
        return True
    letters = word.removesuffix("s")
    if letters.isupper() and 2 <= len(letters) <= 5:
        # HR of "human resources", BI of "business intelligence"
        if len(letters) > 2 and any(_is_inside(letters.casefold(), one) for one in scope.words):
            return True
        return letters.casefold() in scope.words or bool(
            re.search(rf"\b{_BETWEEN.join(map(re.escape, folded(letters)))}\w*", unmarked(scope.plain))
        )
    return False


# Longer ones are no words, and would be looked through for long.
_LONGEST_WORD = 60


def _is_inside(letters: str, word: str) -> bool:
    """Whether initials are those of the parts of one long word: UVA of Umsatzsteuervoranmeldung."""
    return 4 * len(letters) <= len(word) <= _LONGEST_WORD and bool(
        re.match(r"\w{2,}".join(map(re.escape, letters)), word)
    )


# What may stand between the words of initials: úlceras por presión, plan de reprise d'activité.
_BETWEEN = (
    r"\w*[\s-]+(?:(?:of|and|for|the|in|&|der|die|das|und|fur|von|im|de|du|des|la|le|les|et|a|au|aux|pour|en|del|los|las|el"
    r"|y|por|para)\s+|[ld]')*"
)


def _known_part(part: str, scope: Facts) -> bool:
    return part in scope.words or part.removesuffix("s") in scope.words


# A name in another case or number: Ölgemälden, Mandate. What is longer by more is another word.
_SHORTEST_NAME, _LONGEST_ENDING = 5, 2


def _inflected(word: str, scope: Facts) -> bool:
    return any(
        min(len(word), len(one)) >= _SHORTEST_NAME
        and abs(len(word) - len(one)) <= _LONGEST_ENDING
        and (word.startswith(one) or one.startswith(word))
        for one in map(folded, scope.words)
    )


_INSIDE = frozenset(("a", "an", "the", "to", "of", "for", "with", "in", "on"))


def is_description(written: str) -> bool:
    """Whether the name of a skill tells of work in a sentence, such as supervise a team: it names no product."""
    return len(written.split()) > 2 and bool(set(written.split()[1:-1]) & _INSIDE)


def is_common(written: str) -> bool:
    """Whether the name of a skill is a word of every day as it is written: proportion, recovery."""
    words = plain(written).split()
    if len(words) > 1:
        return written[1:].islower() and all(is_everyday_word(word, "en") for word in words)
    return written.islower() and words[0] not in _AMBIGUOUS and is_everyday_word(words[0], "en")


def is_noun_of(name: str, scope: Facts) -> bool:
    """Whether a single German word is a form of one of the text, or put together with it: its capital says nothing."""
    if not name.isalpha() or len(name) < _SHORTEST_NAME or name.casefold() in COMPANIES:
        return False
    return any(alike(name, one) for one in scope.words)


def names_work(phrase: str) -> bool:
    """Whether a phrase names a kind of work: reporting, technical writing."""
    return phrase.rpartition(" ")[2] in _EVERYDAY


def is_everyday(written: str, text: str, scope: Facts) -> bool:
    """Whether a skill's name is an everyday word here: the rest of the team is no interface, swift help no language."""
    word = plain(written)
    if names_work(word) or any(word in one.split() and one in plain(text) for one in _IDIOMS):
        return True
    if PEOPLES.get(word) in scope.words:
        # Spanish shops are shops in Spain; "in Spanish" is a language.
        return bool(
            re.search(rf"(?<!\bin )(?<!\bfluent )(?<!\bspeaks )\b{word}\s+(?!speak)(?:and\s+\w+\s+)?[a-z]", plain(text))
        )
    if word not in _AMBIGUOUS:
        return False
    said = readable(text)
    # "Go over the papers" begins with a verb, "Go, Rust" with a language.
    opens = said.startswith(f"{written} ") and said[len(written) + 1].islower()
    if written != word and not opens:
        return False
    # "services in rust", "kafka, spark and hive"
    after = r"(?:$|[,.;:/&+)]|(?:and|or|on|for|to)\b)"
    before = r"(?:\b(?:in|using|with|via|and|of|by|on)|[,/&+])"
    return not re.search(rf"{before}\s+{re.escape(word)}\s*{after}", said)


def is_skill(name: str, said: Facts) -> bool:
    return any(plain(name) in plain(skill.written) or plain(skill.written) == plain(name) for skill in said.skills)
