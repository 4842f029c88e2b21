"""What a letter may quote of the job that it is about: its title and who hires, in a sentence that applies."""

from __future__ import annotations

import re

from jobs.tailoring.facts.normalise import plain, readable
from jobs.tailoring.facts.patterns import patterns

_SENTENCE = re.compile(r"(?<=[.!?;])\s+")
_APPLYING = patterns("applying")


def without_quotes(text: str, also: str) -> str:
    """The text without the title and the company where a sentence applies with them, and says nothing of a past there.

    Anywhere else they are a claim as any other: who writes "I have been Head of Platform at Initech" is checked for it.
    """
    quotes = sorted((plain(one) for one in also.split("|") if one.strip()), key=len, reverse=True)
    if not quotes:
        return text
    return " ".join(_unquoted(sentence, quotes) for sentence in _SENTENCE.split(readable(text)))


def _unquoted(sentence: str, quotes: list[str]) -> str:
    said = plain(sentence)
    rest = said
    for quote in quotes:
        rest = re.sub(rf"(?<![^\W_]){re.escape(quote)}(?![^\W_])", " ", rest)
    if rest == said or not _APPLYING["applies"].search(rest) or _APPLYING["was"].search(rest):
        return sentence
    for quote in quotes:
        sentence = re.sub(rf"(?<![^\W_]){re.escape(quote)}(?![^\W_])", "…", sentence, flags=re.IGNORECASE)
    return sentence
