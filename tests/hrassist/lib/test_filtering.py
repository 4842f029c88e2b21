from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hrassist.lib.filtering import FLAG, IDENTIFIER, NUMBER, TEXT, moment, one_of


def test_a_moment_is_read_in_its_zone_and_kept_in_utc() -> None:
    assert moment("2026-05-01T09:30:00+02:00") == datetime(2026, 5, 1, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-05-01", "2026-05-01T09:30:00", "0001-01-01T00:00:00+23:00", "2026-02-30T00:00:00Z"]
)
def test_a_time_that_leaves_a_question_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="with its zone"):
        moment(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (IDENTIFIER, "7"),
        (TEXT, " "),
        (TEXT, "a\0b"),
        (TEXT, "x" * 201),
        (FLAG, "1"),
        (NUMBER, "0"),
        (NUMBER, "9" * 30),
        (NUMBER, "²"),
        (one_of(["open", "closed"]), "Open"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_what_to_use(kind: object, text: str) -> None:
    with pytest.raises(ValueError, match=r"^Use "):
        kind.parse(text)  # type: ignore[attr-defined]
