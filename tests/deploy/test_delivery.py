"""From a tag to production: the workflows, and each script that they call."""

from __future__ import annotations

import os
import re
import tarfile
from typing import Any

import pytest
import yaml

from tests.deploy.tools import run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
WORKFLOWS = ROOT / ".github/workflows"
RELEASE: dict[str, Any] = yaml.safe_load((WORKFLOWS / "release.yml").read_text())


def test_workflows_are_valid_by_their_schema():
    schema = ("--builtin-schema", "vendor.github-workflows")
    done = run("deploy/scripts/scanner", "check-jsonschema", *schema, *sorted(WORKFLOWS.iterdir()))
    assert done.returncode == 0, done.stdout


def before(job: str) -> set[str]:
    needs = RELEASE["jobs"][job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct | {one for name in direct for one in before(name)}


def test_nothing_comes_to_production_but_by_everything_else_and_a_persons_yes():
    assert before("production") == {"version", "checks", "archive", "image", "load", "staging"}
    assert RELEASE["jobs"]["production"]["environment"] == "production"
    assert RELEASE["jobs"]["staging"]["environment"] == "staging"
    assert "contains(needs.version.outputs.version, '-')" in RELEASE["jobs"]["production"]["if"]
    for job in ("staging", "production"):
        # Released, asked from outside, and back where it does not hold: tests/deploy/test_roll.py tries it.
        rolled = 'deploy/vm/roll --smoke "$SITE" "$carried" receipt.json "hrassist-$VERSION.tar.gz"'
        assert rolled in str(RELEASE["jobs"][job]["steps"])
    # Both do the same: what staging proves is what production gets.
    staging, production = (RELEASE["jobs"][job]["steps"] for job in ("staging", "production"))
    assert [step for step in staging if step not in production] == [staging[-1]]
    assert [step for step in production if step not in staging] == [production[2]]
    # But that one gives the receipt of its migrations, and the other takes it (test_release_migrations.py).
    assert (staging[-1]["with"]["name"], staging[-1]["with"]["path"]) == ("receipt", "receipt.json")
    assert 'gh run download "$GITHUB_RUN_ID" --name receipt' in production[2]["run"]
    assert staging[2:-1] == production[3:]


def test_every_script_that_a_workflow_calls_is_there():
    called = set()
    for path in WORKFLOWS.iterdir():
        called |= set(re.findall(r"\bdeploy/(?:vm|scripts|container)/[\w-]+", path.read_text()))
        targets = re.findall(r"(?m)^\s*(?:- run: )?make ((?:[a-z-]+ ?)+)", path.read_text())
        for target in {one for line in targets for one in line.split()}:
            assert f"\n{target}:" in (ROOT / "Makefile").read_text(), target
    assert {"deploy/vm/roll", "deploy/scripts/version"} <= called
    for name in called - {"deploy/container/Dockerfile"}:
        assert os.access(ROOT / name, os.X_OK), name


@pytest.mark.parametrize(
    ("version", "code"), [("0.1.0", 0), ("0.1.0-rc.1", 0), ("9.9.9", 1), ("1.0", 1), ("v0.1.0", 1), ("01.1.0", 1)]
)
def test_a_tag_is_a_semantic_version_that_the_sources_have(version, code):
    assert run("deploy/scripts/version", version).returncode == code


@pytest.mark.slow
def test_the_archive_holds_what_runs_and_its_static_files(tmp_path):
    done = run("deploy/scripts/release-archive", "0.1.0", tmp_path, timeout=400)
    assert done.returncode == 0, done.stderr
    path, sum_ = done.stdout.split()
    assert len(sum_) == 64
    with tarfile.open(path) as file:
        names = set(file.getnames())
        assert {member.uid for member in file} == {0}
    assert {"manage.py", "requirements.txt", "static/staticfiles.json", "deploy/vm/release"} <= names
    assert "docs/infrastructure/incidents.md" in names
    beside = [name for name in names if name.startswith("docs/") and not name.startswith("docs/infrastructure")]
    assert beside == []
    assert not [name for name in names if name.startswith(("tests", "var")) or "__pycache__" in name]
