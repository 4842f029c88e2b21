"""Patterns of the checker's tables: one expression for all lines of a list, each matching whole words."""

from __future__ import annotations

import re
from functools import cache

from jobs.tailoring.facts.words import lines


@cache
def patterns(name: str) -> dict[str, re.Pattern[str]]:
    """One expression for each list of a table."""
    return {key: whole_words(said) for key, said in lines(name).items()}


def whole_words(said: list[str]) -> re.Pattern[str]:
    """Any of these as whole words, the longest first."""
    longest_first = sorted(said, key=len, reverse=True)
    # The d' of d'une is a word that ends within what looks like one.
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(longest_first)})(?:(?<=')|(?![^\W_]))")
