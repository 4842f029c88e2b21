import json

import pytest
from django.db import connection, transaction

from hrassist.lib.dbactor import actor_named
from hrassist.lib.origin import Origin
from hrassist.models import User
from tests.factories import UserFactory

ROSA = Origin(actor_type="user", actor_display="rosa")
HUGO = Origin(actor_type="user", actor_display="hugo")

pytestmark = pytest.mark.django_db(transaction=True)


def named() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('hrassist.actor', true), '')")
        (value,) = cursor.fetchone()
    return json.loads(value)["actor_display"] if value else ""


def write() -> None:
    User.objects.update(time_zone="Europe/Berlin")


def test_a_request_that_only_reads_names_nobody():
    with actor_named(connection, lambda: ROSA):
        assert User.objects.count() == 0
        assert named() == ""


def test_a_write_outside_a_transaction_is_named_and_the_next_request_starts_nameless():
    with actor_named(connection, lambda: ROSA):
        write()
        assert named() == "rosa"
    assert named() == ""


def test_a_write_in_a_transaction_is_named_until_its_end():
    with actor_named(connection, lambda: ROSA):
        with transaction.atomic():
            write()
            assert named() == "rosa"
        assert named() == ""


def test_each_transaction_of_a_request_is_named_even_when_it_reads_first():
    with actor_named(connection, lambda: ROSA):
        for _ in range(2):
            with transaction.atomic():
                User.objects.count()
                write()
                assert named() == "rosa"


def test_a_rollback_to_a_savepoint_does_not_lose_the_name():
    with actor_named(connection, lambda: ROSA), transaction.atomic():
        with transaction.atomic():
            write()
            transaction.set_rollback(True)
        write()
        assert named() == "rosa"


def test_a_rollback_by_hand_does_not_lose_the_name():
    with actor_named(connection, lambda: ROSA), transaction.atomic():
        savepoint = transaction.savepoint()
        write()
        transaction.savepoint_rollback(savepoint)
        write()
        assert named() == "rosa"


def test_a_rolled_back_request_leaves_no_name_behind():
    with actor_named(connection, lambda: ROSA):
        write()
        with transaction.atomic():
            write()
            transaction.set_rollback(True)
    assert named() == ""


def test_a_request_that_fails_leaves_no_name_behind():
    def fail() -> None:
        with actor_named(connection, lambda: ROSA):
            write()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert named() == ""


def test_the_next_request_on_the_same_connection_has_its_own_name():
    with actor_named(connection, lambda: ROSA):
        write()
    with actor_named(connection, lambda: HUGO):
        write()
        assert named() == "hugo"


def test_signing_in_halfway_changes_the_name():
    who = [Origin(actor_type="anonymous")]
    with actor_named(connection, lambda: who[0]), transaction.atomic():
        write()
        who[0] = ROSA
        write()
        assert named() == "rosa"


def test_inside_a_transaction_begun_earlier_the_name_ends_with_the_request():
    with transaction.atomic():
        with actor_named(connection, lambda: ROSA):
            write()
        assert named() == ""


def test_asking_who_it_is_may_read_the_database():
    user = UserFactory(username="rosa")

    def who() -> Origin:
        return Origin(actor_type="user", actor_display=User.objects.get(pk=user.pk).username)

    with actor_named(connection, who):
        write()
        assert named() == "rosa"


def test_a_connection_lost_in_the_request_does_not_fail_its_answer():
    with actor_named(connection, lambda: ROSA):
        write()
        connection.connection.close()
    connection.close()
    assert named() == ""
