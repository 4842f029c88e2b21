from datetime import UTC, datetime, timedelta

from hrassist.lib.ids import first_uuid7, uuid7


def test_identifiers_stand_between_the_first_of_their_moment_and_the_first_of_the_next():
    now = datetime.now(UTC)
    assert first_uuid7(now - timedelta(seconds=1)) < uuid7() < first_uuid7(now + timedelta(minutes=1))
