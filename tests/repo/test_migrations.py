"""Migrations are one line for each app, and each goes back or says what to do instead."""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

import pytest
from django.db.migrations import RunPython, RunSQL

from tests.repo.sources import PACKAGES, ROOT

NAMES = {
    app: sorted(path.stem for path in (ROOT / app / "migrations").glob("[0-9]*.py"))
    for app in PACKAGES
    if (ROOT / app / "migrations").is_dir()
}
ALL = [(app, name) for app, names in NAMES.items() for name in names]
# What has no way back, and what is done instead.
NO_WAY_BACK: dict[str, str] = {}


def loaded(app, name):
    return importlib.import_module(f"{app}.migrations.{name}").Migration


@pytest.mark.parametrize("app", NAMES)
def test_migrations_are_one_line(app):
    assert [name[:4] for name in NAMES[app]] == [f"{number:04d}" for number in range(1, len(NAMES[app]) + 1)]
    for before, name in zip(NAMES[app], NAMES[app][1:], strict=False):
        own = [parent for its_app, parent in loaded(app, name).dependencies if its_app == app]
        assert [parent for parent in own if parent != "__first__"] == [before]


@pytest.mark.parametrize(("app", "name"), ALL, ids=str)
def test_a_migration_goes_back_or_says_what_to_do_instead(app, name):
    stuck = [
        operation
        for operation in loaded(app, name).operations
        if isinstance(operation, RunPython | RunSQL) and not operation.reversible
    ]
    assert bool(stuck) == (f"{app}.{name}" in NO_WAY_BACK)


def test_the_migrations_were_found():
    assert len(ALL) > 40


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("ALTER TABLE candidates_candidate ADD COLUMN later int NOT NULL;", "adding-required-field"),
        ("CREATE INDEX later ON candidates_candidate (city);", "require-concurrent-index-creation"),
        ("ALTER TABLE candidates_candidate RENAME COLUMN city TO town;", "renaming-column"),
        ("ALTER TABLE candidates_candidate ALTER COLUMN city TYPE text;", "changing-column-type"),
        ("ALTER TABLE candidates_candidate DROP COLUMN city;", "ban-drop-column"),
    ],
)
def test_a_migration_that_locks_rewrites_or_breaks_the_release_before_is_refused(
    tmp_path: Path, statement: str, rule: str
) -> None:
    path = tmp_path / "candidates.9001.sql"
    path.write_text(statement)
    done = lint(path)
    assert done.returncode == 1, done.stdout
    assert rule in done.stdout


def test_a_migration_that_only_adds_is_let_through(tmp_path: Path) -> None:
    path = tmp_path / "candidates.9001.sql"
    path.write_text("ALTER TABLE candidates_candidate ADD COLUMN later text DEFAULT '' NOT NULL;")
    assert lint(path).returncode == 0


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    script = ROOT / "deploy/scripts/lint-migrations"
    return subprocess.run([script, path], capture_output=True, text=True, check=False)
