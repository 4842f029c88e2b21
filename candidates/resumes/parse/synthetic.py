"""Made-up resumes with known labels, in many layouts: more forms than one labelled set has, for training the tagger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from candidates.resumes.parse.dataset import Labelled
from candidates.resumes.parse.synthetic_words import LISTS, Job, School, World


class Sheet:
    """Text being written, with labels kept for what is written under one."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.spans: list[tuple[int, int, str]] = []

    def put(self, text: str, label: str = "") -> None:
        if label and text:
            self.spans.append((self.length, self.length + len(text), label))
        self.parts.append(text)
        self.length += len(text)

    def fill(self, template: str, **values: tuple[str, str]) -> None:
        """Write a template in which {name} stands for (text, label)."""
        rest = template
        while "{" in rest:
            before, _, rest = rest.partition("{")
            name, _, rest = rest.partition("}")
            self.put(before)
            self.put(*values[name])
        self.put(rest)

    @property
    def text(self) -> str:
        return "".join(self.parts)


def _job(sheet: Sheet, job: Job, form: str, mark: str) -> None:
    since = job.dates.split(" ")[0]
    sheet.fill(
        form,
        title=(job.title, "TITLE"),
        firm=(job.firm, "EMPLOYER"),
        city=(job.city, "LOCATION"),
        dates=(job.dates, "EXPERIENCE"),
        since=(since, ""),
    )
    for bullet in job.bullets:
        sheet.put(f"{mark}{bullet}\n")


def _study(sheet: Sheet, study: School, form: str) -> None:
    sheet.fill(
        form,
        degree=(study.degree, "DEGREE"),
        school=(study.name, "SCHOOL"),
        city=(study.city, "LOCATION"),
        year=(study.year, "GRADUATION_YEAR"),
    )


def _experience(sheet: Sheet, world: World, jobs: list[Job]) -> None:
    sheet.put(world.one("experience_headings") + "\n")
    form, mark = world.random.choice(LISTS["job_forms"]), world.random.choice(["• ", "- ", "", "* ", "● ", "▪ ", "➢ "])
    gap = world.random.choice(["", "\n"])
    for job in jobs:
        _job(sheet, job, form, mark)
        sheet.put(gap)


def _education(sheet: Sheet, world: World) -> None:
    sheet.put(world.one("education_headings") + "\n")
    form = world.random.choice(LISTS["study_forms"])
    mark = world.random.choice(["", "", "• "])
    for study in world.studies(world.random.randint(1, 3)):
        sheet.put(mark)
        _study(sheet, study, form)


def _skills(sheet: Sheet, world: World) -> None:
    sheet.put(world.one("skills_headings") + "\n")
    items = [(s, "SKILL") for s in world.skills(world.random.randint(4, 16))]
    items += [(s, "SOFT_SKILL") for s in world.soft(world.random.choice([0, 0, 2, 4]))]
    form = world.random.randrange(5)
    if form == 0:
        for text, label in items:
            sheet.put("• ")
            sheet.put(text, label)
            sheet.put("\n")
    elif form == 1:
        for text, label in items:
            sheet.put(text, label)
            sheet.put(world.random.choice([" (Less than 1 year), ", " (2 years), ", " (10+ years), ", ", "]))
        sheet.put("\n")
    elif form == 2:
        for group in range(0, len(items), 4):
            sheet.put(
                world.random.choice(
                    [
                        "Languages",
                        "Tools",
                        "Databases",
                        "Operating Systems",
                        "Web Technologies",
                        "Others",
                        "Software",
                        "Frameworks",
                    ]
                )
                + ": "
            )
            _list(sheet, items[group : group + 4], ", ")
            sheet.put("\n")
    else:
        _list(sheet, items, world.random.choice([", ", " | ", " • ", "\n", "; ", " / ", ",\n"]))
        sheet.put("\n")


def _list(sheet: Sheet, items: list[tuple[str, str]], joint: str) -> None:
    for at, (text, label) in enumerate(items):
        sheet.put(joint if at else "")
        sheet.put(text, label)


def _summary(sheet: Sheet, world: World, title: str) -> None:
    sheet.put(world.one("summary_headings") + "\n")
    years = str(world.random.randint(2, 25))
    template = world.one("summaries")
    sheet.fill(
        template.replace("{years} years", "{span}").replace("{years}+ years", "{more}"),
        title=(title, "TITLE"),
        area=(world.one("areas"), ""),
        span=(f"{years} years", "EXPERIENCE"),
        more=(f"{years}+ years", "EXPERIENCE"),
    )
    sheet.put("\n")


def _head(sheet: Sheet, world: World, title: str, firm: str) -> None:
    random = world.random
    name = world.name()
    given, family = name.split()[0].lower(), name.split()[-1].lower()
    host = random.choice(["gmail.com", "yahoo.com", "example.org", "outlook.com"])
    values = {
        "name": (name.upper() if random.random() < 0.3 else name.lower() if random.random() < 0.04 else name, "NAME"),
        "title": (title, "TITLE"),
        "firm": (firm, "EMPLOYER"),
        "city": (world.one("cities"), "LOCATION"),
        "mail": (f"{given}{random.choice(['.', '_', ''])}{family}{random.choice(['', '88', '1'])}@{host}", ""),
        "phone": (random.choice(LISTS["phones"]) + str(random.randint(1000, 9999)), ""),
        "link": (f"indeed.com/r/{name.replace(' ', '-')}/{random.getrandbits(64):016x}", ""),
    }
    sheet.fill(random.choice(LISTS["head_forms"]), **values)


def _extras(sheet: Sheet, world: World) -> None:
    sheet.put(world.random.choice(LISTS["extras"]))


def _flatten(text: str, random: Random) -> str:
    """Now and then the whole resume on one line, as text pasted into a form."""
    return text.replace("\n", " ") if random.random() < 0.15 else text


def _widen(one: Labelled) -> Labelled:
    """Each line end becomes two spaces, as in text whose lines were joined by a converter; offsets move along."""
    shift, moved = 0, []
    for character in one.text:
        moved.append(shift)
        shift += 1 if character == "\n" else 0
    moved.append(shift)
    spans = tuple((s + moved[s], e + moved[e - 1], label) for s, e, label in one.spans)
    return Labelled(one.id, one.text.replace("\n", "  "), spans)


def make(count: int, *, seed: int) -> Iterator[Labelled]:
    """`count` labelled resumes, each in its own layout; the same seed gives the same resumes."""
    random = Random(seed)  # noqa: S311  # made-up people need no secrecy
    world = World(random)
    for number in range(count):
        yield _made(world, f"s{number:04d}")


def _made(world: World, name: str) -> Labelled:
    random, sheet = world.random, Sheet()
    jobs = world.jobs(random.randint(1, 5))
    title = jobs[0].title if random.random() < 0.6 else world.title()
    _head(sheet, world, title, jobs[0].firm)
    parts: list[Callable[[], None]] = [
        lambda: _experience(sheet, world, jobs),
        lambda: _education(sheet, world),
        lambda: _skills(sheet, world),
    ]
    if random.random() < 0.35:
        parts[0], parts[1] = parts[1], parts[0]
    if random.random() < 0.4:
        parts.insert(0, parts.pop())
    if random.random() < 0.6:
        parts.insert(0, lambda: _summary(sheet, world, title))
    parts.append(lambda: _extras(sheet, world))
    gap = random.choice(["\n", "\n", ""])
    for part in parts:
        part()
        sheet.put(gap)
    one = Labelled(name, _flatten(sheet.text, random), tuple(sheet.spans))
    return _widen(one) if random.random() < 0.4 else one
