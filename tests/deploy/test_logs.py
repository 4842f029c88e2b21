"""Where logs go: Loki's settings, and Alloy's read by its grammar: blocks, and references that lead to something.

Neither is started: Debian has neither, and their own code is not to be had as a library.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from hrassist.lib.logs import JsonFormatter
from tests.deploy.monitoring import MONITORING

ALLOY = (MONITORING / "alloy" / "config.alloy").read_text()
LOKI_YML = (MONITORING / "loki" / "loki.yml").read_text()
# What components hand out, as Alloy's reference lists it.
EXPORTS = {
    "loki.relabel": {"rules", "receiver"}, "loki.process": {"receiver"}, "loki.write": {"receiver"},
    "local.file_match": {"targets"},
}  # fmt: skip
# What is there without a component.
CONSTANTS = {"constants.hostname", "constants.os", "constants.arch"}
# What may stand in each block that we have, as the same reference lists it; what must stand there has a star.
ALLOWED = {
    "loki.source.journal": "forward_to* format_as_json labels matches max_age path relabel_rules",
    "loki.source.file": "forward_to* targets* encoding tail_from_end",
    "local.file_match": "path_targets* sync_period",
    "loki.relabel": "forward_to* max_cache_size rule",
    "rule": "action modulus regex replacement separator source_labels target_label",
    "loki.process": "forward_to* stage.json stage.labels stage.timestamp",
    "stage.json": "drop_malformed expressions* source",
    "stage.labels": "values*",
    "stage.timestamp": "action_on_failure fallback_formats format* location source*",
    "loki.write": "endpoint external_labels max_streams",
    "endpoint": "batch_size batch_wait headers name remote_timeout tenant_id url*",
}
DURATION = r"([1-9]\d*(ms|s|m|h))+"
# Loki's settings by their whole names, as its reference lists them, and what may stand in each. A name that it does not
# know ends it at its start.
LOKI = {
    "auth_enabled": "false",
    "server.http_listen_address": r"[\d.]+",
    "server.http_listen_port": r"\d+",
    "server.grpc_listen_address": r"[\d.]+",
    "common.path_prefix": "/.+",
    "common.replication_factor": "1",
    "common.ring.instance_addr": r"[\d.]+",
    "common.ring.kvstore.store": "consul|etcd|inmemory|memberlist|multi",
    "common.storage.filesystem.chunks_directory": "/.+",
    "common.storage.filesystem.rules_directory": "/.+",
    "schema_config.configs.from": r"20\d\d-[01]\d-[0-3]\d",
    "schema_config.configs.store": "tsdb",
    "schema_config.configs.object_store": "filesystem|s3|gcs|azure|swift|bos|cos|alibabacloud",
    "schema_config.configs.schema": "v13",
    "schema_config.configs.index.prefix": r"\w+",
    "schema_config.configs.index.period": "24h",
    "compactor.working_directory": "/.+",
    "compactor.retention_enabled": "true|false",
    "compactor.delete_request_store": "filesystem|s3|gcs|azure|swift|bos|cos|alibabacloud",
    "limits_config.retention_period": DURATION,
    "limits_config.reject_old_samples": "true|false",
    "limits_config.reject_old_samples_max_age": DURATION,
    "analytics.reporting_enabled": "true|false",
}
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
        if found in CONSTANTS:
            continue
        component, _, exported = found.rpartition(".")
        if component not in declared or exported not in EXPORTS.get(declared[component], set()):
            wrong.append(str(found))
    return wrong


def not_allowed(block: Block) -> Iterator[str]:
    """What the reference does not list for a block, and what it must have and has not."""
    for one in block.blocks:
        listed = ALLOWED.get(one.name, "").split()
        told = [*one.values, *(within.name for within in one.blocks)]
        yield from (f"{one.name}.{name}" for name in told if name not in listed and f"{name}*" not in listed)
        yield from (f"{one.name} has no {name[:-1]}" for name in listed if name.endswith("*") and name[:-1] not in told)
        yield from not_allowed(one)


def settings_of_loki(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from settings_of_loki(one, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        for one in value:
            yield from settings_of_loki(one, name)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def wrong_in_loki(text: str) -> list[str]:
    told = list(settings_of_loki(yaml.safe_load(text)))
    return [f"{name}: {value}" for name, value in told if not re.fullmatch(LOKI.get(name, "(?!)"), value)]


def test_lokis_settings_have_names_and_values_that_it_knows():
    assert wrong_in_loki(LOKI_YML) == []
    loki = yaml.safe_load(LOKI_YML)
    # What is past its time is deleted by the compactor, out of the store that there is, in a folder that it may write.
    (schema,) = loki["schema_config"]["configs"]
    assert loki["compactor"]["delete_request_store"] == schema["object_store"]
    assert loki["common"]["storage"].keys() == {schema["object_store"]}
    folders = [*loki["common"]["storage"]["filesystem"].values(), loki["compactor"]["working_directory"]]
    assert all(folder.startswith(loki["common"]["path_prefix"] + "/") for folder in folders)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("retention_enabled", "retention_enable"),
        ("retention_period: 720h", "retention_period: 720"),
        ("delete_request_store", "deletion_request_store"),
        ("analytics:", "analytic:"),
        ("store: inmemory", "store: memory"),
        ("store: tsdb", "store: tsbd"),
        ("period: 24h\n", "period: 12h\n"),
        ("  filesystem:\n", "  file_system:\n"),
    ],
)
def test_a_mistake_in_lokis_settings_would_be_seen(old, new):
    assert old in LOKI_YML
    assert wrong_in_loki(LOKI_YML.replace(old, new, 1))


def test_alloy_can_be_read_and_everything_in_it_leads_to_a_component():
    configuration = read(ALLOY)
    assert [f"{one.name} {one.label}" for one in configuration.blocks] == [
        "loki.source.journal hrassist", "loki.relabel units", "local.file_match nginx", "loki.source.file nginx",
        "loki.process nginx", "loki.process json", "loki.write local",
    ]  # fmt: skip
    assert unresolved(configuration) == []
    assert list(not_allowed(configuration)) == []
    # From the journal and the proxy's file to Loki without a gap.
    by_name = {f"{one.name} {one.label}": one.values for one in configuration.blocks}
    for source, process in (("loki.source.journal hrassist", "json"), ("loki.source.file nginx", "nginx")):
        assert by_name[source]["forward_to"] == [f"loki.process.{process}.receiver"]
        assert by_name[f"loki.process {process}"]["forward_to"] == ["loki.write.local.receiver"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loki.write.local.receiver", "loki.write.locl.receiver"),
        ("loki.relabel.units.rules", "loki.relabel.units.rule"),
        ('stage.labels {\n    values = { level = "" }\n  }', 'stage.labels {\n    values = { level = "" }\n'),
        ('action        = "keep"', 'action        "keep"'),
        ('"12h"', '"12h'),
        ("max_age", "max_agee"),
        ("source_labels", "source_label"),
        ("stage.timestamp", "stage.timestmp"),
        ("expressions =", "expression ="),
        ("    format = ", "    fmt = "),
        ("  forward_to = []\n", ""),
        ("url = ", "uri = "),
        ("endpoint {", "endpoints {"),
    ],
)
def test_a_mistake_in_it_would_be_seen(old, new):
    assert old in ALLOY
    try:
        configuration = read(ALLOY.replace(old, new, 1))
        found = [*unresolved(configuration), *not_allowed(configuration)]
    except ValueError:
        return
    assert found


def asked_of_the_journal() -> tuple[list[str], re.Pattern[str]]:
    """What journalctl would be given, and which units are kept of what it says."""
    (source,) = [one for one in read(ALLOY).blocks if one.name == "loki.source.journal"]
    (kept,) = (rule.values["regex"] for rule in rules() if rule.values.get("action") == "keep")
    return str(source.values.get("matches", "")).split(), re.compile(str(kept))


def rules() -> list[Block]:
    (relabel,) = [one for one in read(ALLOY).blocks if one.name == "loki.relabel"]
    return relabel.blocks


def test_the_log_of_the_proxy_is_read_and_not_the_one_that_quotes_secrets():
    (files,) = [one for one in read(ALLOY).blocks if one.name == "local.file_match"]
    (target,) = files.values["path_targets"]  # type: ignore[misc]
    site = (MONITORING.parent / "nginx/hrassist.conf").read_text()
    assert f"access_log {target['__path__']} hrassist;" in site
    assert (target["__path__"], target["unit"]) == ("/var/log/nginx/hrassist.log", "nginx.service")
    # Its lines have the time as $time_iso8601 says it.
    (process,) = [one for one in read(ALLOY).blocks if (one.name, one.label) == ("loki.process", "nginx")]
    assert '{"ts":"$time_iso8601"' in site
    assert process.blocks[1].values == {"source": "ts", "format": "RFC3339"}


def test_our_units_are_read_and_nothing_of_others():
    matches, kept = asked_of_the_journal()
    # Instances live in slices of their own: a slice would leave every worker out (tests/machine asks a real journal).
    assert not any(one.startswith("_SYSTEMD_SLICE=") for one in matches)
    units = {path.name for path in (MONITORING.parent / "vm" / "systemd").iterdir() if path.suffix == ".service"}
    assert len(units) > 8
    for unit in (*(name.replace("@", "@1") for name in units), "nginx.service", "postgresql@15-main.service"):
        assert kept.fullmatch(unit), unit
    assert not kept.fullmatch("ssh.service")
    # Instances have slices of their own (system-hrassist\x2dworker.slice), which one that is asked for would leave out.
    (journal,) = [one for one in read(ALLOY).blocks if one.name == "loki.source.journal"]
    assert "matches" not in journal.values
    assert journal.values["relabel_rules"] == "loki.relabel.units.rules"


def test_logs_are_kept_for_thirty_days_and_leave_the_machine_nowhere():
    loki = yaml.safe_load(LOKI_YML)
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
