"""From a tag to production: the workflows, and each script that they call."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path
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
        text = str(RELEASE["jobs"][job]["steps"])
        assert text.index("deploy/vm/roll") < text.index("deploy/scripts/smoke")
        assert "hrassist-rollback" in text
    # Both do the same: what staging proves is what production gets.
    assert RELEASE["jobs"]["staging"]["steps"] == RELEASE["jobs"]["production"]["steps"]


def test_every_script_that_a_workflow_calls_is_there():
    called = set()
    for path in WORKFLOWS.iterdir():
        called |= set(re.findall(r"\bdeploy/(?:vm|scripts|container)/[\w-]+", path.read_text()))
        targets = re.findall(r"(?m)^\s*(?:- run: )?make ((?:[a-z-]+ ?)+)", path.read_text())
        for target in {one for line in targets for one in line.split()}:
            assert f"\n{target}:" in (ROOT / "Makefile").read_text(), target
    assert {"deploy/vm/roll", "deploy/scripts/smoke", "deploy/scripts/version"} <= called
    for name in called - {"deploy/container/Dockerfile"}:
        assert os.access(ROOT / name, os.X_OK), name


@pytest.mark.parametrize(
    ("version", "code"), [("0.1.0", 0), ("0.1.0-rc.1", 0), ("9.9.9", 1), ("1.0", 1), ("v0.1.0", 1), ("01.1.0", 1)]
)
def test_a_tag_is_a_semantic_version_that_the_sources_have(version, code):
    assert run("deploy/scripts/version", version).returncode == code


# --- One machine after the other --------------------------------------------------------------------------------------


@pytest.fixture
def by_ssh(tmp_path: Path) -> Path:
    """ssh and scp that write down what they were asked; a host named `bad…` refuses releases."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("ssh", "scp"):
        (folder / name).write_text(
            "#!/bin/bash\nwhile [[ $1 == -* ]]; do [[ $1 != -o ]] || shift; shift; done\n"
            f'echo "{name} $*" >> {tmp_path}/asked\n'
            '[[ "$1" == bad* && "$*" == *hrassist-release* ]] && exit 1\nexit 0\n'
        )
        (folder / name).chmod(0o755)
    (tmp_path / "hrassist.tar.gz").write_bytes(b"release")
    return tmp_path


def roll(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    (folder / "asked").write_text("")
    path = f"{folder}/bin:{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / "deploy/vm/roll", *arguments], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    return done, (folder / "asked").read_text().splitlines()


def test_machines_are_released_one_after_the_other(by_ssh):
    done, asked = roll(by_ssh, str(by_ssh / "hrassist.tar.gz"), "1.4.0", "one", "two")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0:2] for line in asked if line.startswith("ssh")] == [["ssh", "one"], ["ssh", "two"]]
    assert re.search(r"ssh one sudo hrassist-release --sha256 [0-9a-f]{64} hrassist-1\.4\.0\.tar\.gz 1\.4\.0", asked[1])


def test_when_one_refuses_those_before_it_go_back_and_those_behind_it_are_left(by_ssh):
    done, asked = roll(by_ssh, str(by_ssh / "hrassist.tar.gz"), "1.4.0", "one", "bad", "three")
    assert done.returncode == 1
    assert "bad refused 1.4.0; 1 released machines go back." in done.stderr
    assert asked[-1] == "ssh one sudo hrassist-rollback"
    assert not [line for line in asked if "three" in line]


def test_all_go_back_by_name(by_ssh):
    done, asked = roll(by_ssh, "--back", "1.3.0", "one", "two")
    assert done.returncode == 0, done.stderr
    assert asked == ["ssh one sudo hrassist-rollback 1.3.0", "ssh two sudo hrassist-rollback 1.3.0"]


@pytest.mark.parametrize("version", ["1.4.0; reboot", "$(id)", ""])
def test_a_version_that_a_shell_would_read_is_refused(by_ssh, version):
    done, asked = roll(by_ssh, "--back", version, "one")
    assert done.returncode != 0
    assert asked == []


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
    assert not [name for name in names if name.startswith(("tests", "docs", "var")) or "__pycache__" in name]
