"""Invented people with coherent careers, the same for the same seed; what is true of them is known by construction."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import phonenumbers

DATA = Path(__file__).parent / "data"
# The resumes were "written" on one day, so that the same seed gives the same bytes for ever.
WRITTEN = date(2026, 9, 1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Position:
    """One employment; `start` and `end` count months as year * 12 + month - 1, `end` is None while it lasts."""

    title: str
    employer: str
    city: str
    start: int
    end: int | None
    achievements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """One degree and the school and years it comes from."""

    degree: str
    school: str
    start_year: int
    end_year: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person as their resume shows them; `level` is 0 (entry) to 3 (leads others), `phone` as they write it."""

    number: int
    name: str
    field: str
    level: int
    headline: str
    emails: tuple[str, ...]
    phone: str
    phone_e164: str
    city: str
    country: str
    links: tuple[str, ...]
    summary: str
    positions: tuple[Position, ...]
    studies: tuple[Study, ...]
    skills: tuple[str, ...]
    languages: tuple[tuple[str, str], ...]
    certificates: tuple[str, ...]
    date_style: int

    @property
    def location(self) -> str:
        return f"{self.city}, {self.country}"

    def dates(self, position: Position) -> str:
        """The period of a position in the style this person writes dates."""
        return f"{self._month(position.start)} {self._dash()} {self._month(position.end)}"

    def years(self, study: Study) -> str:
        return f"{study.start_year} {self._dash()} {study.end_year}"

    def truth(self) -> dict[str, Any]:
        """What a perfect reader would find in this person's file."""
        return {
            "name": self.name,
            "emails": list(self.emails),
            "phone": self.phone_e164,
            "location": self.location,
            "titles": [position.title for position in self.positions],
            "employers": [position.employer for position in self.positions],
            "periods": [self.dates(position) for position in self.positions],
            "schools": [study.school for study in self.studies],
            "degrees": [study.degree for study in self.studies],
            "graduation_years": [str(study.end_year) for study in self.studies],
            "skills": list(self.skills),
            "field": self.field,
            "level": self.level,
        }

    def _dash(self) -> str:
        return ("–", "-", "to", "—")[self.date_style % 4]

    def _month(self, at: int | None) -> str:
        if at is None:
            return ("Present", "present", "Present", "Current")[self.date_style % 4]
        year, month = divmod(at, 12)
        return (
            f"{MONTHS[month]} {year}",
            f"{month + 1:02d}/{year}",
            f"{LONG_MONTHS[month]} {year}",
            f"{year}-{month + 1:02d}",
        )[self.date_style % 4]


@cache
def fields() -> dict[str, dict[str, Any]]:
    return tomllib.loads((DATA / "fields.toml").read_text(encoding="utf-8"))


@cache
def countries() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((DATA / "countries.toml").read_text(encoding="utf-8"))["country"]
    return found


@cache
def employer_names() -> list[str]:
    found: list[str] = tomllib.loads((DATA / "employers.toml").read_text(encoding="utf-8"))["first"]
    return found


def invent(count: int, *, seed: int = 1) -> list[Person]:
    """`count` people with distinct names and addresses, spread evenly over fields and countries.

    Raises ValueError when the name lists do not hold that many different names.
    """
    room = sum(len(country["first"]) * len(country["last"]) for country in countries())
    if count > room // 2:
        raise ValueError(f"{count} people are more than the name lists can tell apart; ask for {room // 2} at most.")
    taken: set[str] = set()
    return [_invent_one(number, seed=seed, taken=taken) for number in range(count)]


def _invent_one(number: int, *, seed: int, taken: set[str]) -> Person:
    rng = Random(f"{seed}:{number}")  # noqa: S311 - repeatable demo data, no secret
    field = list(fields())[number % len(fields())]
    words = fields()[field]
    country = countries()[(number * 7 + number // len(fields())) % len(countries())]
    name = _name(rng, country=country, taken=taken)
    level = rng.choice((0, 1, 1, 2, 2, 3))
    positions = _career(rng, words=words, country=country, level=level)
    city = rng.choice(country["cities"])
    skills = _skills(rng, words=words, level=level)
    phone, e164 = _phone(rng, country=country)
    return Person(
        number=number,
        name=name,
        field=field,
        level=level,
        headline=positions[0].title,
        emails=_emails(rng, name=name, number=number),
        phone=phone,
        phone_e164=e164,
        city=city,
        country=country["name"],
        links=_links(rng, name=name, number=number, field=field),
        summary=rng.choice(words["summaries"]).format(skill=skills[0]) + " " + _experience(positions, level=level),
        positions=positions,
        studies=_studies(rng, words=words, country=country, first_month=positions[-1].start, level=level),
        skills=skills,
        languages=_languages(rng, country=country),
        certificates=tuple(words["certificates"][: rng.choice((0, 1, 1, 2))]),
        date_style=rng.randrange(4),
    )


def _name(rng: Random, *, country: dict[str, Any], taken: set[str]) -> str:
    while True:
        name = f"{rng.choice(country['first'])} {rng.choice(country['last'])}"
        if name not in taken:
            taken.add(name)
            return name


def ascii_slug(name: str) -> str:
    """Lower-case ASCII words joined by dots: "Łukasz Dąbrowski" gives "lukasz.dabrowski"."""
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L").replace("ı", "i"))
    letters = "".join(letter if letter.isascii() and letter.isalpha() else " " * letter.isspace() for letter in plain)
    return ".".join(letters.lower().split())


def _emails(rng: Random, *, name: str, number: int) -> tuple[str, ...]:
    slug = ascii_slug(name)
    # The domains are reserved for examples: no mail of a demo ever reaches a person.
    domain = rng.choice(("example.com", "example.org", "example.net", "mail.example.com"))
    local = rng.choice((slug, slug.replace(".", "_"), f"{slug}{number}", slug.replace(".", "")))
    first = f"{local}@{domain}"
    return (first, f"{slug}.{number}@work.example") if rng.random() < 0.08 else (first,)


def _phone(rng: Random, *, country: dict[str, Any]) -> tuple[str, str]:
    while True:
        pattern = rng.choice(country["mobile"])
        digits = "".join(str(rng.randrange(10)) if mark == "#" else mark for mark in pattern)
        number = phonenumbers.parse(digits, country["code"])
        if phonenumbers.is_valid_number(number):
            break
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    style = rng.random()
    if style < 0.6:
        return international, e164
    if style < 0.75:
        return e164, e164
    if style < 0.85:
        return international.replace(" ", "-"), e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL), e164


def _links(rng: Random, *, name: str, number: int, field: str) -> tuple[str, ...]:
    slug = ascii_slug(name).replace(".", "-")
    links = [f"https://www.linkedin.com/in/{slug}-demo{number}"] if rng.random() < 0.6 else []
    if field in {"software", "data"} and rng.random() < 0.7:
        links.append(f"https://github.com/{slug}-demo{number}")
    return tuple(links)


def _skills(rng: Random, *, words: dict[str, Any], level: int) -> tuple[str, ...]:
    known = rng.sample(words["skills"], k=min(len(words["skills"]), 4 + level + rng.randrange(2)))
    return (*known, *rng.sample(words["extras"], k=2 + level))


def _experience(positions: tuple[Position, ...], *, level: int) -> str:
    years = max(1, (_this_month() - positions[-1].start) // 12)
    return f"{years} years of experience." if level else f"{years}+ year of experience and eager to learn."


def _this_month() -> int:
    return WRITTEN.year * 12 + WRITTEN.month - 1


def _career(rng: Random, *, words: dict[str, Any], country: dict[str, Any], level: int) -> tuple[Position, ...]:
    """Positions, newest first; the level falls as we go back, and no two overlap."""
    months = rng.randint(*((14, 36), (40, 96), (96, 190), (144, 290))[level])
    until = _this_month() if rng.random() < 0.75 else _this_month() - rng.randint(1, 6)
    beginning, rank, at = until - months, level, until
    positions: list[Position] = []
    used: set[str] = set()
    while at - beginning > 8 and len(positions) < 6:
        length = rng.randint(14, 60)
        start = beginning if at - length - beginning < 12 else at - length
        employer = _employer(rng, words=words, used=used)
        positions.append(
            Position(
                title=rng.choice(words["titles"][rank]),
                employer=employer,
                city=rng.choice(country["cities"]),
                start=start,
                end=None if not positions and until == _this_month() else at,
                achievements=_achievements(rng, words=words, count=4 if not positions else rng.choice((2, 3))),
            )
        )
        at = start - rng.choice((0, 1, 1, 2, 4))
        rank = max(0, rank - rng.choice((0, 1, 1)))
    return tuple(positions)


def _employer(rng: Random, *, words: dict[str, Any], used: set[str]) -> str:
    while True:
        name = f"{rng.choice(employer_names())} {rng.choice(words['employers'])}"
        if name not in used:
            used.add(name)
            return name


def _achievements(rng: Random, *, words: dict[str, Any], count: int) -> tuple[str, ...]:
    return tuple(
        template.format(
            n=rng.randint(3, 24),
            big=f"{rng.randint(2, 95) * 100:,}",
            pct=f"{rng.randint(8, 62)}%",
            money=rng.choice(("$", "€", "£")) + f"{rng.randint(20, 900)},000",
            skill=rng.choice(words["skills"]),
        )
        for template in rng.sample(words["done"], k=count)
    )


def _studies(
    rng: Random, *, words: dict[str, Any], country: dict[str, Any], first_month: int, level: int
) -> tuple[Study, ...]:
    """Degrees, newest first; the last one ends before the first position begins."""
    ended = first_month // 12
    cities = [city.partition(",")[0] for city in country["cities"]]
    studies = []
    if level >= 2 and rng.random() < 0.6:
        school = rng.choice(words["schools"]).format(city=rng.choice(cities))
        studies.append(Study(rng.choice(words["masters"]), school, ended - 2, ended))
        ended -= 2
    school = rng.choice(words["schools"]).format(city=rng.choice(cities))
    studies.append(Study(rng.choice(words["degrees"]), school, ended - rng.choice((3, 4)), ended))
    return tuple(studies)


def _languages(rng: Random, *, country: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    native, *others = country["languages"]
    spoken = [(native, "Native")] + [(other, rng.choice(("Fluent", "Professional", "C1", "B2"))) for other in others]
    if rng.random() < 0.3:
        extra = rng.choice([one for one in ("French", "Spanish", "German", "Italian") if one not in {native, *others}])
        spoken.append((extra, rng.choice(("Basic", "B1", "Conversational"))))
    return tuple(spoken)
