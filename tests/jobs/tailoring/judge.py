"""A judge of finished papers that shares nothing with the checker but the list of skills."""

from __future__ import annotations

import re

from candidates.actions.reading import skills_in


def invented(paper: str, source: str) -> set[str]:
    """Numbers and skills of a paper that its resume does not have: found without the checker."""
    own = {re.sub(r"\D", "", one) for one in re.findall(r"\d[\d.,]*", source)}
    numbers = {re.sub(r"\D", "", one) for one in re.findall(r"\d[\d.,]*", paper)}
    known = {one.concept.id for one in skills_in(source)}
    return {one for one in numbers - own if one} | {one.concept.id for one in skills_in(paper)} - known
