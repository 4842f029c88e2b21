"""What a job asks for, requirement by requirement."""

from __future__ import annotations

import re
from collections.abc import Iterator

from candidates.actions.reading import skills_in
from jobs.matching.lexical import terms
from jobs.matching.types import Criterion, JobText, Need, Skill

# More lines than this are a list of keywords, not requirements; nobody reads their evidence.
MOST_CRITERIA = 30
LONGEST_CRITERION = 400

_BULLET = re.compile(r"^\s*(?:[•●▪■◦‣∙·*–—-]|\d{1,2}[.)]|[a-z]\))\s+")
_HEADING = re.compile(r"^[^.!?]{3,60}$")
_MUST = re.compile(
    r"\b(?:requirements?|must[ -]haves?|qualifications?|essential|minimum|what you(?:'|’)?(?:ll)? (?:bring|need|have)"
    r"|you (?:have|bring|are)|your (?:profile|skills|experience)|who you are|(?:required|key|technical) skills"
    r"|we (?:expect|require|are looking for)|what we(?:'|’)?(?:re| are) looking for|looking for|skills)\b",
    re.IGNORECASE,
)
_NICE = re.compile(
    r"\b(?:nice[ -]to[ -]haves?|prefer(?:red|ably)?|bonus|(?:is|are|be|a) (?:a )?(?:big |real )?plus|plus points"
    r"|pluses|desir(?:ed|able)|advantage(?:ous)?|good to have|ideally|optional)\b",
    re.IGNORECASE,
)
_NOT_ASKED = re.compile(
    r"\b(?:responsibilit|benefits?|we offer|what you(?:'|’)?ll do|you will|your tasks|duties|about|perks|salary|how to"
    r"|the role|the team|our (?:client|company|team|mission))",
    re.IGNORECASE,
)


def criteria_of(job: JobText) -> list[Criterion]:
    """The must-haves and nice-to-haves of a job, each requirement once, in the order written.

    The job's own lines count first. Without them the headed lists of the description do ("Requirements", "Nice to
    have"), and without these each skill that title and description name, as a nice-to-have: nobody called it a must.
    """
    lines = [*_lines(job.must_have, Need.MUST), *_lines(job.nice_to_have, Need.NICE)]
    lines = lines or list(_headed(job.description))
    if not lines:
        asked = f"{job.title}\n{job.description}"
        lines = [(asked[span.start : span.end], Need.NICE) for span in skills_in(asked)]
    found: dict[frozenset[str], Criterion] = {}
    for line, need in lines:
        one = _criterion(line, need)
        # The same thing asked for twice is one requirement.
        key = frozenset(skill.concept for skill in one.skills) or frozenset(terms(one.text))
        if key and key not in found:
            found[key] = one
    return list(found.values())[:MOST_CRITERIA]


def _lines(text: str, need: Need) -> Iterator[tuple[str, Need]]:
    for raw in text.splitlines():
        line = _BULLET.sub("", raw).strip(" \t;")
        if line:
            yield line, Need.NICE if _NICE.search(line) else need


def _headed(description: str) -> Iterator[tuple[str, Need]]:
    need: Need | None = None
    for raw in description.splitlines():
        line = raw.strip()
        if not line:
            continue
        bullet = bool(_BULLET.match(raw))
        if not bullet and _HEADING.match(line.rstrip(":")) and (line.endswith(":") or len(line.split()) <= 6):
            need = _need_under(line)
        elif need is not None and (bullet or len(line) <= 200):
            yield from _lines(line, need)


def _need_under(heading: str) -> Need | None:
    if _NICE.search(heading):
        return Need.NICE
    if _NOT_ASKED.search(heading):
        return None
    return Need.MUST if _MUST.search(heading) else None


def _criterion(line: str, need: Need) -> Criterion:
    text = line[:LONGEST_CRITERION].rstrip(" .")
    named = {span.concept.id: Skill(text[span.start : span.end], span.concept.id) for span in skills_in(text)}
    return Criterion(text=text, need=need, skills=tuple(named.values()))
