"""The word lists of the checker, as they stand in words.toml, numbers.toml and claims.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_LISTS: dict[str, Any] = {}
for _name in ("words", "numbers", "claims"):
    _LISTS |= tomllib.loads(Path(__file__).with_name(f"{_name}.toml").read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    return frozenset(_LISTS[name].split())


def lines(name: str) -> dict[str, list[str]]:
    """A table of lists with one pattern a line, each under its key."""
    return {key: [line for line in said.splitlines() if line] for key, said in _LISTS[name].items()}


def table(name: str) -> dict[str, list[str]]:
    """A table of lists, each under its key."""
    return {key: said.split() for key, said in _LISTS[name].items()}


RAISING: dict[str, frozenset[str]] = {kind: frozenset(said.split()) for kind, said in _LISTS["raising"].items()}
# A country for each word that means what is of it.
PEOPLES: dict[str, str] = {word: country for country, said in _LISTS["peoples"].items() for word in said.split()}
# The same of regions and other countries, in the languages of a resume: each word with the first of its row.
REGIONS: dict[str, str] = {word: said.split()[0] for said in lines("regions")["rows"] for word in said.split()}
# What counts the same: each noun with the first of its row.
SYNONYMS: dict[str, str] = {word: said.split()[0] for said in lines("synonyms")["rows"] for word in said.split()}
# What somebody may lead that is larger than a team: each word with the first of its row.
LED: dict[str, str] = {word: said.split()[0] for said in lines("led")["rows"] for word in said.split()}
