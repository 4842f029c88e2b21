"""What a recruiter types, as a tree: words, "phrases", name:value, -not, OR and parentheses. Nothing typed is an error.

query  := and { OR and }        and  := not { not }
not    := [-] one               one  := ( query ) | name:value | "phrase" | word
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_TERMS, LONGEST, DEEPEST = 20, 500, 8
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<open>-*\()
    |(?P<close>\))
    |(?P<term>-*(?:(?P<name>[A-Za-z_]{1,20}):)?(?:"(?P<phrase>[^"]*)(?P<shut>"?)|(?P<bare>[^\s"()]*)))
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Word:
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """name:value; the name in small letters."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


Node = Word | Phrase | Field | Not | And | Or


@dataclass(slots=True)
class Parsed:
    """The tree, None for nothing to look for, and what the person should know about how it was read."""

    node: Node | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    negated: bool = False
    node: Word | Phrase | Field | None = None


def parse(query: str) -> Parsed:
    """Read a query; what makes no sense is left out and told."""
    notes: list[str] = []
    query = query.replace("\0", " ").translate(_QUOTES)
    if len(query) > LONGEST:
        notes.append(f"Only the first {LONGEST} characters were read.")
        query = query[:LONGEST]
    tokens = list(_tokens(query, notes))
    terms = [at for at, token in enumerate(tokens) if token.kind == "term"]
    if len(terms) > MOST_TERMS:
        notes.append(f"Only the first {MOST_TERMS} words were looked for.")
        tokens = tokens[: terms[MOST_TERMS]]
    reader = _Reader(tokens, notes)
    node = reader.either()
    while reader.at < len(tokens):
        # A parenthesis that closes nothing.
        reader.say("A parenthesis was closed that was not opened.")
        reader.at += 1
        more = reader.either()
        node = _joined(And, [one for one in (node, more) if one is not None])
    return Parsed(node=node, notes=notes)


def _tokens(query: str, notes: list[str]) -> Iterator[_Token]:
    at = depth = 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None or match.end() == at:
            at += 1
            continue
        at = match.end()
        if match["space"]:
            continue
        if match["open"]:
            depth += 1
            if depth > DEEPEST:
                continue
            yield _Token("open", negated=match["open"].startswith("-"))
        elif match["close"]:
            yield _Token("close")
        else:
            yield from _term(match, notes)


def _term(match: re.Match[str], notes: list[str]) -> Iterator[_Token]:
    negated, name = match["term"].startswith("-"), (match["name"] or "").lower()
    if match["phrase"] is not None and not match["shut"]:
        notes.append("A quotation mark was not closed: the words after it were read as one phrase.")
    value = " ".join((match["bare"] if match["phrase"] is None else match["phrase"]).split())
    if name:
        if value:
            yield _Token("term", negated, Field(name, value))
        else:
            notes.append(f"{name}: needs something behind it, without a space.")
    elif match["phrase"] is not None:
        if value:
            yield _Token("term", negated, Phrase(value))
    elif value in {"OR", "|"} and not negated:
        yield _Token("or")
    elif value == "NOT" and not negated:
        yield _Token("not")
    elif value and value != "AND":
        yield _Token("term", negated, Word(value))


class _Reader:
    def __init__(self, tokens: list[_Token], notes: list[str]) -> None:
        self.tokens, self.notes, self.at = tokens, notes, 0

    def say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _is(self, *kinds: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at].kind in kinds

    def either(self) -> Node | None:
        parts = [self.all_of()]
        while self._is("or"):
            self.at += 1
            parts.append(self.all_of())
        found = [one for one in parts if one is not None]
        if len(found) < len(parts) > 1:
            self.say("OR stands between two things to look for: one of them is missing.")
        return _joined(Or, found)

    def all_of(self) -> Node | None:
        found = []
        while self._is("term", "open", "not"):
            one = self.one()
            if one is not None:
                found.append(one)
        return _joined(And, found)

    def one(self) -> Node | None:
        token = self.tokens[self.at]
        self.at += 1
        node: Node | None = token.node
        if token.kind == "not":
            node = self.one() if self._is("term", "open", "not") else None
            return _negated(node)
        if token.kind == "open":
            node = self.either()
            if self._is("close"):
                self.at += 1
            else:
                self.say("A parenthesis was not closed.")
        return _negated(node) if token.negated else node


def _negated(node: Node | None) -> Node | None:
    return node.part if isinstance(node, Not) else Not(node) if node is not None else None


def _joined(kind: type[And] | type[Or], parts: list[Node]) -> Node | None:
    flat: list[Node] = []
    for one in parts:
        flat.extend(one.parts if isinstance(one, kind) else [one])
    return kind(tuple(flat)) if len(flat) > 1 else flat[0] if flat else None


def written(node: Node) -> str:
    """The query that reads as this tree."""
    match node:
        case Word(text):
            return text
        case Phrase(text):
            return f'"{text}"'
        case Field(name, value):
            return f'{name}:"{value}"' if re.search(r"[\s()]", value) else f"{name}:{value}"
        case Not(part):
            inner = written(part)
            return f"-({inner})" if isinstance(part, And | Or) else f"-{inner}"
        case And(parts):
            return " ".join(f"({written(one)})" if isinstance(one, Or) else written(one) for one in parts)
        case Or(parts):
            # AND binds closer, so its parts need no parentheses.
            return " OR ".join(written(one) for one in parts)


def fields(node: Node | None) -> Iterator[Field]:
    """Every name:value of the tree."""
    match node:
        case Field():
            yield node
        case Not(part):
            yield from fields(part)
        case And(parts) | Or(parts):
            for one in parts:
                yield from fields(one)
