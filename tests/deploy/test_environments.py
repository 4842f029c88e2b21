"""The three environments are one product: the same variables, and only the named ones differ."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tomllib

import pytest

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


@pytest.mark.parametrize("name", ["staging", "production"])
def test_the_file_is_accepted_by_the_checks_of_a_start(name, tmp_path):
    settings = FILES[name] | {
        "HRASSIST_VAR_DIR": str(tmp_path),
        "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "HRASSIST_ERASURE_LEDGER_KEY": "k9" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "DATABASE_URL": "postgresql://hrassist_app@127.0.0.1:1/hrassist",
    }
    done = run(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "ERROR", **settings)
    assert done.returncode == 0, done.stderr


def test_every_template_takes_its_image_and_its_settings_from_one_place():
    """Compose and chart name no environment: what is tried on staging is what runs in production."""
    for path in ("deploy/compose/compose.yaml", "deploy/helm/hrassist/templates/web.yaml"):
        text = (ROOT / path).read_text()
        assert "staging" not in text
        assert "HRASSIST_ENV: production" not in text
    listed = subprocess.run(["git", "ls-files", "Dockerfile*"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout.split() in ([], ["Dockerfile"])
