from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates.admin import file_safety
from candidates.models import UploadTicket
from hrassist.admin import security
from hrassist.admin.security import Level
from tests.factories import ResumeFactory, UploadTicketFactory
from tests.hrassist.lib.test_scanner import FakeClamd, dated

pytestmark = pytest.mark.django_db


@pytest.fixture
def clamd(settings: Settings, tmp_path: Path) -> Iterator[None]:
    fake = FakeClamd(tmp_path / "clamd.ctl", version=dated(2), reply=b"stream: OK\0")
    settings.CLAMD_SOCKET = fake.path
    yield
    fake.close()


def said(level: Level) -> str:
    return " ".join(one.what for one in file_safety.findings() if one.level is level)


def refused(reason: str, *, days_ago: int = 0) -> None:
    when = timezone.now() - timedelta(days=days_ago)
    UploadTicketFactory(
        state=UploadTicket.State.REJECTED, rejected_at=when, rejected_for=reason, rejected_message="No.",
        confirmed_at=when, settled_at=when,
    )  # fmt: skip


def test_the_section_is_on_the_page_of_the_operators() -> None:
    assert "files" in [one.key for one in security.sections()]


def test_a_scanner_that_answers_is_named_with_the_day_of_its_signatures(clamd: None) -> None:
    ResumeFactory(scanned_by="ClamAV 1.4.3/27800 2026-11-20")
    day = timezone.now() - timedelta(days=2)
    assert f"ClamAV 1.4.3/27800 {day:%Y-%m-%d}; last file scanned {timezone.now():%Y-%m-%d}" in said(Level.GOOD)


def test_no_scanner_a_dead_one_and_a_stale_one_are_serious(settings: Settings, tmp_path: Path) -> None:
    settings.CLAMD_SOCKET = ""
    assert "No malware scanner is configured." in said(Level.SERIOUS)
    settings.CLAMD_SOCKET = str(tmp_path / "nobody.ctl")
    assert "does not answer" in said(Level.SERIOUS)
    fake = FakeClamd(tmp_path / "stale.ctl", version=dated(8), reply=b"stream: OK\0")
    settings.CLAMD_SOCKET = fake.path
    assert "signatures are from" in said(Level.SERIOUS)
    fake.close()


def test_what_was_refused_is_counted_by_reason_for_thirty_days(clamd: None) -> None:
    assert "No file was refused in 30 days." in said(Level.GOOD)
    refused("zip_bomb")
    refused("zip_bomb")
    refused("macros", days_ago=31)
    assert "Refused in 30 days: zip bomb 2." in said(Level.GOOD)
    refused("infected")
    assert "Refused in 30 days: zip bomb 2, infected 1." in said(Level.NOTICE)


def test_uploads_that_wait_or_were_parked_are_told(clamd: None) -> None:
    assert "No upload waits longer" in said(Level.GOOD)
    long_ago = timezone.now() - timedelta(hours=1)
    UploadTicketFactory(state=UploadTicket.State.CONFIRMED, confirmed_at=long_ago)
    UploadTicketFactory(
        state=UploadTicket.State.CONFIRMED, confirmed_at=long_ago, parked_at=long_ago, parked_for="worker_died"
    )
    assert "1 uploads wait" in said(Level.SERIOUS)
    assert "1 uploads are parked" in said(Level.NOTICE)


def test_files_that_nobody_scanned_are_counted(clamd: None) -> None:
    assert "never scanned" not in said(Level.NOTICE)
    ResumeFactory()
    assert "1 stored files were never scanned." in said(Level.NOTICE)
