"""From a search to rows: every part through an index, and full text capped before anything else is done with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value

from candidates.search import operators
from candidates.search.grammar import And, Field, Node, Not, Or, Phrase, Word, parse, written
from candidates.search.operators import Ask, Either, Meaning, Rows, Unclear, email, in_text, named, with_text

# A word that half of all resumes contain must not be fetched, sorted or counted over all of them.
MOST_HITS = 500
# A few of them stand for nobody, or for somebody whom not everybody may see.
MOST_FETCHED = MOST_HITS * 5 // 4
# With this many words one of them may be of the name and the others of the resume.
MOST_MIXED = 3
NOTHING = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Note:
    """What the person should know about how the search was read, and the search they may have meant."""

    text: str
    instead: str = ""


@dataclass(slots=True)
class Found:
    """Who fits; `terms` are the words and phrases to highlight, `ways` the kinds of question for the record.

    `by_keys` says that people were fetched first, and `few` that nobody else is among them.
    """

    rows: Any
    notes: list[Note] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    by_keys: bool = False
    few: bool = False


def find(rows: Any, query: str, *, ask: Ask) -> Found:
    """Of these rows, the people whom the query means; a query that says nothing finds everybody."""
    parsed = parse(query)
    search = _Search(ask, parsed.node, rows, notes=[Note(text) for text in parsed.notes])
    if parsed.node is None:
        return Found(rows=rows, notes=search.notes)
    found = search.narrowed(rows, parsed.node)
    return Found(rows=found, notes=search.notes, terms=list(_terms(parsed.node)), ways=sorted(_ways(parsed.node)),
                 by_keys=search.by_keys, few=search.few)  # fmt: skip


def understood(query: str) -> list[str]:
    """The kinds of question in a query, for the record: names of operators, words, email; never what was asked."""
    node = parse(query).node
    return sorted(_ways(node)) if node is not None else []


@dataclass(frozen=True, slots=True)
class Side:
    """People of a condition, and those of `ways` beside them, whose keys are fetched first."""

    condition: Q
    ways: tuple[Any, ...] = ()


class _Search:
    def __init__(self, ask: Ask, asked: Node | None, rows: Any, *, notes: list[Note]) -> None:
        self.ask, self.asked, self.notes = ask, asked, notes
        # Rows of which nearly every hit is one: of them a few hits are enough, whatever the planner thinks of the word.
        sees_all = ask.of_everybody and ask.user.has_perm("candidates.view_all_candidates")
        self.everybody: Any = rows if sees_all else None
        self.may_read = ask.user.has_perm("candidates.view_resume")
        self.by_keys = self.few = False

    # --- One AND --------------------------------------------------------------------------------------------------

    def narrowed(self, rows: Any, node: Node) -> Any:
        """Filters of columns first, then rows of other tables, then what must be fetched: each narrows the next."""
        parts: Sequence[Node] = node.parts if isinstance(node, And) else (node,)
        words = [one for one in parts if isinstance(one, Word | Phrase) and not _is_address(one)]
        # Whom to leave out is asked last, of those who were found: asked first, it is asked of everybody.
        left_out = [one.part for one in parts if isinstance(one, Not)]
        grouped: dict[str, list[Rows]] = {}
        fetched: list[Rows | Either] = []
        for one in parts:
            if one not in words and not isinstance(one, Not | Or | And):
                match self.meaning(one):
                    case None:
                        pass
                    case Q() as condition:
                        rows = rows.filter(condition)
                    case Rows(capped=False) as kin:
                        grouped.setdefault(kin.group or f"{len(grouped)}", []).append(kin)
                    case other:
                        fetched.append(other)
        for same_row in grouped.values():
            rows = rows.filter(_exists(same_row))
        for meaning in fetched:
            rows = rows.filter(self.any_of([self.side(rows, meaning)]))
        for one in parts:
            if isinstance(one, Or):
                rows = rows.filter(self.any_of([self.branch(rows, branch) for branch in one.parts]))
        if words:
            rows = rows.filter(self.any_of([self.words(rows, words)]))
        for part in left_out:
            rows = self.without(rows, part)
        return rows

    def without(self, rows: Any, node: Node) -> Any:
        """Leave out whom it means: each ground by a filter of its own, so that the first that holds ends the work."""
        if isinstance(node, Or):
            for one in node.parts:
                rows = self.without(rows, one)
            return rows
        for ground in self.grounds(node):
            rows = rows.filter(~ground)
        return rows

    def branch(self, rows: Any, node: Node) -> Side:
        """One side of an OR as conditions on columns and keys alone, so that the index of each side can be used."""
        if isinstance(node, Word | Phrase) and not _is_address(node):
            return self.words(rows, [node])
        if isinstance(node, Field):
            meaning = self.meaning(node)
            return Side(NOTHING) if meaning is None else self.side(rows, meaning)
        few, narrowed = self.few, self.narrowed(rows, node)
        # Who fits one side says nothing of the others.
        self.few = few
        return Side(NOTHING, (narrowed,))

    def any_of(self, sides: Sequence[Side]) -> Q:
        """Whom any of these means; the keys of all of them are fetched in one statement."""
        found = reduce(or_, [side.condition for side in sides])
        ways = [way for side in sides for way in side.ways]
        self.few = self.few or all(side.condition == NOTHING for side in sides)
        return found | Q(pk__in=self.ids(*ways)) if ways else found

    def words(self, rows: Any, words: Sequence[Word | Phrase]) -> Side:
        """All of them in name and headline, or all in the resume, or one in the name and the others in the resume."""
        by_name = [named(one.text) for one in words]
        found = reduce(and_, by_name)
        if not self.may_read:
            return Side(found)
        queries = [in_text(one.text, phrase=isinstance(one, Phrase)) for one in words]
        ways = [self.hit(rows, with_text(reduce(and_, queries)))]
        if 1 < len(words) <= MOST_MIXED:
            for at, name in enumerate(by_name):
                rest = reduce(and_, queries[:at] + queries[at + 1 :])
                ways.append(self.so_named(rows, name).filter(_exists([with_text(rest)])))
        return Side(found, tuple(ways))

    def so_named(self, rows: Any, name: Q) -> Any:
        """Those of the name; among everybody the first of them, because each one's resume is then looked into."""
        if rows is not self.everybody:
            return rows.filter(name)
        return rows.filter(pk__in=rows.model.objects.filter(name).order_by().values("pk")[: 2 * MOST_HITS])

    def side(self, rows: Any, meaning: Meaning) -> Side:
        if isinstance(meaning, Q):
            return Side(meaning)
        if isinstance(meaning, Either):
            sides = [self.side(rows, one) for one in meaning.parts]
            condition = reduce(or_, [side.condition for side in sides])
            return Side(condition, tuple(way for side in sides for way in side.ways))
        return Side(NOTHING, (self.hit(rows, meaning),))

    def hit(self, rows: Any, meaning: Rows) -> Any:
        """Those of the rows to whom it applies; among everybody, the first hits are taken before anything is joined."""
        if not meaning.capped or rows is not self.everybody:
            return rows.filter(_exists([meaning]))
        hits = meaning.rows.order_by().filter(meaning.condition).values(meaning.path)[:MOST_FETCHED]
        return rows.filter(pk__in=hits)

    def ids(self, *ways: Any) -> list[Any]:
        """The keys of these people, at most so many of each way, in one statement."""
        self.by_keys = True
        first, *others = [
            way.order_by().annotate(way=Value(at)).values_list("pk", "way")[:MOST_HITS] for at, way in enumerate(ways)
        ]
        found = list(first.union(*others, all=True) if others else first)
        if max(Counter(way for _, way in found).values(), default=0) >= MOST_HITS:
            self.say(
                f"More than {MOST_HITS:,} people fit a part of this search, and only so many were looked at. "
                "Add a word, or use tag:, city: or since:."
            )
        return list(dict.fromkeys(key for key, _ in found))

    # --- Meanings -------------------------------------------------------------------------------------------------

    def meaning(self, node: Word | Phrase | Field) -> Meaning | None:
        """None where it cannot be asked, which is told."""
        if isinstance(node, Word | Phrase):
            if len(node.text.replace("@", "")) < operators.SHORTEST_WITH_TRIGRAMS:
                self.say("An address needs three letters or more. It was left out of this search.")
                return None
            return email(node.text)
        operator = operators.get(node.name, self.ask.user)
        if operator is None:
            self.unknown(node)
            return None
        try:
            return operator.find(self.ask, node.value)
        except Unclear as unclear:
            self.say(f"{unclear} It was left out of this search.")
            return None

    def unknown(self, node: Field) -> None:
        meant = operators.nearest(node.name, self.ask.user)
        if meant and self.asked is not None:
            right = Field(meant, node.value)
            self.say(
                f"There is no {node.name}: in a search, so it was left out. Did you mean {written(right)}?",
                instead=written(_put_right(self.asked, node, right)),
            )
        else:
            self.say(f"There is no {node.name}: in a search. Put the words into quotation marks to look for them.")

    def grounds(self, node: Node) -> list[Q]:
        """What is asked of each row that other conditions left, for -not: any of these is enough."""
        match node:
            case Not(part):
                return [~reduce(or_, self.grounds(part))]
            case And(parts):
                return [reduce(and_, [reduce(or_, self.grounds(one)) for one in parts])]
            case Or(parts):
                return [ground for one in parts for ground in self.grounds(one)]
            case Word() | Phrase() if not _is_address(node):
                found = [named(node.text)]
                if self.may_read:
                    query = in_text(node.text, phrase=isinstance(node, Phrase))
                    found.append(Q(_exists([with_text(query)])))
                return found
        meaning = self.meaning(node)
        if meaning is None:
            return [NOTHING]
        meanings = meaning.parts if isinstance(meaning, Either) else (meaning,)
        return [one if isinstance(one, Q) else Q(_exists([one])) for one in meanings]

    def say(self, text: str, *, instead: str = "") -> None:
        note = Note(text, instead)
        if note not in self.notes:
            self.notes.append(note)


def _exists(same_row: Sequence[Rows]) -> Exists:
    rows = same_row[0].rows
    for one in same_row:
        rows = rows.filter(one.condition)
        if not any(other.says for other in same_row):
            rows = rows.filter(one.unless_said)
    return Exists(rows.order_by().filter(**{same_row[0].path: OuterRef("pk")}))


def _put_right(tree: Node, wrong: Field, right: Field) -> Node:
    match tree:
        case Not(part):
            return Not(_put_right(part, wrong, right))
        case And(parts) | Or(parts):
            return type(tree)(tuple(_put_right(one, wrong, right) for one in parts))
    return right if tree == wrong else tree


def _is_address(node: Node) -> bool:
    return isinstance(node, Word) and "@" in node.text


def _terms(node: Node) -> Any:
    match node:
        case Word(text) | Phrase(text):
            if not _is_address(node):
                yield text
        case Field("resume" | "skill" | "title", value):
            yield value
        case And(parts) | Or(parts):
            for one in parts:
                yield from _terms(one)


def _ways(node: Node) -> set[str]:
    match node:
        case Field(name, _):
            # What stands before a colon may be anything, a person's name too: only what we know goes on record.
            return {name if operators.is_known(name) else "words"}
        case Not(part):
            return _ways(part)
        case And(parts) | Or(parts):
            return set().union(*(_ways(one) for one in parts))
    return {"email" if _is_address(node) else "words"}
