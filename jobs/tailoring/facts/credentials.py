"""Degrees by level, honours, certificates and protected trades, as texts in four languages claim them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from jobs.tailoring.facts.everyday import LANGUAGES, is_everyday, is_form
from jobs.tailoring.facts.normalise import alike, plain, readable
from jobs.tailoring.facts.patterns import patterns, whole_words
from jobs.tailoring.facts.remembered import remembered
from jobs.tailoring.facts.words import lines, words

DEGREES = patterns("degrees")
# Names of credentials that stand for themselves.
_KNOWN_NAMES = re.compile(r"\b(" + "|".join(map(re.escape, sorted(words("known_credentials")))) + r")\b")
_AS_WRITTEN = re.compile(r"\b(" + "|".join(sorted(words("known_as_written"))) + r")\b")
_CERTIFYING = patterns("certifying")
_CERTIFIED = _CERTIFYING["certified"]
_CERTIFICATE = re.compile(
    r"(?<![^\W_])(?:certificat(?:e|ion|ions|es)?|zertifikat\w*|zertifizierung|certificados?|certificaci[óo]n|licen[cs]es?"
    r"|badge|brevet)(?![^\W_])|\b(?:black|green|yellow|white) belt\b"
)
_MANY = re.compile(r"\blicen[cs]es? applications?\b|^(?:certificates|certificats|zertifikate|certificados)\b")
# Registered with an association: whoever is may be called by it.
_REGISTERED = re.compile(
    r"(?<![^\W_])(?:registered|enregistrée?|inscrite?|registrad[oa]|inscrit[oa]|eingetragen|homologaci[óo]n|homologation)(?![^\W_])"
)
_PROTECTED = [whole_words([line]) for line in lines("protected")["names"]]
_WEAK = words("weak")
# Where the name of a certificate ends.
_STOP = words("ends_a_certificate")
_TOKEN = re.compile(r"[^\W_](?:[\w.+#&/'-]*[\w+#])?")
_MOST_WORDS = 4
# A heading says nothing of anybody.
_HEADING = re.compile(
    r"\W*(?:\w+ (?:and|&|und|et|y) )?(?:certificat(?:e|ion)s?|certificats|zertifikate|zertifizierungen|certificaciones"
    r"|certificados|licen[cs]es|patents?|patente|brevets|patentes|awards?|auszeichnungen)"
    r"(?: (?:and|&|und|et|y) \w+)?\W*"
)


# CFA francs are money.
_FRANCS = re.compile(r"\b(?:f|francs?) ?cfa\b", re.IGNORECASE)
# Whose degree it is that a thesis is for: that of who writes it.
_THESES = re.compile(
    r"\b(?:tesis|tfm|thes[ei]s|thèses?|mémoires?|trabajos?|projects?|students?|étudiant\w*|estudiantes|alumn\w+|studierende\w*)"
    r"\s(?:de |d'|of |in |en |im |in der )?$"
)


# Bachelorstudierende, Masterarbeiten.
_OF_STUDENTS = r"\b{}(?:and)?(?:stud|arbeit|thes|kandid)\w*"


def theses_of(text: str) -> set[str]:
    """The degrees of others that a text tells of: theses and students."""
    said = plain(text)
    found = {
        level for level, pattern in DEGREES.items() for match in pattern.finditer(said)
        if _THESES.search(said[: match.start()])
    }  # fmt: skip
    return found | {level for level in ("bachelor", "master", "doctor") if re.search(_OF_STUDENTS.format(level), said)}


@remembered
def degree_claims(text: str) -> tuple[tuple[str, str], ...]:
    """Each degree or honour that a text names: its level, and its words with the next one behind them."""
    said = plain(text)
    found = []
    for level, pattern in DEGREES.items():
        for match in pattern.finditer(said):
            behind = _TOKEN.match(said, match.end() + 1) if said[match.end() : match.end() + 1] == " " else None
            found.append((level, said[match.start() : behind.end() if behind else match.end()]))
    return tuple(found)


def degrees_in(text: str) -> set[str]:
    """The levels of the degrees that a text names: bachelor, master, mba, doctor, honours and so on."""
    return {level for level, _ in degree_claims(text)}


def named_credentials_in(text: str) -> list[str]:
    """Credentials whose name says it all: PMP, CISSP."""
    said = _FRANCS.sub(" ", readable(text))
    found = [match.group() for match in _KNOWN_NAMES.finditer(said.casefold())]
    return list(dict.fromkeys(found + [match.group().casefold() for match in _AS_WRITTEN.finditer(said)]))


def certified_in(text: str) -> list[tuple[str, list[str]]]:
    """What a text says to be certified: the words with those that name the certificate."""
    said = readable(text)
    small = said.casefold()
    if _HEADING.fullmatch(small):
        return []
    # A letter that casefolding writes as two, such as ß, would shift what is cut out.
    if len(small) != len(said):
        said = small
    spans = sorted(
        {match.span() for pattern in (_CERTIFIED, _CERTIFICATE) for match in pattern.finditer(small)}
    )  # fmt: skip
    found: list[tuple[str, list[str]]] = []
    reach = -1
    for start, end in spans:
        if start < reach:
            continue
        before = _before(said, start, noun=bool(_CERTIFICATE.fullmatch(small[start:end])))
        after, reach = _after(said, end)
        named = [one for one in (*before, *after) if one.casefold() not in _WEAK and not one.isdigit()]
        found.append((" ".join((*before, said[start:end], *after)).casefold(), [one.casefold() for one in named]))
    return found


def credentials_in(text: str) -> list[str]:
    """The credentials that a text claims, each in one case."""
    return list(dict.fromkeys([*named_credentials_in(text), *(said for said, _ in certified_in(text))]))


def _before(said: str, start: int, *, noun: bool) -> list[str]:
    """The name before a word of certifying: AWS Certified, a Kubernetes certificate."""
    found: list[str] = []
    tokens = list(_TOKEN.finditer(said[:start]))[-3:]
    at = start
    for token in reversed(tokens):
        if said[token.end() : at].strip(" -"):
            break
        word = token.group()
        if not (word[0].isupper() or (noun and not found and word.casefold() not in _STOP | _WEAK)):
            break
        # The first word of a sentence begins with a capital whatever it is.
        if token.start() == 0 and not _is_name_like(word):
            break
        found.insert(0, word)
        at = token.start()
    return found


def _is_name_like(word: str) -> bool:
    small = word.casefold()
    if sum(one.isupper() for one in word) > 1:
        return True
    # Soldador homologado: whose trade it is names no certificate.
    return not small.endswith(("ed", "s", "der", "die", "t", "a")) and not any(is_form(small, one) for one in LANGUAGES)


def _after(said: str, end: int) -> tuple[list[str], int]:
    found: list[str] = []
    at = end
    for token in _TOKEN.finditer(said, end):
        word = token.group()
        joint = said[at : token.start()]
        # A certificate ends at a stop, and at a word in small letters that no certificate has.
        if joint.strip(" -") or len(found) >= _MOST_WORDS or word.casefold() in _STOP:
            break
        if word.casefold() in ("and", "und", "et", "y") and not said[token.end() + 1 : token.end() + 2].isupper():
            break
        if word[0].islower() and word.endswith(("ing", "ed")) and not word.endswith("nursing"):
            break
        found.append(word)
        at = token.end()
    return found, at


def uncertified_in(
    text: str, *, certificates: Sequence[str], others: Sequence[str], lines: Sequence[str], titles: str = ""
) -> Iterator[str]:
    """What a text says to be certified and no line does: a line of a certificate, or one with a word of certifying."""
    stated = [*certificates, *(line for line in others if not degrees_in(line) and _certifies(line))]
    own = {token.group() for token in _TOKEN.finditer(plain(titles))}
    for said, named in certified_in(text):
        # The trade of who is certified, and for plural ones what follows besides, is no name of a certificate.
        names = [one for one in named if not (said.startswith(one) and one in own)]
        names = names[:1] if _MANY.search(said) else names
        # Of a line that tells of a certificate only what is a name needs to be known: the rest is told in other words.
        proper = [one for one in names if not any(is_everyday(one, each) or is_form(one, each) for each in LANGUAGES)]
        if not any(_names(line, names) for line in stated) and not any(
            _CERTIFICATE.search(said) and _certifies(line) and _names(line, proper) for line in lines
        ):
            yield said


@remembered
def _certifies(line: str) -> bool:
    said = plain(line)
    return bool(_CERTIFIED.search(said) or _CERTIFICATE.search(said) or _REGISTERED.search(said))


def _names(line: str, named: Sequence[str]) -> bool:
    """Whether a line says all that names a certificate; one without a name is any of them."""
    known = [token.group() for token in _TOKEN.finditer(plain(line))]
    # CAH of certificat d'aptitude à l'hyperbarie.
    begins = "".join(one[0] for one in (re.sub(r"^[ld]'", "", one) for one in named) if len(one) > 2)
    if len(begins) > 1 and any(f"{begun}{begins}" in known for begun in ("", "c", "z")):
        return True
    return all(any(alike(one, other) for other in known) for one in named)


def protected_in(text: str, *, known: str) -> Iterator[str]:
    """Trades that need a licence, patents and awards that a text names and the known one does not."""
    said, stated = plain(text), plain(known)
    if _HEADING.fullmatch(said):
        return
    every = [*_PROTECTED, *(pattern for kind, pattern in _CERTIFYING.items() if kind != "certified")]
    for pattern in every:
        match = pattern.search(said)
        if match and not pattern.search(stated):
            yield match.group()


def is_stated(credential: str, text: str) -> bool:
    """Whether a text says this name of a credential."""
    return bool(re.search(rf"(?<![^\W_]){re.escape(plain(credential))}(?![^\W_])", plain(text)))
