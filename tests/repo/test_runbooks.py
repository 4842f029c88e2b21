"""Each command that a page of docs/infrastructure names exists and takes the options that it is given there."""

from __future__ import annotations

import re
import shlex

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
