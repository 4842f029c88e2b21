"""The whole judgement: a sound installation, the command, and what a repair puts on record."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Event
from candidates.models import Resume
from hrassist.lib import storage
from hrassist.models import User
from hrassist.ops import fsck
from tests import factories
from tests.hrassist.ops.fsck.asking import State, asked, said, settled

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_sound_installation_breaks_nothing(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter), State.AVAILABLE)
    factories.ResumeFactory(content=b"some bytes", pages=2, ticket=ticket)
    verdict = fsck.judge(now=timezone.now())
    assert said(verdict) == ""
    assert verdict.holds
    assert list(verdict.broken) == [f"I{number}" for number in range(1, 13)]


def test_the_command_says_what_is_broken_what_to_do_and_leaves_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    factories.ResumeFactory(content=b"here", scanned_by="")
    with pytest.raises(CommandError, match=r"Broken: I2\."):
        call_command("fsck", only=["I2", "I3"])
    shown = capsys.readouterr().out
    assert "BROKEN  I2" in shown
    assert "→ Take it out of reach" in shown
    assert "holds   I3" in shown


def test_the_command_gives_json_and_knows_its_invariants(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("fsck", only=["I12"], json=True)
    assert json.loads(capsys.readouterr().out)["holds"] is True
    with pytest.raises(CommandError, match="no invariant I13"):
        call_command("fsck", only=["I13"])


def test_a_repair_is_on_record_with_its_counts(events: Callable[..., list[Event]], recruiter: User) -> None:
    del recruiter
    factories.ResumeFactory(content=b"one")
    resume = factories.ResumeFactory(content=b"two")
    storage.clean().delete(resume.key)
    asked("I2", repair=True)
    (event,) = events("database.repaired")
    assert event.changes == {"mended": 0, "not_mended": 1}
    assert Resume.objects.count() == 2
