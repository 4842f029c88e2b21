"""Each rule of .ci/semgrep.yml finds what it is for, and lets pass what it is not for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from tests.repo.sources import ROOT

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parent / "examples"
RULES = yaml.safe_load((ROOT / ".ci/semgrep.yml").read_text())["rules"]
NAMES = [rule["id"] for rule in RULES]


def example_of(name: str) -> Path:
    (path,) = EXAMPLES.glob(f"{name}.*")
    return path


def lines_marked(path: Path, mark: str) -> set[int]:
    pattern = re.compile(rf"(#|//|<!--) {mark}( -->)?$")
    return {number for number, line in enumerate(path.read_text().splitlines(), 1) if pattern.search(line)}


@cache
def found() -> dict[str, set[int]]:
    """Lines by rule. Where a rule looks is of no account here: the examples stand nowhere in the product."""
    bare = [{key: value for key, value in rule.items() if key != "paths"} for rule in RULES]
    for rule, whole in zip(bare, RULES, strict=True):
        if rule["languages"] == ["generic"]:
            rule["paths"] = whole["paths"]
    # By itself semgrep leaves out whatever lies in a folder of tests.
    with TemporaryDirectory(prefix="rules-") as folder:
        rules = Path(folder, "rules.json")
        rules.write_text(json.dumps({"rules": bare}))
        shutil.copytree(EXAMPLES, Path(folder, "product"))
        done = subprocess.run(
            [ROOT / "deploy/scripts/scanner", "semgrep", "--json", "--config", str(rules), "product"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    report = json.loads(done.stdout)
    assert report["errors"] == [], report["errors"]
    lines: dict[str, set[int]] = {}
    for one in report["results"]:
        name = one["check_id"].rpartition(".")[2]
        if Path(one["path"]).stem == name:
            lines.setdefault(name, set()).add(one["start"]["line"])
    return lines


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_finds_its_bad_lines_and_no_good_one(name):
    path = example_of(name)
    bad, good = lines_marked(path, "bad"), lines_marked(path, "good")
    assert len(bad) >= 2
    assert good
    assert found().get(name, set()) == bad


def test_every_example_has_a_rule_and_every_rule_says_what_to_do():
    assert {path.stem for path in EXAMPLES.iterdir()} == set(NAMES)
    assert [rule["id"] for rule in RULES if len(rule["message"]) < 30 or rule["severity"] != "ERROR"] == []


def test_who_lets_a_line_pass_says_why():
    product = [path for folder in ("hrassist", "candidates", "jobs", "audit") for path in (ROOT / folder).rglob("*.py")]
    marks = [line for path in product for line in path.read_text().splitlines() if "nosemgrep" in line]
    assert marks
    for line in marks:
        assert re.search(rf"# nosemgrep: ({'|'.join(NAMES)}) -- \w+", line), line


@pytest.mark.parametrize("name", ["no-way-out-but-egress", "no-csrf-exempt", "no-table-but-by-tables"])
def test_no_file_is_left_out_that_is_not_there(name):
    (rule,) = (rule for rule in RULES if rule["id"] == name)
    for path in rule["paths"]["exclude"]:
        assert (ROOT / path).exists(), path
