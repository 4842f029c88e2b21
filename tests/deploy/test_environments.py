"""The three environments are one product: the same variables, and only the named ones differ."""

from __future__ import annotations

import itertools
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.machine import settings_of
from tests.deploy.tools import run
from tests.repo.sources import ROOT

FOLDER = ROOT / "deploy" / "environments"
NAMES = ("development", "staging", "production")
ALLOWED = tomllib.loads((FOLDER / "differences.toml").read_text())
FILES = {name: settings_of((FOLDER / f"{name}.env").read_text()) for name in NAMES}


def test_all_three_have_the_same_variables_in_the_same_order():
    assert list(FILES["development"]) == list(FILES["staging"]) == list(FILES["production"])


def test_staging_differs_from_production_in_exactly_what_it_must():
    differing = {name for name in FILES["staging"] if FILES["staging"][name] != FILES["production"][name]}
    assert differing == set(ALLOWED["own"])


def test_development_differs_only_in_what_it_may():
    differing = {name for name in FILES["development"] if FILES["development"][name] != FILES["production"][name]}
    assert differing <= set(ALLOWED["own"]) | set(ALLOWED["development"])
    assert set(ALLOWED["development"]) <= differing


def test_every_variable_is_one_that_is_read():
    example = (ROOT / "config/env.example").read_text()
    for name in [*FILES["production"], *ALLOWED["own_secrets"]]:
        assert f"\n{name}=" in example or f"\n#{name}=" in example, name


def test_no_secret_stands_in_any_of_them():
    example = (ROOT / "config/env.example").read_text().splitlines()
    secret = {
        line.lstrip("#").partition("=")[0]
        for before, line in itertools.pairwise(example)
        if before.endswith("Secret.") and "=" in line
    }
    assert len(secret) > 10
    for name, settings in FILES.items():
        assert secret & set(settings) == set(), name


TELL_SETTINGS = """
import django
django.setup()
from django.conf import settings
for name in sorted(name for name in dir(settings) if name.isupper()):
    value = getattr(settings, name)
    print(name, sorted(value) if isinstance(value, (set, frozenset)) else repr(value))
"""


def test_development_says_what_there_is_without_any_file(monkeypatch):
    """As `make run` starts everything: in the tree, with HRASSIST_ENV and nothing else of what the file names."""
    for name in FILES["development"]:
        monkeypatch.delenv(name, raising=False)
    told = {
        said: run(sys.executable, "-c", TELL_SETTINGS, DJANGO_SETTINGS_MODULE="hrassist.settings", **settings)
        for said, settings in {"none": {"HRASSIST_ENV": "development"}, "file": FILES["development"]}.items()
    }
    assert [done.returncode for done in told.values()] == [0, 0], [done.stderr for done in told.values()]
    # The file names folders from where it is read; without it they are named from the root.
    lines = {said: done.stdout.replace(f"{ROOT}/var", "var").splitlines() for said, done in told.items()}
    assert len(lines["none"]) > 200
    assert set(lines["file"]) ^ set(lines["none"]) == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_accepted_by_the_checks_of_a_start(name, tmp_path):
    settings = FILES[name] | {
        "HRASSIST_VAR_DIR": str(tmp_path),
        "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "HRASSIST_ERASURE_LEDGER_KEY": "k9" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "DATABASE_URL": "postgresql://hrassist_app@127.0.0.1:1/hrassist",
    }
    done = run(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "ERROR", **settings)
    assert done.returncode == 0, done.stderr


def shipped() -> list[str]:
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    return [path for path in run(*listed).stdout.splitlines() if (ROOT / path).is_file()]


def images(value: Any) -> Iterator[str]:
    """Whatever an `image` says, wherever it stands in a document."""
    if isinstance(value, dict):
        yield from (found for found in [value.get("image")] if isinstance(found, str))
        for one in value.values():
            yield from images(one)
    elif isinstance(value, list):
        for one in value:
            yield from images(one)


def test_there_is_one_recipe_of_an_image_and_it_knows_no_environment():
    recipes = [path for path in shipped() if re.search(r"(Docker|Container)file(?!\.dockerignore)", Path(path).name)]
    assert recipes == ["deploy/container/Dockerfile"]
    text = (ROOT / recipes[0]).read_text()
    assert re.findall(r"(?m)^FROM (\S+)", text) == ["${BASE}", "${BASE}"]
    assert not re.search(r"staging|production|development|HRASSIST_ENV", text)


def test_compose_runs_that_image_in_every_part_of_ours_and_builds_none():
    composed = [path for path in shipped() if Path(path).parent.name == "compose" and path.endswith((".yaml", ".yml"))]
    assert [Path(path).name for path in composed] == ["compose.yaml", "monitoring.yaml"]
    services: dict[str, dict[str, Any]] = {}
    for path in composed:
        for name, service in yaml.safe_load((ROOT / path).read_text())["services"].items():
            extended = service.get("extends", {})
            services[name] = services.get(extended.get("service"), {}) | service
    ours = {name for name, service in services.items() if "hrassist.env" in str(service.get("env_file", ""))}
    assert {"web", "stream", "worker", "migrate", "metrics"} <= ours
    assert {services[name]["image"] for name in ours} == {"${HRASSIST_IMAGE:-hrassist:latest}"}
    for name in services.keys() - ours:
        assert "hrassist" not in services[name]["image"], name
    assert not [name for name, service in services.items() if "build" in service]
    for path in composed:
        assert not re.search(r"HRASSIST_ENV|staging", (ROOT / path).read_text()), path


def test_the_chart_names_images_in_one_place_and_no_environment():
    templates = [path for path in shipped() if path.startswith("deploy/helm/hrassist/templates/")]
    assert len(templates) >= 10
    named = Counter(
        (Path(path).name, said)
        for path in templates
        for said in re.findall(r"(?m)^\s*(?:- )?image: (.+)$", (ROOT / path).read_text())
    )
    assert named == {
        ("_names.tpl", '{{ include "hrassist.image" . }}'): 1,
        ("_names.tpl", "{{ .Values.scanner.image }}"): 1,
        # PostgreSQL's own programs, of a version that the installation chooses.
        ("_names.tpl", "{{ .Values.backup.programs.image }}"): 1,
    }
    for path in templates:
        assert not re.search(r"\b(staging|production|development)\b", (ROOT / path).read_text()), path


def test_what_a_release_builds_is_built_once_and_brought_to_both_by_its_digest():
    workflows = {path: yaml.safe_load((ROOT / path).read_text()) for path in shipped() if "/workflows/" in path}
    assert len(workflows) >= 3
    steps = {
        (Path(path).name, job): "\n".join(f"{step.get('run', '')} {step.get('uses', '')}" for step in said["steps"])
        for path, workflow in workflows.items()
        for job, said in workflow["jobs"].items()
    }
    building = re.compile(r"\b(docker|buildah|podman) (buildx )?build\b|container/build|build-push-action")
    built = {where: text for where, text in steps.items() if building.search(text)}
    # The other one is looked at each night, and goes nowhere.
    assert set(built) == {("release.yml", "image"), ("security.yml", "image")}
    assert all("--file deploy/container/Dockerfile" in text for text in built.values())
    assert [where for where, text in steps.items() if "docker push" in text] == [("release.yml", "image")]
    jobs = workflows[".github/workflows/release.yml"]["jobs"]
    for job in ("staging", "production"):
        assert str(jobs[job]["steps"]).count("${{ needs.image.outputs.digest }}") == 1
    # Its runners are Debian, and nothing else comes in as an image.
    assert {image for workflow in workflows.values() for image in images(workflow)} == {"debian:12"}
