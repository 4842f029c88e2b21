"""The word lists of the checker, as they stand in words.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_LISTS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def words(name: str) -> frozenset[str]:
    return frozenset(_LISTS[name].split())


RAISING: dict[str, frozenset[str]] = {kind: frozenset(said.split()) for kind, said in _LISTS["raising"].items()}
# A country for each word that means what is of it.
PEOPLES: dict[str, str] = {word: country for country, said in _LISTS["peoples"].items() for word in said.split()}
