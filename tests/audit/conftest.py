import pytest
from django.db import connection


@pytest.fixture
def refusing_events(recruiter):
    """From now on the database takes no event, as with the right to insert revoked or the disk full."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_event() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE insufficient_privilege USING MESSAGE = 'no event may be written'; END$$;"
            "CREATE TRIGGER refuse_event BEFORE INSERT ON audit_event EXECUTE FUNCTION refuse_event()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS refuse_event ON audit_event; DROP FUNCTION IF EXISTS refuse_event()")
