"""What docs/security.md claims is proven by tests that are there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from hrassist.models import ApiToken
from tests.repo.sources import ROOT

GUIDE = (ROOT / "docs/security.md").read_text()
ROWS = re.findall(r"^\| (V[\d.]+) \| (.+?) \| (.+?) \|$", GUIDE, re.MULTILINE)
TRIED = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", GUIDE, re.MULTILINE)
CLAIMS = [tests for _, _, tests in ROWS] + [tests for _, _, tests, _ in TRIED]
NAMED = sorted({test for tests in CLAIMS for test in re.findall(r"`([^`]+\.py(?:::\w+)?)`", tests)})


@cache
def functions_in(name: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / name).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_is_there(named):
    path, _, test = named.partition("::")
    assert (ROOT / "tests" / path).exists(), named
    assert not test or test in functions_in(path), named


def test_every_item_has_a_test_and_stands_once():
    items = [item for item, _, _ in ROWS]
    assert len(items) >= 30
    assert len(items) == len(set(items))
    assert [item for item, _, tests in ROWS if "`" not in tests] == []
    assert len(ROWS) == len(re.findall(r"^\| V", GUIDE, re.MULTILINE))


def test_every_attack_that_is_tried_names_its_tests_and_what_was_found():
    numbers = [int(number) for number, _, _, _ in TRIED]
    assert numbers == sorted(set(numbers))
    assert {*range(1, 15), 20, 21, 22, 27, 29, 30} <= set(numbers)
    assert [number for number, _, tests, _ in TRIED if "::" not in tests] == []
    assert len(TRIED) == len(re.findall(r"^\| \d+ \|", GUIDE, re.MULTILINE))


def test_every_chapter_that_concerns_us_is_there():
    chapters = {item.partition(".")[0] for item, _, _ in ROWS}
    assert {"V1", "V2", "V3", "V4", "V5", "V6", "V8", "V11", "V12", "V13", "V14", "V15", "V16"} <= chapters


def test_the_pattern_for_secret_scanners_finds_our_tokens():
    policy = (ROOT / ".github/SECURITY.md").read_text()
    (pattern,) = re.findall(r"API tokens match `([^`]+)`", policy)
    for _ in range(20):
        token, _ = ApiToken.generate()
        assert re.fullmatch(pattern, token)
    assert not re.search(pattern, "hra_example")


def test_the_readme_leads_to_both():
    readme = (ROOT / "README.md").read_text()
    assert ".github/SECURITY.md" in readme
    assert "docs/security.md" in readme
