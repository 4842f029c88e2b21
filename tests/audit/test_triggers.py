import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.utils import timezone

from audit.models import Event
from hrassist.lib.dbactor import actor_named
from hrassist.lib.origin import Origin
from hrassist.models import ApiToken, User
from jobs.models import HiringTeamMember
from tests.factories import JobFactory, UserFactory, api_token

ROSA = Origin(actor_type="user", actor_id="7", actor_display="rosa", ip="10.0.0.1", request_id="r1", route="users/")


@pytest.fixture
def since(db):
    """Events since the test began; migrations and fixtures make events too."""
    last = Event.objects.order_by("id").values_list("id", flat=True).last() or 0

    def read(action=None):
        rows = Event.objects.filter(id__gt=last).order_by("id")
        return list(rows.filter(action=action) if action else rows)

    return read


def test_a_changed_user_is_on_record_with_the_columns_and_flags_that_changed(outsider, since):
    outsider.is_superuser, outsider.email = True, "new@example.org"
    outsider.save()
    (event,) = since("user.changed")
    assert event.target_id == str(outsider.pk)
    assert event.changes == {"columns": ["email", "is_superuser"], "is_superuser": True}


def test_no_event_holds_a_password_hash_or_an_address(outsider, since):
    outsider.set_password("correct horse battery")
    outsider.save()
    outsider.delete()
    texts = [json.dumps(event.changes) for event in since()]
    assert len(texts) == 2
    assert not [text for text in texts if "$" in text or "@" in text or "olga" in text]


def test_signing_in_alone_is_no_change_of_the_user(outsider, since):
    outsider.last_login = timezone.now()
    outsider.save()
    assert since() == []


def test_a_save_that_changes_nothing_is_no_event(outsider, since):
    outsider.save()
    assert since() == []


def test_bulk_creation_and_bulk_update_are_caught(since):
    User.objects.bulk_create([User(username="a"), User(username="b")])
    User.objects.filter(username__in=["a", "b"]).update(is_active=False)
    assert [event.action for event in since()] == ["user.created"] * 2 + ["user.changed"] * 2


def test_raw_sql_is_caught(outsider, since):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hrassist_user SET is_staff = false WHERE id = %s", [outsider.pk])
    assert since()[0].changes == {"columns": ["is_staff"], "is_staff": False}


def test_a_role_given_and_taken_is_on_record_by_its_name(outsider, since):
    outsider.groups.add(Group.objects.get(name="Recruiter"))
    outsider.groups.clear()
    assert [(event.action, event.target_id, event.changes) for event in since()] == [
        ("user.groups_added", str(outsider.pk), {"groups": ["Recruiter"]}),
        ("user.groups_removed", str(outsider.pk), {"groups": ["Recruiter"]}),
    ]


def test_permissions_given_in_one_statement_are_one_event(outsider, since):
    outsider.user_permissions.add(*Permission.objects.filter(codename__in=["view_job", "add_job"]))
    (event,) = since()
    assert (event.action, event.changes) == (
        "user.permissions_added",
        {"permissions": ["jobs.add_job", "jobs.view_job"]},
    )


def test_permissions_of_a_group_are_on_record(since):
    group = Group.objects.create(name="Guests")
    group.permissions.set([Permission.objects.get(codename="view_job")])
    group.permissions.set([])
    assert [event.action for event in since()] == [
        "group.created",
        "group.permissions_added",
        "group.permissions_removed",
    ]


def test_a_link_rewritten_in_sql_is_caught(outsider, since):
    outsider.groups.add(Group.objects.get(name="Auditor"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE hrassist_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = 'Recruiter')"
            " WHERE user_id = %s",
            [outsider.pk],
        )
    assert since("user_groups.changed")[0].changes["columns"] == ["group_id"]


def test_a_token_is_on_record_without_its_digest_and_its_use_is_not(recruiter, since):
    api_token(recruiter, scopes=("jobs:read",))
    token = ApiToken.objects.get()
    ApiToken.objects.update(last_used_at=timezone.now())
    ApiToken.objects.update(revoked_at=timezone.now())
    created, revoked = since()
    assert (created.action, created.target_id, created.changes["scopes"]) == (
        "token.created",
        str(token.pk),
        ["jobs:read"],
    )
    assert revoked.changes["columns"] == ["revoked_at"]
    assert token.digest not in json.dumps(created.changes)


def test_who_joins_a_hiring_team_is_on_record_with_the_job(recruiter, since):
    job = JobFactory(team={recruiter: "recruiter"})
    HiringTeamMember.objects.all().delete()
    added, removed = since()
    assert (added.action, added.job_id, added.changes["user_id"]) == ("team_member.created", str(job.pk), recruiter.pk)
    assert (removed.action, removed.job_id) == ("team_member.deleted", str(job.pk))


def test_outside_any_request_the_database_login_is_the_actor(since):
    UserFactory()
    event = since("user.created")[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user::text")
        (login,) = cursor.fetchone()
    assert (event.actor_type, event.actor_id, event.actor_display) == ("service", "", login)


def test_within_a_request_its_actor_is_named(outsider, since):
    with actor_named(connection, lambda: ROSA):
        User.objects.filter(pk=outsider.pk).update(is_staff=False)
    (event,) = since()
    assert (event.actor_type, event.actor_id, event.actor_display) == ("user", "7", "rosa")
    assert (event.ip, event.request_id, event.route) == ("10.0.0.1", "r1", "users/")


@pytest.mark.django_db(transaction=True)
def test_emptying_the_users_is_caught(recruiter):
    before = Event.objects.filter(action="user.emptied").count()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE hrassist_user CASCADE")
    assert Event.objects.filter(action="user.emptied").count() == before + 1


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET action = ''", "DELETE FROM audit_event", "TRUNCATE audit_event"]
)
def test_an_event_is_never_changed_or_removed(statement, recruiter):
    with connection.cursor() as cursor, pytest.raises(Exception, match="Cannot"):
        cursor.execute(statement)
