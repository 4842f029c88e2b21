"""Made-up resumes with known labels, in many layouts, for training the tagger on more forms than one labelled set has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from candidates.resumes.parse.dataset import Labelled
from candidates.resumes.parse.synthetic_words import AREAS, SUMMARIES, Job, School, World


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


JOB_FORMS = (
    "{title}\n{firm} - {city}\n{dates}\n",
    "{title}\n\n{firm} -  {city} -\n\n{dates}\n\n",
    "{title}\n\n{firm}\n\n{dates}\n\n",
    "{firm}, {city}\n{title}\n{dates}\n",
    "{firm} {dates}\n{title} {city}\n",
    "{dates}\n{firm}\n{title}\n",
    "{dates} {title}\n{firm}, {city}\n",
    "{title} | {firm} | {dates}\n",
    "{title}, {firm}, {city}, {dates}\n",
    "{firm}\n{title}\n{dates} | {city}\n",
    "{firm} ({dates})\nDesignation: {title}\n",
    "{dates}: {title}, {firm}\n",
    "Organization: {firm}\nDesignation: {title}\nDuration: {dates}\n",
    "{title} at {firm}\n{dates}\n",
    "{city} {firm}\n{dates} {title}\n",
    "{firm}\n{city}\n{title}\n{dates}\n",
    "{title} {dates}\n{firm} {city}\n",
    "Company Name\n{dates} {title}\n{city}\n",
    "{dates}\n{title}\nCompany Name - {city}\n",
    "{firm} | {title}\n{dates} | {city}\n",
    "{title} - {firm}                {dates}\n",
    "Worked as {title} in {firm} from {dates}.\n",
    "Working as a {title} with {firm}, {city} since {since}\n",
    "{city}\n{dates}\n{firm}\n{title}\n",
    "{title}\n{city}\n{firm}\n{dates}\n",
    "Client: {firm} {dates}\nRole: {title}\nLocation: {city}\n",
)
STUDY_FORMS = (
    "{degree}\n{school}\n{year}\n",
    "{degree}\n\n{school} -  {city}\n\n{year}\n\n",
    "{degree}, {school}, {year}\n",
    "{school}, {city}\n{degree}\n{year}\n",
    "{school} {year}\n{degree}\n",
    "{year}\n{degree}\n{school}\n",
    "{year}: {degree}, {school}\n",
    "{degree} from {school} in {year}.\n",
    "{degree} | {school} | {year}\n",
    "{school}\n{degree} {year}\n",
    "{degree} : {school}, {city} ({year})\n",
    "{school}\n{city}\n{degree}\n{year}\n",
    "{degree}\n{year}\n{school} - {city}\nGPA: 3.7\n",
    "{degree}\n{school}, {city}\n",
    "Completed {degree} from {school} with 67% in {year}\n",
    "{school}\n{city}, {year}\n{degree}\nGPA 3.6/4.0\n",
)
EXPERIENCE = (
    "WORK EXPERIENCE",
    "Experience",
    "EXPERIENCE",
    "Work Experience",
    "PROFESSIONAL EXPERIENCE",
    "Professional Experience:",
    "Employment History",
    "WORK HISTORY",
    "Work History",
    "EMPLOYMENT",
    "Career History:",
)
EDUCATION = (
    "EDUCATION",
    "Education",
    "Education:",
    "ACADEMIC QUALIFICATIONS",
    "Education and Training",
    "Educational Qualifications:",
    "EDUCATIONAL BACKGROUND",
    "Academic Background",
)
SKILLS = (
    "SKILLS",
    "Skills",
    "Technical Skills",
    "TECHNICAL SKILLS:",
    "Core Competencies",
    "KEY SKILLS",
    "Skills:",
    "AREAS OF EXPERTISE",
    "Skill Set",
    "Computer Skills",
)
SUMMARY = (
    "SUMMARY",
    "Summary",
    "PROFESSIONAL SUMMARY",
    "Objective",
    "CAREER OBJECTIVE:",
    "Profile",
    "Executive Profile",
    "About me",
)


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
    sheet.put(world.random.choice(EXPERIENCE) + "\n")
    form, mark = world.random.choice(JOB_FORMS), world.random.choice(["• ", "- ", "", "* ", "● ", "▪ ", "➢ "])
    gap = world.random.choice(["", "\n"])
    for job in jobs:
        _job(sheet, job, form, mark)
        sheet.put(gap)


def _education(sheet: Sheet, world: World) -> None:
    sheet.put(world.random.choice(EDUCATION) + "\n")
    form = world.random.choice(STUDY_FORMS)
    mark = world.random.choice(["", "", "• "])
    for study in world.studies(world.random.randint(1, 3)):
        sheet.put(mark)
        _study(sheet, study, form)


def _skills(sheet: Sheet, world: World) -> None:
    sheet.put(world.random.choice(SKILLS) + "\n")
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
    sheet.put(world.random.choice(SUMMARY) + "\n")
    years = str(world.random.randint(2, 25))
    template = world.one(SUMMARIES)
    sheet.fill(template.replace("{years} years", "{span}").replace("{years}+ years", "{more}"), title=(title, "TITLE"), area=(world.one(AREAS), ""),
               span=(f"{years} years", "EXPERIENCE"), more=(f"{years}+ years", "EXPERIENCE"))  # fmt: skip
    sheet.put("\n")


def _head(sheet: Sheet, world: World, title: str, firm: str) -> None:
    random = world.random
    name = world.name()
    shown = name.upper() if random.random() < 0.3 else name.lower() if random.random() < 0.04 else name
    city = (
        world.one(
            "Pune, Maharashtra|Austin, TX|London|Dubai, UAE|Bengaluru|Toronto, Canada|Paris|Lagos, Nigeria|Noida|Mumbai|Berlin"
        )
        if random.random() < 0.5
        else world.jobs(1)[0].city
    )
    mail = (
        name.split()[0].lower()
        + random.choice([".", "_", ""])
        + name.split()[-1].lower()
        + random.choice(["", "88", "1"])
        + "@"
        + random.choice(["gmail.com", "yahoo.com", "example.org", "outlook.com"])
    )
    phone = random.choice(["+91 98", "+1 (212) 555-", "(555) 123-", "+971 50 ", "020 7946 ", "+44 20 7946 "]) + str(
        random.randint(1000, 9999)
    )
    form = random.choice((
        "{name}\n{city} - Email me on Indeed: {link}\n\n",
        "{name}\n{title} - {firm}\n\n{city} - Email me on Indeed: {link}\n\n",
        "{name}\n{title}\n{city} | {phone} | {mail}\n",
        "{name}\n{mail}\n{phone}\n{city}\n",
        "RESUME\n{name}\n{city}\nMobile: {phone}\nE-mail: {mail}\n",
        "CURRICULUM VITAE\n\nName: {name}\nAddress: {city}\nPhone: {phone}\nEmail: {mail}\n",
        "{title}\n",
        "{title}\n\n{name}\n{phone}\n{mail}\n",
        "{name}, {title}\n{city}\n{mail}\n",
        "{phone}\n{mail}\n{city}\n{name}\n{title}\n",
        "{name}                {phone}\n12 Main Street, {city}    {mail}\n",
        "{name}\n12 Hill Road, {city} 40012 • {phone} • {mail}\n",
        "{title} Resume Example\n{name}\n4 Oak Avenue\n{city}\n{phone}\n{mail}\n",
    ))  # fmt: skip
    sheet.fill(form, name=(shown, "NAME"), title=(title, "TITLE"), firm=(firm, "EMPLOYER"), city=(city, "LOCATION"), mail=(mail, ""), phone=(phone, ""),
               link=(f"indeed.com/r/{name.replace(' ', '-')}/{random.getrandbits(64):016x}", ""))  # fmt: skip


def _extras(sheet: Sheet, world: World) -> None:
    sheet.put(world.random.choice((
        "LANGUAGES\nEnglish, French, Hindi\n", "Hobbies\nReading, cricket and travelling\n", "REFERENCES\nAvailable on request.\n",
        "PERSONAL DETAILS\nDate of Birth: 12th March 1988\nMarital Status: Married\nNationality: Indian\n", "",
        "ADDITIONAL INFORMATION\nWilling to relocate: Anywhere\n", "Certifications\nCertified Scrum Master, 2016\n", "",
        "ACHIEVEMENTS\n• Employee of the month in June 2015\n", "PROJECTS\nLibrary Management System\nBuilt a web application for a library.\n",
        "Declaration\nI hereby declare that the above information is true to the best of my knowledge.\n",
    )))  # fmt: skip


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
        sheet = Sheet()
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
        one = Labelled(f"s{number:04d}", _flatten(sheet.text, random), tuple(sheet.spans))
        yield _widen(one) if random.random() < 0.4 else one
