"""What hrassist is made of is listed with hashes and licences, and what CI runs is pinned."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.repo.sources import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def locked() -> dict[tuple[str, str], set[str]]:
    """Name and version of each locked package, with its hashes."""
    found: dict[tuple[str, str], set[str]] = {}
    for block in re.split(r"\n(?=[a-zA-Z0-9])", (ROOT / "requirements.txt").read_text()):
        if head := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\\n]+)", block):
            found[head[1], head[2]] = set(re.findall(r"sha256:([0-9a-f]{64})", block))
    return found


@pytest.fixture(scope="module")
def sbom_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / ".ci/sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bom(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    done = subprocess.run(
        [sys.executable, ".ci/sbom.py", str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_every_locked_package_is_listed_with_its_hashes_and_a_licence(bom):
    listed = {(one["name"], one["version"]): {found["content"] for found in one["hashes"]} for one in bom["components"]}
    assert len(listed) > 90
    assert listed == locked()
    assert [one["name"] for one in bom["components"] if not one["licenses"][0]["expression"]] == []


def test_the_list_is_valid_cyclonedx(bom):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bom)) is None
    assert bom["metadata"]["component"]["name"] == "hrassist"


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MIT AND (GPL-3.0-only OR SSPL-1.0)", False),
        ("AGPL-3.0-only", False),
        ("LicenseRef-Proprietary", False),
    ],
)
def test_a_licence_is_allowed_by_its_parts(sbom_module, expression, allowed):
    assert sbom_module.is_allowed(expression) is allowed


def test_an_unknown_and_a_forbidden_licence_stop_it(sbom_module):
    document = {"components": [{"name": "a"}, {"name": "b", "licenses": [{"expression": "AGPL-3.0-only"}]}]}
    unknown, forbidden = sbom_module.wrong_licences(document)
    assert unknown.startswith("a: its licence is not known")
    assert forbidden == "b: AGPL-3.0-only is not allowed by .ci/licences.toml"


def test_the_table_of_licences_names_only_what_is_locked(sbom_module):
    assert set(sbom_module.POLICY["packages"]) - {name for name, _ in locked()} == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", ".ci/scanners.txt"])
def test_every_requirement_has_a_hash(name):
    text = (ROOT / name).read_text()
    blocks = [block for block in re.split(r"\n(?=[a-zA-Z0-9])", text) if "==" in block]
    assert len(blocks) > 50
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


# --- CI ---------------------------------------------------------------------------------------------------------------


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_says_which_version_that_is(path):
    used = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    for line in used:
        assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_keeps_no_credentials(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_the_same_action_is_pinned_to_one_commit_everywhere():
    pins: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for step in steps(path):
            if uses := step.get("uses"):
                action, _, commit = uses.partition("@")
                pins.setdefault("/".join(action.split("/")[:2]), set()).add(commit)
    assert {name: commits for name, commits in pins.items() if len(commits) > 1} == {}


def test_what_needs_the_internet_runs_there_daily():
    text = (ROOT / ".github/workflows/security.yml").read_text()
    for tool in (
        "audit-packages",
        "trivy-action",
        "gitleaks-action",
        "codeql-action",
        "zaproxy/action-baseline",
        "cron:",
    ):
        assert tool in text


def test_who_asks_for_advisories_fails_over_what_could_not_be_looked_at():
    """tests/deploy/test_delivery.py lets the real one show the difference."""
    files = [ROOT / "Makefile", *WORKFLOWS, *(path for path in (ROOT / ".ci").rglob("*") if path.is_file())]
    files += [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    calls = {
        (path.name, line.strip())
        for path in files
        if path.suffix not in {".txt", ".in", ".pyc"}
        for line in path.read_text().splitlines()
        if re.search(r"pip[-_]audit\s+(--?\w|\"\$)", line) and not line.strip().startswith("#")
    }
    assert {name for name, _ in calls} == {"Makefile", "scanner"}
    for _, line in calls:
        assert "deploy/scripts/scanner pip-audit " in line or "exec pip-audit --strict " in line, line


def test_make_check_runs_the_scanners_that_need_no_internet():
    recipe = (ROOT / "Makefile").read_text().partition("\ncheck: install")[2].partition("\n.PHONY")[0]
    for tool in (
        "bandit",
        "semgrep --config .ci/semgrep.yml",
        "zizmor",
        "jactionlint",
        "detect-secrets-hook",
        ".ci/sbom.py --check",
    ):
        assert tool in recipe
    assert "requirements-current" in recipe


def test_dependencies_are_looked_after():
    ecosystems = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    assert {one["package-ecosystem"] for one in ecosystems} == {"pip", "github-actions", "docker-compose"}
    assert all((ROOT / one["directory"].lstrip("/")).is_dir() for one in ecosystems)
