"""What the many are made of: names, places, and a few hundred resumes whose words were indexed once."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

from hrassist.ops.demo import files, sheet, txt
from hrassist.ops.demo.people import DATA, Person
from hrassist.ops.workload.copying import text

RESUMES = 320
# Once in fifty thousand people: what a search for a rare name finds.
RARE = ("Quartermaine", "Vyhnálek", "Szczepkowska", "Oyelaran", "Thistlewood", "Zubiaurre", "Featherstonehaugh")
RARE_EVERY = 50_000


@dataclass(frozen=True, slots=True)
class Country:
    """Where somebody may live; the columns are ready for COPY."""

    code: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    cities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A resume without its head: text, words with their places, and what a reader found in it, ready for COPY."""

    text: str
    words: str
    last_place: int
    headline: str
    summary: str
    parse: str
    concepts: str
    skills: str
    titles: str
    characters: int


@cache
def countries() -> tuple[Country, ...]:
    found = tomllib.loads((DATA / "countries.toml").read_text(encoding="utf-8"))["country"]
    return tuple(
        Country(
            one["code"], tuple(one["first"]), tuple(one["last"]), tuple(city.split(",")[0] for city in one["cities"])
        )
        for one in found
    )


@cache
def ascii_of(name: str) -> str:
    """A name as it stands in addresses."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter if letter.isalnum() else "-" for letter in plain)


def bodies(*, seed: int) -> list[Body]:
    """The pool of resumes of this seed."""
    people = files.plan(RESUMES, seed=seed)
    texts = [_without_head(person) for person in people]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (to_tsvector('simple', body) || to_tsvector('english', body))::text,
                   to_tsvector('simple', titles)::text
            FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS pool (body, titles, place) ORDER BY place
            """,
            [texts, [" . ".join(one.title for one in person.positions) for person in people]],
        )
        indexed = cursor.fetchall()
    return [
        _body(person, said, words=words, titles=titles)
        for person, said, (words, titles) in zip(people, texts, indexed, strict=True)
    ]


def _without_head(person: Person) -> str:
    shown = sheet.of(person) | {"name": "", "emails": [], "phone": "", "links": []}
    return txt.write(shown, layout="capitals").decode().strip()


def _body(person: Person, said: str, *, words: str, titles: str) -> Body:
    skills = sorted({skill.lower() for skill in person.skills})
    return Body(
        text=text(said),
        words=text(words),
        last_place=2 * len(said.split()) + 2,
        headline=text(person.headline),
        summary=text(person.summary),
        parse=text(json.dumps(_json_resume(person), ensure_ascii=False)),
        concepts=text(json.dumps([f"hrassist:skill/{skill.replace(' ', '-')}" for skill in skills])),
        skills=text("{" + ",".join(f'"{skill}"' for skill in skills) + "}"),
        titles=text(titles),
        characters=len(said),
    )


def _json_resume(person: Person) -> dict[str, Any]:
    return {
        "basics": {"label": person.headline, "summary": person.summary},
        "work": [
            {"name": one.employer, "position": one.title, "location": one.city, "startDate": _month(one.start)}
            | ({"endDate": _month(one.end)} if one.end is not None else {})
            for one in person.positions
        ],
        "education": [
            {"institution": one.school, "studyType": one.degree, "endDate": str(one.end_year)} for one in person.studies
        ],
        "skills": [{"name": skill} for skill in person.skills],
        "languages": [{"language": language, "fluency": level} for language, level in person.languages],
    }


def _month(at: int) -> str:
    return f"{at // 12}-{at % 12 + 1:02d}"
