"""The flat form of a parsed resume: the distinct values of each label, in order of appearance."""

from __future__ import annotations

from candidates.resumes.document import Label, ParsedResume
from candidates.resumes.skills.normalise import key_of

LABELS = (
    "NAME",
    "EMAIL",
    "TITLE",
    "EMPLOYER",
    "SCHOOL",
    "DEGREE",
    "GRADUATION_YEAR",
    "LOCATION",
    "EXPERIENCE",
    "SKILL",
)


def fields_of(parsed: ParsedResume) -> dict[str, list[str]]:
    """Values by label, every label present; a value written twice is listed once.

    A profile link is listed under EMAIL where the resume itself gives it as the way to e-mail the person ("Email me on
    Indeed: …"), as such exports hide the address.
    """
    values: dict[str, dict[str, str]] = {label: {} for label in LABELS}
    for field in parsed.fields:
        if field.label is Label.LINK and "indeed.com/r/" in field.value and "?" not in field.value:
            values["EMAIL"].setdefault(field.value.lower(), field.value)
        if field.label in values:
            values[field.label].setdefault(key_of(field.value) or field.value, field.value)
    return {label: list(values[label].values()) for label in LABELS}
