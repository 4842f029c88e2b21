"""HTML to text with the standard library's parser: no scripts, no styles, nothing that is not displayed."""

from __future__ import annotations

import contextlib
import re
from html.parser import HTMLParser

from candidates.resumes.document import Document, HiddenText, Kind, Page, Unreadable
from candidates.resumes.extract.cleaning import BULLET, cap_hidden, clean
from candidates.resumes.extract.limits import Limits
from candidates.resumes.extract.links import contact_address, is_visible
from candidates.resumes.extract.txt import decode

_DROPPED = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "select",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)"
    r"|font-size\s*:\s*(?:0|[012](?:\.\d+)?px|[012](?:\.\d+)?pt|0?\.[0-2]\d*r?em)\s*(?:;|$|!)"
    r"|(?:left|top|text-indent|margin-left)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_WHITE = re.compile(
    r"(?:^|[;\s])color\s*:\s*(?:white|#fff(?:fff)?|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))\s*(?:;|$|!)", re.IGNORECASE
)
_BACKGROUND = re.compile(
    r"background(?:-color|-image)?\s*:\s*(?!\s*(?:white|#fff(?:fff)?\b|transparent|none|inherit))", re.IGNORECASE
)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DEPTH = 500
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MARKUP_ASIDE = re.compile(r"<[?!][^>]*(?:>|\Z)")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.hidden: list[str] = []
        self.links: list[str] = []
        # One entry per open element: its tag, why its text does not show, whether a background was set.
        self._open: list[tuple[str, str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS or tag == "br":
            self.out.append("\n")
        if tag == "li":
            self.out.append(f"{BULLET} ")
        if tag == "a":
            self.links.append(values.get("href", ""))
        if tag in _VOID:
            return
        if len(self._open) >= _DEPTH:
            raise Unreadable("This page is nested deeper than any document.", code="html_depth")
        _, reason, has_background = self._open[-1] if self._open else ("", "", False)
        style = values.get("style", "")
        has_background = has_background or "bgcolor" in values or bool(_BACKGROUND.search(style))
        if tag in _DROPPED:
            reason = "dropped"
        elif not reason and ("hidden" in values or _HIDING.search(style)):
            reason = "not_displayed"
        elif not reason and not has_background and _WHITE.search(f"{style};color:{values.get('color', '')}"):
            reason = "white"
        self._open.append((tag, reason, has_background))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.out.append("\n")
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth][0] == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        reason = self._open[-1][1] if self._open else ""
        if not reason:
            in_pre = any(tag == "pre" for tag, _, _ in self._open[-5:])
            self.out.append(data if in_pre else re.sub(r"\s+", " ", data))
        elif reason != "dropped" and data.strip():
            self.hidden.append(data)


def read(data: bytes, *, limits: Limits) -> Document:
    """The displayed text as one page; only inline styles are judged, for a style sheet may be anywhere."""
    reader = _Reader()
    declared = _CHARSET.search(data[:4096])
    text = decode(data)
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        with contextlib.suppress(LookupError, UnicodeError):
            text = data.decode(declared[1].decode("ascii"))
    # Unclosed, each of these would be searched for to the end of the file, over and over.
    reader.feed(_MARKUP_ASIDE.sub("", _COMMENT.sub("", text)))
    reader.close()
    shown, hidden = clean("".join(reader.out))
    if not shown:
        raise Unreadable("This page shows no text.", code="no_text")
    missing = dict.fromkeys(
        address for address in map(contact_address, reader.links) if address and not is_visible(address, text=shown)
    )
    shown = "\n".join([shown, *missing])
    aside = [HiddenText(page=1, text=" ".join(one.split()), reason="not_displayed") for one in reader.hidden]
    return Document(
        kind=Kind.HTML,
        pages=(Page(number=1, text=shown, engine="html"),),
        hidden=cap_hidden([*aside, *hidden], limit=limits.hidden_chars),
    )
