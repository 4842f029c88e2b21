import json

import pytest
from django.db import IntegrityError, connection, transaction

from audit import actions as audit
from audit.models import Event
from hrassist.lib import origin, throttle
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


def actors() -> list[str]:
    """Whom the triggers named for the changes of users, oldest first."""
    return list(Event.objects.filter(action="user.changed").order_by("id").values_list("actor_display", flat=True))


def test_a_request_that_only_reads_names_nobody():
    with actor_named(connection, lambda: ROSA):
        assert User.objects.count() == 0
        assert named() == ""


def test_a_write_outside_a_transaction_is_named_and_leaves_nothing_on_the_session():
    UserFactory()
    with actor_named(connection, lambda: ROSA):
        write()
        assert named() == ""
    assert actors() == ["rosa"]


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
    UserFactory()
    with actor_named(connection, lambda: ROSA):
        User.objects.update(time_zone="Europe/Berlin")
    with actor_named(connection, lambda: HUGO), transaction.atomic():
        User.objects.update(time_zone="Europe/Paris")
    assert actors() == ["rosa", "hugo"]


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
    assert actors() == ["rosa"]


def test_a_connection_lost_in_the_request_does_not_fail_its_answer():
    with actor_named(connection, lambda: ROSA):
        write()
        connection.connection.close()
    connection.close()
    assert named() == ""


def test_a_failed_write_outside_a_transaction_leaves_the_connection_usable():
    user = UserFactory()
    with actor_named(connection, lambda: ROSA):
        with pytest.raises(IntegrityError):
            User.objects.create(username=user.username)
        write()
    assert actors() == ["rosa"]


def test_counting_a_limit_costs_no_further_query(django_assert_num_queries):
    with actor_named(connection, lambda: ROSA), django_assert_num_queries(1):
        throttle.take("api", "rosa", limit=10, per=60)


def test_an_event_of_the_trail_names_its_actor_itself_and_a_write_after_it_is_still_named(django_assert_num_queries):
    UserFactory()
    with actor_named(connection, lambda: ROSA):
        with django_assert_num_queries(1):
            audit.record("user.looked", actor="nobody")
        with transaction.atomic():
            audit.record("user.looked", actor="nobody")
            assert named() == ""
            write()
    assert actors() == ["rosa"]


def test_a_refused_write_undone_by_hand_does_not_spoil_the_transaction():
    user = UserFactory()
    with actor_named(connection, lambda: ROSA), transaction.atomic():
        savepoint = transaction.savepoint()
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute("INSERT INTO auth_group (name) VALUES ('Recruiter')")
        transaction.savepoint_rollback(savepoint)
        User.objects.filter(pk=user.pk).update(time_zone="Europe/Berlin")
    assert actors() == ["rosa"]


def test_a_command_names_itself_in_all_it_writes(monkeypatch):
    UserFactory()
    command = Origin(actor_type="command", actor_id="deploy", actor_display="tidy_up")
    monkeypatch.setattr(origin, "_process", command)
    connection.close()
    try:
        write()
    finally:
        connection.execute_wrappers.clear()
    event = Event.objects.get(action="user.changed")
    assert (event.actor_type, event.actor_id, event.actor_display) == ("command", "deploy", "tidy_up")


def test_a_connection_that_opens_amid_a_request_keeps_nobody_of_it():
    UserFactory()
    connection.close()
    kept = list(connection.execute_wrappers)
    try:
        # As the first request of a process finds it: what watches a connection is put on when it opens.
        connection.execute_wrappers.clear()
        for who, zone in ((ROSA, "Europe/Berlin"), (HUGO, "Europe/Rome")):
            connection.close()
            with actor_named(connection, lambda who=who: who):
                User.objects.update(time_zone=zone)
        assert actors() == ["rosa", "hugo"]
        assert [type(one).__name__ for one in connection.execute_wrappers] == ["function"]
    finally:
        connection.execute_wrappers[:] = kept
