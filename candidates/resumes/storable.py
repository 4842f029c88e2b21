"""Text as PostgreSQL can keep it."""

from __future__ import annotations

import re
from typing import Any

# NUL and lone surrogates have no place in a database's text; one character stays one, so offsets hold.
_IMPOSSIBLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The same text, same length, with what PostgreSQL refuses replaced by U+FFFD."""
    return _IMPOSSIBLE.sub("\ufffd", text)


def storable_json(value: Any) -> Any:
    """The same structure with every text in it storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(one) for one in value]
    return value
