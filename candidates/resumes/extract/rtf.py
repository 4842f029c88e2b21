"""RTF to text: a tokenizer over a flat stack, with striprtf's tables of destinations and code pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from striprtf.striprtf import charset_map, destinations, specialchars

from candidates.resumes.document import Document, HiddenText, Kind, Page, Unreadable
from candidates.resumes.extract.cleaning import BULLET, cap_hidden, clean
from candidates.resumes.extract.limits import Limits
from candidates.resumes.extract.links import contact_address, is_visible

_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.IGNORECASE
)
_HYPERLINK = re.compile(r'HYPERLINK\s+"([^"]{1,300})"')
_COLOUR_TABLE = re.compile(r"\{\\colortbl([^}]{0,20000})\}")
_WHITE = re.compile(r"\\red255\\green255\\blue255.*")
_BACKGROUND = re.compile(r"\\(?:cbpat|chcbpat|clcbpat|highlight|cb|background)[1-9]")
_DEEPEST = 500
_MOST_TOKENS = 3_000_000
_BREAKS = {
    "par": "\n",
    "line": "\n",
    "row": "\n",
    "cell": "\n",
    "sect": "\n",
    "page": "\f",
    "pagebb": "\f",
    "tab": "\t",
}
_SHOWN = frozenset(
    [
        "shptxt",
        "dptxbxtext",
        "header",
        "headerf",
        "headerl",
        "headerr",
        "footer",
        "footerf",
        "footerl",
        "footerr",
        "footnote",
    ]
)
_SKIPPED = (frozenset(destinations) | {"pict", "objdata", "nonshppict", "sp"}) - _SHOWN


@dataclass(frozen=True, slots=True)
class _State:
    is_skipped: bool = False
    is_instruction: bool = False
    unicode_skip: int = 1
    encoding: str = "cp1252"
    reason: str = ""


class _Reader:
    def __init__(self, *, whites: frozenset[int]) -> None:
        self._whites = whites
        self.out: list[str] = []
        self.hidden: list[str] = []
        self.instructions: list[str] = []
        self._stack: list[_State] = []
        self._state = _State()
        self._to_skip = 0
        self._starred = False
        self._pending = bytearray()
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._in_fonts = 0

    def feed(self, text: str) -> None:
        position, tokens = 0, 0
        while match := _TOKEN.match(text, position):
            position = match.end()
            tokens += 1
            if tokens > _MOST_TOKENS:
                raise Unreadable("This file is far larger than a resume.", code="too_much_text")
            word, number, byte, symbol, brace, plain = match.groups()
            if byte:
                self._byte(int(byte, 16))
                continue
            self._flush()
            if brace:
                self._brace(brace)
            elif word:
                if word == "bin" and number:
                    position += max(0, int(number))
                self._control(word.lower(), int(number) if number else None)
            elif symbol:
                self._symbol(symbol)
            elif plain:
                self._write(plain)
        self._flush()
        if position < len(text) - 1:
            raise Unreadable("This RTF file is damaged. Please save it again.", code="damaged_file")

    def _brace(self, brace: str) -> None:
        self._to_skip = 0
        if brace == "{":
            if len(self._stack) >= _DEEPEST:
                raise Unreadable("This file is nested deeper than any document.", code="rtf_depth")
            self._stack.append(self._state)
            self._starred = False
        elif self._stack:
            self._state = self._stack.pop()
            if len(self._stack) < self._in_fonts:
                self._in_fonts = 0

    def _control(self, word: str, number: int | None) -> None:  # noqa: PLR0912
        state = self._state
        if word == "fonttbl":
            self._in_fonts = len(self._stack)
        if word == "fldinst":
            self._state = replace(state, is_instruction=True, is_skipped=False)
        elif word in _SKIPPED or (self._starred and word not in {"shpinst", "shptxt"}):
            self._state = replace(state, is_skipped=True)
        elif word == "f" and number is not None:
            self._font = number
            if not self._in_fonts:
                self._state = replace(state, encoding=self._fonts.get(number, state.encoding))
        elif word == "fcharset" and number is not None and self._in_fonts:
            self._fonts[self._font] = charset_map.get(number, "cp1252") or "cp1252"
        elif word == "ansicpg" and number:
            self._state = replace(state, encoding=f"cp{number}")
        elif word == "uc" and number is not None:
            self._state = replace(state, unicode_skip=min(number, 10))
        elif word == "u" and number is not None:
            code = number + 0x10000 if number < 0 else number
            self._write(chr(code) if code < 0x110000 else "")
            self._to_skip = self._state.unicode_skip
        elif word == "v":
            self._state = replace(state, reason="" if number == 0 else "vanish")
        elif word == "cf":
            white = number in self._whites
            if white or state.reason == "white":
                self._state = replace(state, reason="white" if white else "")
        elif word == "fs" and number is not None:
            tiny = number < 6
            if tiny or state.reason == "tiny":
                self._state = replace(state, reason="tiny" if tiny else "")
        elif word in {"plain", "deleted"}:
            self._state = replace(state, reason="deleted" if word == "deleted" and number != 0 else "")
        elif word in _BREAKS:
            self._write(_BREAKS[word])
        elif word == "bullet":
            self._write(BULLET)
        elif word in specialchars:
            self._write(specialchars[word])
        self._starred = False

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif symbol == "~":
            self._write(" ")
        elif symbol == "_":
            self._write("-")
        elif symbol in "{}\\":
            self._write(symbol)
        elif symbol in "\r\n":
            self._write("\n")

    def _byte(self, value: int) -> None:
        if self._to_skip:
            self._to_skip -= 1
        else:
            self._pending.append(value)

    def _flush(self) -> None:
        if self._pending:
            raw, self._pending = bytes(self._pending), bytearray()
            try:
                text = raw.decode(self._state.encoding, "replace")
            except LookupError:
                text = raw.decode("cp1252", "replace")
            self._write(text)

    def _write(self, text: str) -> None:
        if self._to_skip:
            cut = min(self._to_skip, len(text))
            self._to_skip -= cut
            text = text[cut:]
        state = self._state
        if not text or state.is_skipped:
            return
        if state.is_instruction:
            self.instructions.append(text)
        elif state.reason:
            if state.reason != "deleted":
                self.hidden.append(text)
        else:
            self.out.append(text)


def _white_colours(source: str) -> frozenset[int]:
    """Numbers of the colour table that are white; none where anything in the file has a background."""
    table = _COLOUR_TABLE.search(source)
    if table is None or _BACKGROUND.search(source):
        return frozenset()
    entries = table[1].split(";")
    return frozenset(i for i, entry in enumerate(entries) if _WHITE.fullmatch(re.sub(r"\s", "", entry)))


def read(data: bytes, *, limits: Limits) -> Document:
    """The text by pages; hidden (\\v) and tiny runs are set aside, deleted revisions dropped."""
    source = data.decode("latin-1")
    reader = _Reader(whites=_white_colours(source))
    reader.feed(source)
    raw = "".join(reader.out)
    # \u escapes give UTF-16 halves one by one.
    raw = raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    pages: list[Page] = []
    hidden: list[HiddenText] = []
    for number, part in enumerate(raw.split("\f")[: limits.pdf_pages], start=1):
        text, its_hidden = clean(part, page=number)
        pages.append(Page(number=number, text=text, engine="rtf"))
        hidden.extend(its_hidden)
    if not any(page.text for page in pages):
        raise Unreadable("This file holds no text.", code="no_text")
    shown = "\n".join(page.text for page in pages)
    targets = _HYPERLINK.findall("".join(reader.instructions)[: limits.text_chars])
    missing = dict.fromkeys(one for one in map(contact_address, targets) if one and not is_visible(one, text=shown))
    if missing:
        pages[0] = replace(pages[0], text="\n".join([pages[0].text, *missing]))
    aside = [HiddenText(page=1, text=clean("".join(reader.hidden))[0], reason="vanish")]
    return Document(kind=Kind.RTF, pages=tuple(pages), hidden=cap_hidden([*aside, *hidden], limit=limits.hidden_chars))
