"""Every command says what of people it shows: nothing, files that its caller has anyway, or with an event."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.models import Event
from tests.authorisation.planting import SENSITIVE, Planted, kinds_in
from tests.repo.test_commands import COMMANDS

pytestmark = pytest.mark.django_db

# Read files of their caller and no row: what they print was on that disk before.
OF_FILES = {"alert_rules", "audit_anchors", "evaluate", "extract_text", "parse_resume", "rank_resumes", "runbook_check"}
# Change something and print no more than identifiers, counts or a secret that they made; each has tests of its own.
CHANGING = {
    "add_user",
    "audit_expire",
    "audit_key",
    "backup",
    "backup_key",
    "break_glass",
    "buckets",
    "claim_bucket",
    "claim_database",
    "database_role",
    "demo",
    "drill",
    "generate_events",
    "generate_workload",
    "issue_token",
    "language_model",
    "metrics",
    "read_bounces",
    "record_scan",
    "reembed_resumes",
    "replay_erasures",
    "reset_password",
    "restore",
    "safe_migrate",
    "storage_doctor",
    "timers",
}
# Look at rows: how they are called here, and the events that one call leaves.
READING: dict[str, tuple[list[str], list[str]]] = {
    "apply_retention": (["--dry-run"], []),
    "audit_export": ([], ["event.exported"]),
    "audit_seal": ([], []),
    "audit_verify": ([], []),
    "backup_status": ([], []),
    "breach_report": (["--since", "2026-01-01"], ["breach.reported"]),
    "capacity": ([], []),
    "compliance_report": (["--check"], []),
    "costs": ([], []),
    "find_duplicates": ([], []),
    "fsck": (["--quick"], []),
    "health": ([], []),
    "sweep_uploads": (["--dry-run"], []),
}


def test_every_command_is_declared() -> None:
    declared = OF_FILES | CHANGING | set(READING)
    assert set(COMMANDS) - declared == set(), "A new command: say in this file what of people it shows, and its event."
    assert declared - set(COMMANDS) == set()


@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_leaves_its_events_and_tells_nothing_more(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, events = READING[command]
    world = Planted(None, "own")
    before = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    printed = io.StringIO()
    run(command, arguments, printed)
    left = Event.objects.filter(id__gt=before).exclude(action__startswith="settings.").order_by("id")
    shown = printed.getvalue() + capsys.readouterr().out
    assert [one.action for one in left if "viewed" in one.action or one.action in events] == events
    if not events:
        assert SENSITIVE.isdisjoint(kinds_in(shown, world.words)), shown[:500]
    assert timezone.now() > world.candidate.created_at


def run(command: str, arguments: list[str], printed: Any) -> None:
    try:
        call_command(command, *arguments, stdout=printed, stderr=printed)
    except (SystemExit, Exception) as ended:  # a report may say by its exit that something is not as it should be
        printed.write(str(ended))
