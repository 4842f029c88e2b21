"""The people, firms, schools, dates and sentences that made-up resumes are put together from."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from candidates.resumes.parse.gazetteers import DATA, family_names, given_names
from candidates.resumes.skills.lists import load, phrases
from candidates.resumes.skills.normalise import own_rows, titles

LISTS = load(DATA / "synthetic.toml")
MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July")
MONTHS += ("August", "September", "October", "November", "December")


@dataclass(frozen=True, slots=True)
class Job:
    """One made-up position."""

    title: str
    firm: str
    city: str
    dates: str
    bullets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class School:
    """One made-up course of study."""

    degree: str
    name: str
    city: str
    year: str


class World:
    """Draws people, firms and dates; one seed makes one world."""

    def __init__(self, random: Random):
        self.random = random
        self._lists = {name: phrases(text) for name, text in LISTS.items() if isinstance(text, str)}
        self._given, self._family = sorted(given_names()), sorted(family_names())
        self._titles = sorted(key for key in titles().by_key if 1 < len(key.split()) < 5 and key.isascii())
        soft = set(phrases(LISTS["soft"]))
        self._skills = [name for row in own_rows() for name in row[:2] if row[0] not in soft]

    def one(self, name: str) -> str:
        return self.random.choice(self._lists[name])

    def end(self) -> str:
        return str(self.random.choice(LISTS["firm_ends"]))

    def name(self) -> str:
        given, family = self.random.choice(self._given).title(), self.random.choice(self._family).title()
        middle = self.random.choice(
            [
                "",
                "",
                "",
                "",
                f" {self.random.choice('ABCDEFGHJKLMNPRSTV')}.",
                f" {self.random.choice(self._given).title()}",
            ]
        )
        if self.random.random() < 0.06:
            return f"{given} {family[0]}"
        return f"{given}{middle} {family}"

    def title(self) -> str:
        if self.random.random() < 0.45:
            return self.random.choice(self._titles).title()
        rank = self.random.choice(["", "", "", "", "Senior ", "Sr. ", "Junior ", "Lead "])
        return rank + self.one("titles")

    def firm(self) -> str:
        kind = self.random.random()
        if kind < 0.35:
            return self.one("firms")
        if kind < 0.7:
            return f"{self.one('firm_parts')} {self.one('firm_kinds')}{self.end()}"
        if kind < 0.9:
            return f"{self.random.choice(self._family).title()} {self.one('firm_kinds')}{self.end()}"
        return f"{self.random.choice(self._family).title()} & {self.random.choice(self._family).title()}{self.end()}"

    def school(self) -> str:
        place = self.one("cities").split(",")[0]
        family = self.random.choice(self._family).title()
        return str(self.random.choice(LISTS["school_forms"])).format(place=place, family=family)

    def skills(self, count: int) -> list[str]:
        return self.random.sample(self._skills, count)

    def soft(self, count: int) -> list[str]:
        return self.random.sample(self._lists["soft"], count)

    def bullet(self) -> str:
        text = f"{self.one('verbs')} {self.one('objects')}"
        if self.random.random() < 0.3:
            text += f", {self.one('verbs').lower()} {self.one('objects')}"
        return text + self.random.choice([".", "", "."])

    def date(self, year: int, month: int, style: int) -> str:
        form = str(LISTS["date_forms"][style])
        name = MONTHS[month - 1]
        return form.format(month=name, short=name[:3], caps=name[:3].upper(), n=month, year=year, two=year % 100)

    def jobs(self, count: int) -> list[Job]:
        style = self.random.randrange(len(LISTS["date_forms"]))
        joint = self.random.choice([" - ", " to ", " – ", "-", " — ", " To ", "–"])
        year, month = self.random.randint(2012, 2024), self.random.randint(1, 12)
        jobs = []
        for at in range(count):
            end = self.date(year, month, style)
            if at == 0 and self.random.random() < 0.6:
                end = self.random.choice(LISTS["now_forms"])
            year, month = year - self.random.randint(1, 4), self.random.randint(1, 12)
            bullets = tuple(self.bullet() for _ in range(self.random.randint(1, 5)))
            jobs.append(
                Job(
                    self.title(),
                    self.firm(),
                    self.one("cities"),
                    f"{self.date(year, month, style)}{joint}{end}",
                    bullets,
                )
            )
        return jobs

    def studies(self, count: int) -> list[School]:
        result = []
        for _ in range(count):
            degree = self.one("degrees")
            if self.random.random() < 0.75:
                degree += self.random.choice([" in ", " in ", ", ", " (", " - ", " "]) + self.one("areas")
                degree += ")" if "(" in degree else ""
            year = self.random.randint(1985, 2024)
            form = self.random.choice(["{y}", "{y}", "{y}", "{b} - {y}", "{m} {y}", "{b}-{y}", "{b} to {y}", "{y}"])
            result.append(
                School(
                    degree,
                    self.school(),
                    self.one("cities"),
                    form.format(y=year, b=year - 3, m=self.random.choice(MONTHS)),
                )
            )
        return result
