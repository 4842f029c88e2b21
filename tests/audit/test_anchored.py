"""How far the copies outside the database reach is told when there is no database any more."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from audit.actions import anchoring
from audit.models import Seal
from audit.sealing import anchors
from tests.audit.sealing import batches_of, events, seal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]


@pytest.fixture
def with_copies(own_anchors: Path) -> list[Seal]:
    """Several seals, each with its copy."""
    with batches_of(5):
        events(20)
        seal()
    anchoring.copy_all()
    made = list(Seal.objects.order_by("seq"))
    assert len(made) >= 4
    return made


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def ask(**options: Any) -> str:
        capsys.readouterr()
        call_command("audit_anchors", **options)
        return capsys.readouterr().out.strip()

    return ask


def test_the_newest_seal_with_a_copy_is_told_without_asking_the_database(
    with_copies: list[Seal], told: Callable[..., str], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert told() == with_copies[-1].sealed_at.isoformat()


def test_up_to_a_moment_the_last_one_before_it_is_told(with_copies: list[Seal], told: Callable[..., str]) -> None:
    for one in with_copies:
        assert told(until=one.sealed_at.isoformat()) == one.sealed_at.isoformat()
    with pytest.raises(CommandError, match="No place has a copy"):
        told(until=(with_copies[0].sealed_at - timedelta(microseconds=1)).isoformat())
    with pytest.raises(CommandError, match="--until is a moment"):
        told(until="yesterday")


def test_a_copy_that_is_forged_or_damaged_is_passed_over(
    with_copies: list[Seal], told: Callable[..., str], own_anchors: Path
) -> None:
    said, *rows = gzip.decompress(anchors.copy_of(with_copies[-1])).splitlines()
    body = json.loads(said)
    body["body"]["seq"] = with_copies[-1].seq + 1
    body["body"]["sealed_at"] = "2099-01-01T00:00:00.000000+00:00"
    later = own_anchors / anchors.key_of(with_copies[-1].seq + 1)
    later.write_bytes(gzip.compress(b"\n".join([json.dumps(body).encode(), *rows])))
    (own_anchors / anchors.key_of(with_copies[-1].seq + 2)).write_bytes(b"nothing of ours")
    assert told() == with_copies[-1].sealed_at.isoformat()
    assert told(until="2099-01-02T00:00:00+00:00") == with_copies[-1].sealed_at.isoformat()


def test_where_nothing_was_copied_that_is_said(own_anchors: Path, settings: Settings) -> None:
    with pytest.raises(CommandError, match="No place has a copy of a seal"):
        call_command("audit_anchors")
    settings.AUDIT_ANCHOR_DIR = ""
    with pytest.raises(CommandError, match="No place has a copy of a seal"):
        call_command("audit_anchors")
