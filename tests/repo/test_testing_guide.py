"""What docs/testing.md says of the tests is so: they exist, and so do the commands and markers that it names."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest

from tests.repo.sources import ROOT, parsed

TEXT = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", TEXT)))
TARGETS = sorted(set(re.findall(r"\bmake ([a-z-]+)`", TEXT)))
FILES = sorted({file for file, _ in NAMED})


@pytest.mark.parametrize("file", FILES)
def test_a_named_test_exists(file):
    module = parsed(ROOT / "tests" / "browser" / file)
    there = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert {name for its_file, name in NAMED if its_file == file} <= there


def test_every_file_of_browser_tests_proves_some_page():
    # The checksum is no page.
    files = {path.name for path in (ROOT / "tests" / "browser").glob("test_*.py")} - {"test_md5.py"}
    assert files == set(FILES)


@pytest.mark.parametrize("target", TARGETS)
def test_a_named_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_markers_are_those_of_the_project():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    section = TEXT.split("## Markers")[1].split("##")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == {
        one.split(":")[0] for one in settings["markers"]
    }  # fmt: skip


def test_the_guide_was_read():
    assert len(NAMED) > 50
    assert len(TARGETS) > 5
