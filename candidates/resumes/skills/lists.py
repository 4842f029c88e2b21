"""Reads the word lists that stand as text beside the code."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any


def load(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def words(text: str) -> frozenset[str]:
    """The words of a list set apart by blanks."""
    return frozenset(text.split())


def phrases(text: str) -> list[str]:
    """The entries of a list set apart by bars, on as many lines as it takes."""
    return [" ".join(one.split()) for one in text.split("|") if one.strip()]


def plain(text: str) -> str:
    """Lower case without accents, so that one spelling stands for all."""
    if text.isascii():
        return text.lower().strip()
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower().strip()
