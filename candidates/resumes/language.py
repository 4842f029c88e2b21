"""Which language a resume is written in."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

SHORTEST = 60
"""Letters below which any answer would be a guess."""
_LOOKED_AT = 2500


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  # 0.2 s and 30 MB, only when asked

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


# A resume is asked about twice, by the parser and by the reader.
@lru_cache(maxsize=4)
def detect(text: str) -> tuple[str, float]:
    """ISO 639-1 code and probability; ("", 0.0) where the text is too short to tell."""
    words = re.sub(r"https?://\S+|\S+@\S+|\\x[0-9a-f]{2}|[\d\W_]+", " ", text[:_LOOKED_AT]).strip()
    if len(words) < SHORTEST:
        return "", 0.0
    code, probability = _identifier().classify(words)
    return str(code), float(probability)
