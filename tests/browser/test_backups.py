"""The operators' page of backups in every state that they meet it in, on a desk and on a phone, by day and by night."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from hrassist.ops.backup import dump, keys, manifests, places
from hrassist.ops.backup.places import FolderPlace

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


class Places:
    """Two folders with a key, and what lies in them."""

    def __init__(self, folder: Path, settings: Settings):
        self.folder, self.settings = folder, settings
        settings.BACKUP_KEY_FILE = str(folder / "keys" / "backup.key")
        settings.BACKUP_STATUS_FILE = folder / "status.json"
        keys.generate(Path(settings.BACKUP_KEY_FILE))
        for label in "ab":
            (folder / f"place-{label}").mkdir()
        settings.BACKUP_PLACES = {
            label: {**said, "where": str(folder / f"place-{label.lower()}")}
            for label, said in settings.BACKUP_PLACES.items()
        }

    def put(self, kind: str, *, hours: float = 1, **said: object) -> None:
        under = {"database": manifests.DATABASE, "drill": manifests.DRILLS, "files": manifests.FILES}[kind]
        moment = timezone.now() - timedelta(hours=hours)
        body = {"kind": kind, "moment": moment.isoformat(), **said}
        # Of a drill there is a receipt in the place that it was of.
        for place in places.configured(str(said.get("place", "all"))):
            assert isinstance(place, FolderPlace)
            name = f"{under}{moment:{manifests.STAMP}}/{manifests.NAME}"
            manifests.write(place, body, name=name, ring=keys.configured())
            dump.keep_canary(place, ring=keys.configured())

    def all_well(self, *, hours: float = 2) -> None:
        self.put(
            "database", hours=hours, rows={"candidates_candidate": 770_000, "jobs_application": 3_900_000}, size=6e8
        )
        self.put("files", hours=hours, files=812_400, copied=118, missing=[], altered=[], bytes=9_000_000)
        for place in "AB":
            self.put(
                "drill", hours=hours + 30, passed=True, rpo_seconds=57, rto_seconds=78, rows=4_670_000, place=place,
                why="",
            )  # fmt: skip


def fresh(there: Places) -> None:
    there.all_well()


def stale(there: Places) -> None:
    there.all_well(hours=31)


def place_gone(there: Places) -> None:
    there.all_well()
    (there.folder / "place-b").rename(there.folder / "unplugged")


def drill_failed(there: Places) -> None:
    there.all_well()
    there.put(
        "drill", hours=1, passed=False, place="B",
        why="database/20261126T031500000000Z-1a2b3c4d/dump was altered: chunk 41 is not what was written. Take another "
        "backup, or place B.",
    )  # fmt: skip


def by_its_public_half(there: Places) -> None:
    """As web in a cluster sees them, which has no key and shares no disk with who has it."""
    there.all_well()
    keys.publish(keys.configured(), there.folder / "backup.key.pub")
    there.settings.BACKUP_KEY_FILE, there.settings.BACKUP_STATUS_FILE = "", None
    there.settings.BACKUP_PUBLIC_KEY_FILE = str(there.folder / "backup.key.pub")


STATES: dict[str, tuple[Callable[[Places], None], str, list[str]]] = {
    "never": (
        lambda _there: None,
        "Somebody has to act",
        ["Place A has no backup of the database.", "Empty"],
    ),
    "fresh": (fresh, "In order", ["4,670,000 rows, 600.0 MB encrypted", "57 seconds of work", "78 seconds"]),
    "public half": (
        by_its_public_half,
        "In order",
        ["600.0 MB encrypted", "57 seconds of work", "Key not tried", "not seen from here"],
    ),
    "stale": (stale, "Somebody has to act", ["is 31 hours old", "manage.py backup --kind database"]),
    "place gone": (place_gone, "Somebody has to act", ["there is no such folder", "Cannot be read", "Key opens it"]),
    "drill failed": (
        drill_failed,
        "Somebody has to act",
        ["The last drill failed:", "chunk 41 is not what was written"],
    ),
}
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("state", STATES)
def test_each_state_says_what_is_so_on_every_screen(
    operator: Any, sign_in: Any, violations: list[str], tmp_path: Path, settings: Settings, state: str
) -> None:
    make, badge, said = STATES[state]
    make(Places(tmp_path, settings))
    for size, (width, height) in SIZES.items():
        for theme in ("light", "dark"):
            cache.clear()
            page = sign_in(operator, viewport={"width": width, "height": height}, color_scheme=theme)
            page.goto("/backups/")
            expect(page.get_by_role("heading", level=1)).to_have_text("Backups")
            expect(page.locator(".page-head .badge")).to_have_text(badge)
            for text in said:
                expect(page.locator("#content-main")).to_contain_text(text)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            # It stays with the run, to be looked at.
            page.screenshot(path=tmp_path / f"{state.replace(' ', '-')}-{size}-{theme}.png", full_page=True)
            page.context.close()
    assert violations == []


def test_what_has_to_be_done_stands_first_and_is_reached_from_the_security_page(
    operator: Any, sign_in: Any, tmp_path: Path, settings: Settings
) -> None:
    drill_failed(Places(tmp_path, settings))
    cache.clear()
    page = sign_in(operator)
    page.goto("/security/")
    page.get_by_role("main").get_by_role("link", name="The last drill failed", exact=False).first.click()
    expect(page).to_have_url(re.compile(r"/backups/$"))
    expect(page.locator("#content-main section h2").first).to_have_text("What needs doing")
    first = page.locator("#content-main .lines li").first
    expect(first).to_contain_text("Act now")
    expect(first).to_contain_text("The last drill failed")
