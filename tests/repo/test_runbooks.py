"""Each command that a page of docs/infrastructure names exists and takes the options that it is given there."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest
from django.core.management import get_commands, load_command_class

from tests.repo.sources import ROOT

PAGES = sorted((ROOT / "docs" / "infrastructure").glob("*.md"))
LINES = sorted({
    (page.name, line)
    for page in PAGES
    for line in re.findall(r"(?:^ +|`)manage\.py ([a-z_]+(?: [^`\n]*)?)", page.read_text(), re.MULTILINE)
})  # fmt: skip
RUNBOOKS = {
    "lost-server", "bad-deploy", "one-resume", "ransomware", "lost-key", "place-gone", "archive-failing",
    "managed-postgresql",
}  # fmt: skip


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda one: one[:60])
def test_a_named_command_takes_its_options(page: str, line: str) -> None:
    words = shlex.split(line)
    assert words[0] in get_commands(), page
    app = get_commands()[words[0]]
    command = app if not isinstance(app, str) else load_command_class(app, words[0])
    parser = command.create_parser("manage.py", words[0])
    known = set(parser._option_string_actions)
    assert {word for word in words[1:] if word.startswith("--")} <= known


def test_every_page_is_there_and_is_found_from_the_first() -> None:
    assert {page.stem for page in PAGES} >= RUNBOOKS
    first = (ROOT / "docs" / "infrastructure" / "backup.md").read_text()
    assert all(f"({name}.md)" in first for name in RUNBOOKS)


def test_the_pages_were_read() -> None:
    assert len(LINES) > 25


UNITS = {path.name for path in (ROOT / "deploy/vm/systemd").iterdir()}
# hrassist-web of Kubernetes and what people type (hrassist-release) are no units: only what systemctl or -u is given.
_UNIT = re.compile(r"(?:systemctl [a-z-]+(?: --now)?|(?<=journalctl )-u| -u|--unit) '?(hrassist[\w.@*-]*)")
NAMED = sorted({
    (page.name, unit.rstrip("."))
    for page in sorted((ROOT / "docs").rglob("*.md"))
    for unit in _UNIT.findall(page.read_text())
})  # fmt: skip


@pytest.mark.parametrize(("page", "unit"), NAMED)
def test_a_named_unit_is_one_that_we_ship_or_an_instance_of_one(page: str, unit: str) -> None:
    name = unit if unit.endswith((".service", ".socket", ".timer", ".target")) else f"{unit}.service"
    assert re.sub(r"@[\w*]+\.", "@.", name) in UNITS or unit in {"hrassist*", "hrassist-*"}, page


def test_parts_of_the_diagram_are_units_that_we_ship() -> None:
    table = (ROOT / "docs/infrastructure/architecture.md").read_text()
    named = re.findall(r"`(hrassist-[\w@.]+)`", table)
    assert len(named) > 4
    for unit in named:
        assert re.sub(r"@\w+", "@", unit if "." in unit else f"{unit}.service") in UNITS, unit


def test_units_were_read() -> None:
    assert len(NAMED) > 12


def test_the_step_to_a_pooler_sets_what_its_description_sets() -> None:
    """A web process that is not told of its pooler is refused by it."""
    row = next(line for line in (ROOT / "docs/scaling.md").read_text().splitlines() if line.startswith("| PgBouncer"))
    described = (
        (ROOT / "docs/infrastructure/deploy.md").read_text().partition("- Many web processes:")[2].partition("\n- ")[0]
    )
    named = re.compile(r"HRASSIST_\w+=\w+|DATABASE_URL")
    assert set(named.findall(row)) == set(named.findall(described)) >= {"HRASSIST_DB_POOLED=on"}


def test_the_memory_of_the_scale_triggers_is_what_capacity_reckons_with() -> None:
    planned = tomllib.loads((ROOT / "config/capacity.toml").read_text())["plan"]
    page = (ROOT / "docs/infrastructure/scaling-triggers.md").read_text()
    told = re.search(r"web processes need (\d+) MB each, worker and stream (\d+) together", page)
    assert told is not None
    assert [int(one) for one in told.groups()] == [planned["web_mb"], planned["worker_mb"]]
