"""What docs/testing.md says of the tests is so: they exist, and so do the commands and markers that it names."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import tomllib
from contextlib import nullcontext

import pytest

from tests.repo.sources import ROOT, parsed
from tests.restore import figures
from tests.restore.cluster import Tree

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


def test_the_full_drill_is_of_the_size_that_the_guide_says_and_of_another_where_one_is_given():
    def told(**given):
        asked = ["make", "--print-data-base", "--question", "drill-full"]
        environment = {"PATH": os.environ["PATH"], **given}
        done = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return dict(
            re.findall(r"^(?:drill-full: )?HRASSIST_PROOF_(MB|ARCHIVE_TIMEOUT) = (\d+)$", done.stdout, re.MULTILINE)
        )

    assert "A server of 2 GB with pgBackRest, two S3 servers and `archive_timeout = 45`" in TEXT
    assert told() == {"MB": "2048", "ARCHIVE_TIMEOUT": "45"}
    assert told(HRASSIST_PROOF_MB="0") == {"MB": "0", "ARCHIVE_TIMEOUT": "45"}


@pytest.mark.parametrize(("asked", "megabytes", "taken"), [(2048, 1999, False), (2048, 2000, True), (0, 17, True)])
def test_a_figure_of_a_database_smaller_than_was_asked_for_is_refused(monkeypatch, asked, megabytes, taken):
    monkeypatch.setenv("HRASSIST_PROOF_MB", str(asked))
    monkeypatch.delenv("HRASSIST_PROOF_FIGURES", raising=False)
    monkeypatch.setattr(figures, "size", lambda _tree: megabytes)
    monkeypatch.setattr(figures, "taken", [])
    tree = Tree(root=ROOT, port=1, ports=(2, 3), folder=ROOT)
    with nullcontext() if taken else pytest.raises(AssertionError, match="has 1999 MB, and was to have 2000"):
        figures.take(tree, "one", rpo=1, rto=1)


def test_the_markers_are_those_of_the_project():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    section = TEXT.split("## Markers")[1].split("##")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == {
        one.split(":")[0] for one in settings["markers"]
    }  # fmt: skip


def test_the_guide_was_read():
    assert len(NAMED) > 50
    assert len(TARGETS) > 5
