"""What each address shows of a person, to whom, and the events that it must leave: the table in accesses.txt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.authorisation.asking import Answer, Visitor, getters, multiset
from tests.authorisation.planting import Planted, kinds_in
from tests.test_permissions import ROLES

TABLE = Path(__file__).parent / "accesses.txt"
HEAD = """\
# What each address shows, and the events that showing it leaves: address | roles | kinds of data | events
# Kinds are the words of planting.py; an event reads: action, target=which of the own rows, of=whose.
# An address that shows nobody anything has a line with "-". Rewritten by HRASSIST_REWRITE=1, then read.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """One address as it answers one role."""

    route: str
    kinds: str
    events: str


def shown_to(visitor: Visitor, world: Planted, routes: Iterable[str]) -> tuple[list[Shown], dict[str, Answer]]:
    """What of their own things these addresses show this visitor, and the answers that showed nothing."""
    names = world.named() | ({str(visitor.user.pk): "self"} if visitor.user else {})
    found, refused = [], {}
    for route in routes:
        answer = visitor.get("/" + world.path(route))
        if answer.is_shown:
            kinds = ",".join(kinds_in(answer.text, world.words))
            found.append(Shown(route, kinds, "; ".join(multiset(answer.events, names))))
        else:
            refused[route] = answer
    return found, refused


def lines_of(by_role: dict[str, list[Shown]]) -> list[str]:
    """The table's lines: roles that get the same stand together."""
    same: dict[str, dict[Shown, list[str]]] = defaultdict(lambda: defaultdict(list))
    for role, rows in by_role.items():
        for one in rows:
            same[one.route][one].append(role)
    lines = []
    for route in getters():
        if route not in same:
            lines.append(f"{route or '(start)'} | - | |")
        for one, roles in same.get(route, {}).items():
            who = "everybody" if len(roles) == len(ROLES) else " ".join(roles)
            lines.append(f"{route or '(start)'} | {who} | {one.kinds} | {one.events}")
    return [line.rstrip() for line in lines]


def table() -> dict[str, dict[str, Shown]]:
    """The declared answers: role, then address."""
    read: dict[str, dict[str, Shown]] = {role: {} for role in ROLES}
    for line in TABLE.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, who, kinds, events = (part.strip() for part in line.split("|"))
        route = "" if name == "(start)" else name
        for role in ROLES if who == "everybody" else () if who == "-" else who.split():
            read[role][route] = Shown(route, kinds, events)
    return read


def addresses() -> set[str]:
    """Every address that has a line."""
    lines = (line.split("|")[0].strip() for line in TABLE.read_text().splitlines() if not line.startswith("#"))
    return {"" if name == "(start)" else name for name in lines}


def write(by_role: dict[str, list[Shown]]) -> None:
    TABLE.write_text(HEAD + "\n".join(lines_of(by_role)) + "\n")
