"""make bench-facts: how much of what is invented the checker finds, and how often it is wrong about what is not.

Resumes and faithful paraphrases stand in facts_*.toml; each operator changes one fact of each paraphrase.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from jobs.tailoring.facts import Source

FOLDER = Path(__file__).parent
# What the checker was adjusted to, and what it was not: only the second says how good it is.
SEEN, SEEN_LATER, UNSEEN = "facts_seen.toml", "facts_seen_later.toml", "facts_unseen.toml"
RECALL, FALSE_ALARMS = 0.99, 0.02
ASKED = {"seniority"}
# What the resume states of another job: a person is asked, and where the line is one of a job it is blocked.
MOVED = {"employer of another job", "date of another job", "title of another job"}
NUMBER = re.compile(r"(?<![\w.,/])\d[\d,.]*\d|(?<![\w.,/])\d")


def _number(text: str, factor: float) -> str | None:
    match = NUMBER.search(text)
    if match is None or re.fullmatch(r"(?:19|20)\d\d|7671", match.group()):
        return None
    value = float(match.group().replace(",", "")) * factor
    written = f"{value:,.0f}" if value == int(value) else f"{value:.1f}"
    return text[: match.start()] + written + text[match.end() :]


def of_another_job(source: Source, evidence: str) -> dict[str, Callable[[str], str | None]]:
    """Facts of the resume itself, said of a job that they are not of."""
    own = source.skeleton.entry_of.get(evidence)
    here = f"{source.skeleton.label} {source.skeleton.spans[evidence]}"
    if own is not None:
        here += f" {own.position} {own.name} {own.start} {own.end}"

    def other(said: Callable[[Any], str]) -> str | None:
        found = [said(entry) for entry in source.skeleton.work if entry is not own]
        return next((one for one in found if one and one.casefold() not in here.casefold()), None)

    def put(form: str, said: str | None) -> Callable[[str], str | None]:
        return lambda text: form.format(text=text, said=said) if said else None

    return {
        "employer of another job": put("At {said}: {text}", other(lambda entry: entry.name)),
        "date of another job": put("{text} since {said}", other(lambda entry: entry.start[:4])),
        "title of another job": put(
            "As {said}: {text}", other(lambda entry: entry.position if " " in entry.position else "")
        ),
    }


def operators(whole: str) -> dict[str, Callable[[str], str | None]]:
    """Each with the paraphrase it makes wrong; None where it has nothing to change."""
    foreign = next(one for one in ("Rust", "Kafka", "Figma", "SAP", "COBOL") if one.lower() not in whole.lower())
    year = next(one for one in range(2003, 2012) if str(one) not in whole)
    degree = "a PhD in Economics"

    def unit(text: str) -> str | None:
        changed, count = re.subn(r"(?<![\w.,])(\d+)(?= [a-z])(?! per| to )", r"\1%", text, count=1)
        return changed if count else None

    return {
        "double a number": lambda text: _number(text, 2),
        "raise a number a little": lambda text: _number(text, 1.1),
        "number into percent": unit,
        "swap employer": lambda text: f"{text} at Initech",
        "shift a date": lambda text: f"{text} since {year}",
        "raise a degree": lambda text: f"{text}, with {degree}",
        "add a skill of the advertisement": lambda text: f"{text} using {foreign}",
        "add two skills": lambda text: f"{text} with {foreign} and GraphQL",
        "add a certificate": lambda text: f"{text} as a Certified Scrum Master",
        "more than": lambda text: re.sub(NUMBER, r"more than \g<0>", text, count=1) if _number(text, 2) else None,
        "seniority": lambda text: f"Spearheaded and architected: {text}",
    }


HEADINGS = {
    "SUMMARY": "summary", "EXPERIENCE": "work", "BERUFSERFAHRUNG": "work", "EXPÉRIENCE": "work",
    "EDUCATION": "education", "AUSBILDUNG": "education", "FORMATION": "education", "SKILLS": "skills",
    "KENNTNISSE": "skills", "COMPÉTENCES": "skills",
}  # fmt: skip


def as_laid_out(text: str) -> dict[str, Any]:
    """The JSON Resume of a text in the layout of these files: it is the checker that is measured, and no parser."""
    from candidates.actions.reading import dates_in

    name, label, email, *lines = [line for line in text.splitlines() if line]
    found: dict[str, Any] = {"basics": {"name": name, "label": label, "email": email, "summary": ""}, "work": [],
                             "education": [], "skills": []}  # fmt: skip
    part = ""
    for line in lines:
        if line in HEADINGS:
            part = HEADINGS[line]
        elif part == "summary":
            found["basics"]["summary"] += f" {line}"
        elif part == "skills":
            found["skills"] += [{"name": one} for one in line.split(", ")]
        elif part == "education":
            degree, school, *when = line.split(", ")
            found["education"].append({"studyType": degree, "institution": school, "endDate": when[-1] if when else ""})
        elif line.startswith("• "):
            found["work"][-1]["highlights"].append(line[2:])
        elif line[-1].isdigit() or line.endswith(("Present", "heute", "aujourd'hui")):
            dates = [one.iso for one in dates_in(line)]
            found["work"][-1] |= {"startDate": dates[0], "endDate": dates[1] if len(dates) > 1 else ""}
        else:
            position, employer, place = line.split(", ")
            found["work"].append({"position": position, "name": employer, "location": place, "highlights": []})
    return found


def cases(name: str) -> Iterator[tuple[Source, str, str]]:
    from candidates.actions.reading import read_text
    from jobs.tailoring.facts import Source, skeleton

    for one in tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))["resume"]:
        text = one["text"].strip()
        parsed = read_text(text).parsed.json_resume if name == SEEN else as_laid_out(text)
        source = Source(skeleton.of(parsed), text)
        for evidence, paraphrase in one["pairs"]:
            if evidence not in source.skeleton.spans:
                sys.exit(f"{evidence} is no line of the resume that begins {text[:20]!r}: {source.skeleton.spans}")
            yield source, evidence, paraphrase


def levels(source: Source, evidence: str, text: str, *, in_letter: bool = False) -> list[tuple[str, str, str]]:
    from jobs.tailoring.facts import check_line

    entry = None if in_letter else source.skeleton.entry_of.get(evidence)
    found = check_line(text, evidence=[evidence], source=source, entry=entry)
    return [(str(one.level), one.rule, one.value) for one in found]


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def measure(name: str, *, show: bool) -> tuple[float, float, float]:
    """Recall over the structured operators, false alarms and needless questions over the paraphrases."""
    tried: dict[str, int] = defaultdict(int)
    caught: dict[str, int] = defaultdict(int)
    count = alarms = questions = asked_in_letter = 0
    for source, evidence, paraphrase in cases(name):
        count += 1
        found = levels(source, evidence, paraphrase)
        blocked = [one for one in found if one[0] == "block"]
        alarms, questions = alarms + bool(blocked), questions + bool(found and not blocked)
        if show and found:
            say(f"  {'ALARM' if blocked else 'asks '} {paraphrase}  {found}")
        # The same line in a letter or the summary, which stand under no job.
        in_letter = levels(source, evidence, paraphrase, in_letter=True)
        asked_in_letter += bool(in_letter)
        if show and in_letter:
            say(f"  in a letter {paraphrase}  {in_letter}")
        wrongly = operators(source.text) | of_another_job(source, evidence)
        for (what, operator), letter in itertools.product(wrongly.items(), (False, True)):
            wrong = operator(paraphrase)
            if wrong is None:
                continue
            kind = f"{what}, in a letter" if letter else what
            tried[kind] += 1
            # What is said of the paraphrase as it is finds nothing of what was made wrong in it.
            known = in_letter if letter else found
            said = [one for one in levels(source, evidence, wrong, in_letter=letter) if one not in known]
            hit = any(
                level == "block" or what in ASKED or ((letter or what in MOVED) and rule.endswith("_moved"))
                for level, rule, _ in said
            )
            caught[kind] += hit
            if show and not hit:
                say(f"  MISSED ({kind}) {wrong}")
    structured = [what for what in tried if what.partition(",")[0] not in ASKED]
    recall = sum(caught[what] for what in structured) / sum(tried[what] for what in structured)
    say(f"{name}: {count} faithful paraphrases, {sum(tried.values())} with an invented fact")
    for what, tries in tried.items():
        say(f"  {what:46} {caught[what]:4} of {tries:4} found")
    say(f"recall {recall:.4f} (at least {RECALL}), false alarms {alarms / count:.4f} (at most {FALSE_ALARMS}), "
          f"needless questions {questions / count:.4f}, in a letter {asked_in_letter / count:.4f}")  # fmt: skip
    return recall, alarms / count, questions / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail on a missed target")
    parser.add_argument("--show", action="store_true", help="show each alarm and each miss")
    options = parser.parse_args()
    for name in (SEEN, SEEN_LATER):
        measure(name, show=options.show)
    recall, alarms, _ = measure(UNSEEN, show=options.show)
    if options.strict and (recall < RECALL or alarms > FALSE_ALARMS):
        sys.exit("The targets were missed.")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    django.setup()
    main()
