"""`.ci/run` tries every suite once, lets none fail or skip in silence, and keeps the two lanes apart."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repo.sources import ROOT

# Stands for make: says whose folder it is given, and ends as the test wants.
MAKE = """#!/bin/bash
echo "$1 $2 $HRASSIST_VAR_DIR" >> "$CALLS"
echo "$PYTHONDONTWRITEBYTECODE" >> "$CALLS.uncompiled"
# The first of one lane ends when the other has begun.
[[ $1 != check ]] || timeout 20 bash -c 'until grep -q ^test-rollout "$CALLS"; do sleep 0.02; done'
case $1 in
  $FAILS) echo "1 failed, 2 passed in 1s"; exit 2 ;;
  $SKIPS) echo "SKIPPED [1] no such tool"; echo "2 passed, 1 skipped in 1s" ;;
  *) echo "3 passed in 1s" ;;
esac
"""
# Asked for by hand: the internet, another machine's load or hours are needed, or nothing is checked.
BY_HAND = {"test-model"}
TARGETS = set(
    re.findall(r"^(check|test[a-z-]*|bench-facts|bench-reports):", (ROOT / "Makefile").read_text(), re.MULTILINE)
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {"bin/make": MAKE, "deploy/scripts/system-packages": "#!/bin/bash\n"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    return tmp_path


def run(project: Path, *, fails: str = "none", skips: str = "none") -> tuple[int, str, list[list[str]]]:
    """Its exit code, what it printed, and the calls of make: target, option, folder of variable data."""
    calls = project / "calls"
    environment = os.environ | {"CALLS": str(calls), "FAILS": fails, "SKIPS": skips}
    environment["PATH"] = f"{project}/bin:{environment['PATH']}"
    environment.pop("HRASSIST_VAR_DIR", None)
    done = subprocess.run(
        ["bash", ".ci/run"], cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, [line.split(" ") for line in calls.read_text().splitlines()]


def test_every_suite_of_the_makefile_is_tried_once(project: Path) -> None:
    code, said, calls = run(project)
    assert code == 0, said
    assert sorted(target for target, _, _ in calls) == sorted([*TARGETS - BY_HAND, "install", "psql", "psql"])
    assert len(TARGETS) > 12
    assert calls[0][0] == "install"


def test_a_benchmark_is_held_to_its_targets_and_measures_when_nothing_else_runs(project: Path) -> None:
    _, _, calls = run(project)
    assert {option for target, option, _ in calls if target.startswith("bench-")} == {"OPTIONS=--strict"}
    assert calls[-1] == ["bench-reports", "OPTIONS=--strict", ""]


def test_what_was_compiled_is_kept_on_a_machine_that_says_otherwise(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run(project)
    assert set((project / "calls.uncompiled").read_text().splitlines()) == {""}


def test_two_lanes_work_side_by_side_each_with_a_database_of_its_own(project: Path) -> None:
    _, _, calls = run(project)
    folders = {target: folder for target, _, folder in calls}
    assert folders["check"] == f"{project}/var/ci/lane-one"
    assert folders["test-rollout"] == f"{project}/var/ci/lane-two"
    assert set(folders.values()) == {"", folders["check"], folders["test-rollout"]}


@pytest.mark.parametrize("suite", ["check", "test", "test-rollout", "bench-reports"])
def test_one_suite_that_fails_fails_the_run_after_all_the_others(project: Path, suite: str) -> None:
    code, said, calls = run(project, fails=suite)
    assert code == 1
    assert said.splitlines()[-1] == f"failed: {suite}"
    assert f"--- make {suite}: exit 2 after" in said
    assert {target for target, _, _ in calls} >= TARGETS - BY_HAND


def test_a_test_that_was_skipped_fails_the_run_and_is_named(project: Path) -> None:
    code, said, _ = run(project, skips="test-storage")
    assert code == 1
    assert "SKIPPED [1] no such tool" in said
    assert said.splitlines()[-1] == "failed: test-storage"


def test_what_a_suite_says_stands_together(project: Path) -> None:
    _, said, _ = run(project)
    lines = said.splitlines()
    for target in TARGETS - BY_HAND:
        end = next(number for number, line in enumerate(lines) if line.startswith(f"--- make {target}: exit 0"))
        assert lines[end - 1] == "3 passed in 1s"


# What measures under a load that nothing else may add to is part of a release, on a machine of its own. Asked for by
# hand are ten million events, and what only writes down what this machine can do.
MEASURED = (
    set(re.findall(r"^(load[a-z-]*|bench[a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    - TARGETS
    - {"bench-audit", "bench-capacity"}
)
# Told and held to no bound there: why is said beside it.
TOLD = {"bench"}


def test_what_measures_under_load_is_held_to_its_bounds_in_every_release() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text()
    jobs = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", text.partition("\njobs:\n")[2], re.MULTILINE))
    asked = set(re.findall(r"^      - run: make (\S+)(?: OPTIONS=(\S+))?$", jobs["load"], re.MULTILINE))
    assert asked == {(one, "" if one in TOLD else "--strict") for one in MEASURED}
    assert {"load", "load-stream", "bench-admin"} <= MEASURED


# By marker, where its target looks for it.
LOOKED_IN = {
    marker: re.findall(r"tests/[\w/.]+", line)
    for line in (ROOT / "Makefile").read_text().splitlines()
    for marker in re.findall(r"pytest -rs.* -m \"?(\w+)", line)
    if marker != "not"
}


@pytest.mark.parametrize("marker", sorted(LOOKED_IN))
def test_a_target_looks_wherever_a_test_has_its_marker(marker: str) -> None:
    own = re.compile(
        rf"^(?:pytestmark = .*|@|    )pytest\.mark\.{marker}\b|^pytestmark = .*mark\.{marker}\b", re.MULTILINE
    )
    marked = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py") if own.search(path.read_text())]
    looked = [Path(one) for one in LOOKED_IN[marker]]
    assert [str(one) for one in marked if not any(one.is_relative_to(folder) for folder in looked)] == []
    assert marked


def test_the_markers_of_targets_were_found() -> None:
    assert len(LOOKED_IN) > 8
