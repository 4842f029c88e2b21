"""Where logs go: Loki's settings, and Alloy's read by its grammar: blocks, and references that lead to something.

Neither is started: Debian has neither, and their own code is not to be had as a library.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import yaml

from hrassist.lib.logs import JsonFormatter
from tests.deploy.monitoring import MONITORING

ALLOY = (MONITORING / "alloy" / "config.alloy").read_text()
# What components hand out, as Alloy's reference lists it.
EXPORTS = {"loki.relabel": {"rules", "receiver"}, "loki.process": {"receiver"}, "loki.write": {"receiver"}}
_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<number>\d+)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[.{}\[\]=,])"""
)


@dataclass
class Block:
    """`name "label" { … }`, with what is set in it and the blocks within."""

    name: str
    label: str = ""
    values: dict[str, object] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


class Reference(str):
    """A name with dots that stands where a value would."""

    __slots__ = ()


def tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"line {text.count(chr(10), 0, at) + 1}: {text[at : at + 20]!r}")
        at = found.end()
        if found.lastgroup != "skip":
            yield str(found.lastgroup), found[0]


class Reader:
    def __init__(self, text: str) -> None:
        self.tokens = [*tokens(text), ("end", "")]
        self.at = 0

    def take(self, kind: str = "", said: str = "") -> str:
        found_kind, found = self.tokens[self.at]
        if (kind and found_kind != kind) or (said and found != said):
            raise ValueError(f"{found!r} where {said or kind} was expected")
        self.at += 1
        return found

    def is_next(self, said: str) -> bool:
        return self.tokens[self.at][1] == said and self.tokens[self.at][0] == "sign"

    def dotted(self) -> str:
        name = self.take("name")
        while self.is_next("."):
            self.take()
            name += "." + self.take("name")
        return name

    def body(self, block: Block, *, until: str) -> Block:
        while self.tokens[self.at] != (("sign", until) if until else ("end", "")):
            name = self.dotted()
            if self.is_next("="):
                self.take()
                assert name not in block.values, f"{name} is set twice"
                block.values[name] = self.value()
                continue
            within = Block(name)
            if self.tokens[self.at][0] == "string":
                within.label = json.loads(self.take())
            self.take(said="{")
            block.blocks.append(self.body(within, until="}"))
            self.take(said="}")
        return block

    def value(self) -> object:
        kind, said = self.tokens[self.at]
        if kind == "string":
            return json.loads(self.take())
        if kind == "number":
            return int(self.take())
        if kind == "name":
            return Reference(self.dotted())
        found: list[object] = []
        closing = {"[": "]", "{": "}"}[self.take("sign")]
        while not self.is_next(closing):
            if said == "{":
                found.append((self.dotted(), self.take(said="=") and self.value()))
            else:
                found.append(self.value())
            if not self.is_next(closing):
                self.take(said=",")
        self.take()
        return dict(found) if said == "{" else found  # type: ignore[call-overload]


def read(text: str) -> Block:
    return Reader(text).body(Block(""), until="")


def references(value: object) -> Iterator[Reference]:
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Block):
        for one in (*value.values.values(), *value.blocks):
            yield from references(one)
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from references(one)


def unresolved(configuration: Block) -> list[str]:
    declared = {f"{one.name}.{one.label}": one.name for one in configuration.blocks}
    wrong = []
    for found in references(configuration):
        component, _, exported = found.rpartition(".")
        if component not in declared or exported not in EXPORTS.get(declared[component], set()):
            wrong.append(str(found))
    return wrong


def test_alloy_can_be_read_and_everything_in_it_leads_to_a_component():
    configuration = read(ALLOY)
    assert [f"{one.name} {one.label}" for one in configuration.blocks] == [
        "loki.source.journal hrassist", "loki.relabel units", "loki.process json", "loki.write local",
    ]  # fmt: skip
    assert unresolved(configuration) == []
    # From the journal to Loki without a gap.
    by_name = {one.name: one for one in configuration.blocks}
    assert by_name["loki.source.journal"].values["forward_to"] == ["loki.process.json.receiver"]
    assert by_name["loki.process"].values["forward_to"] == ["loki.write.local.receiver"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loki.write.local.receiver", "loki.write.locl.receiver"),
        ("loki.relabel.units.rules", "loki.relabel.units.rule"),
        ('stage.labels {\n    values = { level = "" }\n  }', 'stage.labels {\n    values = { level = "" }\n'),
        ('action        = "keep"', 'action        "keep"'),
        ('"12h"', '"12h'),
    ],
)
def test_a_mistake_in_it_would_be_seen(old, new):
    assert old in ALLOY
    try:
        found = unresolved(read(ALLOY.replace(old, new, 1)))
    except ValueError:
        return
    assert found


def test_our_units_are_read_and_nothing_of_others():
    (relabel,) = [one for one in read(ALLOY).blocks if one.name == "loki.relabel"]
    kept = re.compile(str(relabel.blocks[0].values["regex"]))
    units = {path.name for path in (MONITORING.parent / "vm" / "systemd").iterdir() if path.suffix == ".service"}
    assert len(units) > 8
    for unit in (*(name.replace("@", "@1") for name in units), "nginx.service", "postgresql@15-main.service"):
        assert kept.fullmatch(unit), unit
    assert not kept.fullmatch("ssh.service")


def test_logs_are_kept_for_thirty_days_and_leave_the_machine_nowhere():
    loki = yaml.safe_load((MONITORING / "loki" / "loki.yml").read_text())
    assert loki["limits_config"]["retention_period"] == f"{30 * 24}h"
    assert loki["compactor"]["retention_enabled"] is True
    assert loki["server"]["http_listen_address"] == "127.0.0.1"
    assert loki["analytics"]["reporting_enabled"] is False
    assert re.findall(r'url\s*=\s*"([^"]+)"', ALLOY) == ["http://127.0.0.1:3100/loki/api/v1/push"]
    # A label for each request would be a stream for each request.
    assert not re.search(r"values\s*=\s*\{[^}]*request_id", ALLOY)


def test_a_line_of_the_log_has_what_alloy_takes_from_it():
    line = json.loads(JsonFormatter().format(logging.LogRecord("hrassist.x", 20, "x.py", 1, "said", (), None)))
    taken = re.search(r"expressions = \{([^}]*)\}", ALLOY)
    assert taken is not None
    wanted = set(re.findall(r'= "(\w+)"', taken[1]))
    assert wanted <= set(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", line["ts"])
