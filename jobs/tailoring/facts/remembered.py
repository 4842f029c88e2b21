"""What was read from a line is kept: a check reads the same few lines some hundred times."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")
# A line and a paragraph are shorter; a whole resume is not, and thousands of those would fill a worker's memory.
LONGEST = 1000
MOST = 4096


def remembered(reads: Callable[Concatenate[str, P], R]) -> Callable[Concatenate[str, P], R]:
    """Keep what a function of a text gives for the short ones that it read last; it gives what nobody can change."""
    kept = cast("Callable[Concatenate[str, P], R]", functools.lru_cache(maxsize=MOST)(reads))

    @functools.wraps(reads)
    def read(text: str, /, *how: P.args, **named: P.kwargs) -> R:
        return kept(text, *how, **named) if len(text) <= LONGEST else reads(text, *how, **named)

    return read
