"""From a tag to production: the workflows, and each script that they call."""

from __future__ import annotations

import json
import os
import re
import subprocess
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


def test_what_workflows_say_in_expressions_and_scripts_holds():
    """Types of expressions, what jobs hand to each other, scripts by shellcheck; dependabot's file too."""
    done = run("deploy/scripts/scanner", "jactionlint")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("needs.version.outputs.version", "needs.version.outputs.versoin", 'property "versoin" is not defined'),
        ("needs.image.outputs.digest", "needs.imgae.outputs.digest", 'property "imgae" is not defined'),
        ("steps.push.outputs.digest", "steps.psuh.outputs.digest", 'property "psuh" is not defined'),
        ("needs.image.outputs.digest", "needs.version.outputs.version", 'output "digest" of job "image" is never used'),
        ("!contains(needs.", "!containz(needs.", "undefined function"),
        ("if-no-files-found: error", "if-no-files-fond: error", "if-no-files-fond"),
        ("environment: production", "enviroment: production", "enviroment"),
        ('version=${GITHUB_REF_NAME#v}', "version=${GITHUB_REF_NAME#v", "SC"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_workflow_would_be_seen(tmp_path, old, new, said):
    text = (WORKFLOWS / "release.yml").read_text()
    assert old in text
    (tmp_path / "release.yml").write_text(text.replace(old, new))
    done = run("deploy/scripts/scanner", "jactionlint", tmp_path / "release.yml")
    assert done.returncode == 1
    assert said in done.stdout


def test_a_package_that_advisories_are_not_asked_about_fails_the_job(tmp_path):
    """By the real pip-audit: an editable package is one that it passes over before it asks anybody."""
    passed_over = tmp_path / "requirements.txt"
    passed_over.write_text("-e file:///somewhere#egg=somewhere\n")
    options = ("--disable-pip", "--no-deps", "--skip-editable", "--requirement", passed_over)
    done = run("deploy/scripts/scanner", "pip-audit", *options)
    assert (done.returncode, "somewhere: requirement marked as editable" in done.stderr) == (1, True), done.stderr
    # By itself it says so and ends well.
    itself = run(ROOT / ".venv-scanners/bin/pip-audit", *options)
    assert (itself.returncode, "Skip Reason" in itself.stdout) == (0, True), itself.stdout + itself.stderr
    recipe = run("make", "--dry-run", "--assume-old=install", "audit-packages", "OPTIONS=--format json")
    assert recipe.stdout.splitlines()[-1].startswith("deploy/scripts/scanner pip-audit --require-hashes"), recipe.stderr
    assert recipe.stdout.splitlines()[-1].endswith("--requirement requirements.txt --format json")


def test_a_rollback_does_not_wait_for_a_release_that_waits_for_its_yes():
    rollback = yaml.safe_load((WORKFLOWS / "rollback.yml").read_text())
    assert rollback["concurrency"]["group"] != RELEASE["concurrency"]["group"]
    assert rollback["jobs"]["rollback"]["environment"] == "${{ inputs.environment }}"
    # What keeps two apart on one machine: tests/deploy/test_machine.py.
    assert "flock" in (ROOT / "deploy/vm/common").read_text()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"protection_rules": [{"type": "required_reviewers", "reviewers": [{"type": "User"}]}]}, 0),
        # As GitHub makes one by itself, and with rules that ask nobody.
        ({"name": "production", "protection_rules": []}, 1),
        ({"protection_rules": [{"type": "branch_policy"}, {"type": "wait_timer", "wait_timer": 30}]}, 1),
        ({"protection_rules": [{"type": "required_reviewers", "reviewers": []}]}, 1),
        ({"message": "Not Found", "status": "404"}, 1),
    ],
)
def test_a_release_begins_only_where_somebody_is_asked(answer, code):
    done = subprocess.run(
        ["deploy/scripts/reviewed", "production"],
        cwd=ROOT,
        input=json.dumps(answer),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert ("required reviewers" in done.stderr) == bool(code)
    asked = [step.get("run", "") for step in RELEASE["jobs"]["version"]["steps"]]
    assert any("environments/production" in line and "deploy/scripts/reviewed" in line for line in asked)


def test_what_takes_too_long_for_every_change_runs_each_week():
    weekly = yaml.safe_load((WORKFLOWS / "weekly.yml").read_text())
    [job] = weekly["jobs"].values()
    suites = set(job["strategy"]["matrix"]["suite"])
    every_change = (ROOT / ".ci/run").read_text()
    # Whatever destroys a server or asks a model is in one of the two.
    assert suites == {"drill-full", "test-model"}
    assert not any(re.search(rf"\b{suite}\b", every_change) for suite in suites)
    assert all(f"\n{suite}:" in (ROOT / "Makefile").read_text() for suite in suites)
    assert job["env"]["CI"] == "true"
    # PyYAML reads the word `on` as a yes.
    assert weekly[True]["schedule"]


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
        # On a cluster by the digest of the image that was scanned: tests/deploy/test_helm_roll.py tries it.
        (step,) = (step for step in RELEASE["jobs"][job]["steps"] if "deploy/helm/roll" in step.get("run", ""))
        assert step["env"]["DIGEST"] == "${{ needs.image.outputs.digest }}"
        assert step["env"]["IMAGE"] == RELEASE["jobs"]["image"]["env"]["IMAGE"]
        assert 'roll --smoke "$CLUSTER"' in step["run"]
        assert step["run"].endswith('hrassist hrassist "$IMAGE" "$DIGEST"\n')
        assert refuses_nowhere(RELEASE["jobs"][job]["steps"][1])
    # Both do the same: what staging proves is what production gets.
    staging, production = (RELEASE["jobs"][job]["steps"] for job in ("staging", "production"))
    assert [step for step in staging if step not in production] == [staging[-1]]
    assert [step for step in production if step not in staging] == [production[3]]
    # But that one gives the receipt of its migrations, and the other takes it (test_release_migrations.py).
    assert (staging[-1]["with"]["name"], staging[-1]["with"]["path"]) == ("receipt", "receipt.json")
    assert 'gh run download "$GITHUB_RUN_ID" --name receipt' in production[3]["run"]
    assert staging[:3] + staging[3:-1] == production[:3] + production[4:]


def refuses_nowhere(step: dict[str, Any]) -> bool:
    """Ends where an environment names nothing to bring a release to, and goes on where it names something."""
    neither, machines, cluster = (
        run("bash", "-e", "-c", step["run"], HOSTS=hosts, CLUSTER=cluster).returncode
        for hosts, cluster in (("", ""), ("web1", ""), ("", "https://hr.example.com"))
    )
    return (neither, machines, cluster) == (1, 0, 0) and step["env"] == {
        "HOSTS": "${{ vars.HOSTS }}", "CLUSTER": "${{ vars.CLUSTER }}",
    }  # fmt: skip


def test_the_way_back_goes_wherever_a_release_goes():
    steps = yaml.safe_load((WORKFLOWS / "rollback.yml").read_text())["jobs"]["rollback"]["steps"]
    assert refuses_nowhere(steps[1])
    assert {step["if"]: step["run"].split("deploy/")[1].split('"')[0].strip() for step in steps[2:]} == {
        "${{ vars.HOSTS != '' }}": "vm/roll --back",
        "${{ vars.CLUSTER != '' }}": "helm/roll --back",
    }


def test_no_release_comes_to_staging_that_is_slower_than_promised():
    """Each of them only tells what it measured, unless it is told to be strict."""
    assert "load" in before("staging")
    steps = [step["run"] for step in RELEASE["jobs"]["load"]["steps"] if "run" in step]
    assert steps == [
        "make load OPTIONS=--strict", "make load-stream OPTIONS=--strict", "make bench",
        "make bench-admin OPTIONS=--strict",
    ]  # fmt: skip
    assert not any("continue-on-error" in step or "if" in step for step in RELEASE["jobs"]["load"]["steps"])
    assert "continue-on-error" not in RELEASE["jobs"]["load"]
    for target in ("load", "bench", "bench-admin"):
        recipe = (ROOT / "Makefile").read_text().partition(f"\n{target}:")[2].split("\n\n")[0]
        assert recipe.rstrip().endswith("$(OPTIONS)"), target


def test_every_script_that_a_workflow_calls_is_there():
    called = set()
    for path in WORKFLOWS.iterdir():
        called |= set(re.findall(r"\bdeploy/(?:vm|scripts|container|helm)/[\w-]+", path.read_text()))
        targets = re.findall(r"(?m)^\s*(?:- run: )?make ((?:[a-z-]+ ?)+)", path.read_text())
        for target in {one for line in targets for one in line.split()}:
            assert f"\n{target}:" in (ROOT / "Makefile").read_text(), target
    assert {"deploy/vm/roll", "deploy/helm/roll", "deploy/scripts/version"} <= called
    for name in called - {"deploy/container/Dockerfile"}:
        assert os.access(ROOT / name, os.X_OK), name


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("0.1.0", 0),
        ("0.1.0-rc.1", 0),
        ("9.9.9", 1),
        ("1.0", 1),
        ("v0.1.0", 1),
        ("01.1.0", 1),
        ("0.1.0-..", 1),
        ("0.1.0-01", 1),
        ("0.1.0-rc.01", 1),
        ("0.1.0-0a.7", 0),
    ],
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
