"""What a person may read of an answer while it comes: the texts within its JSON, without the JSON."""

from __future__ import annotations

import json

SPOKEN = frozenset(("text", "aim", "reason", "focus"))


class Speech:
    """Feed it an answer in pieces; it gives what is to be read so far, one text a line."""

    def __init__(self) -> None:
        self._in_string = self._escaped = False
        self._string: list[str] = []
        self._key = ""
        self._is_value = False
        self._unicode = ""

    def feed(self, piece: str) -> str:
        said: list[str] = []
        for one in piece:
            if self._in_string:
                said.append(self._within(one))
            elif one == '"':
                self._in_string, self._string = True, []
            elif one == ":":
                self._key, self._is_value = "".join(self._string), True
            elif one in ",{}[":
                self._is_value = False
        return "".join(said)

    def _within(self, one: str) -> str:
        spoken = self._is_value and self._key in SPOKEN
        if self._unicode or (self._escaped and one == "u"):
            self._unicode += one
            self._escaped = False
            if len(self._unicode) < 5:
                return ""
            try:
                letter = str(json.loads(f'"\\{self._unicode}"'))
            except ValueError:
                letter = ""
            self._unicode = ""
            # Half of a pair means nothing by itself.
            return letter if spoken and not 0xD800 <= ord(letter or " ") <= 0xDFFF else ""
        if self._escaped:
            self._escaped = False
            return (" " if one in "nrt" else one) if spoken else ""
        if one == "\\":
            self._escaped = True
            return ""
        if one == '"':
            self._in_string = False
            return "\n" if spoken else ""
        self._string.append(one)
        return one if spoken else ""
