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
    """Values by label, every label present; a value written twice is listed once."""
    values: dict[str, dict[str, str]] = {label: {} for label in LABELS}
    for field in parsed.fields:
        if field.label in values:
            values[field.label].setdefault(key_of(field.value) or field.value, field.value)
    return {label: list(values[label].values()) for label in LABELS}


__all__ = ["LABELS", "Label", "fields_of"]
