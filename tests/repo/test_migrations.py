"""Migrations are one line for each app, and each goes back or says what to do instead."""

from __future__ import annotations

import importlib

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
