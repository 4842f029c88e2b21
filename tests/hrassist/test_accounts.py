from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hrassist.accounts import add_account, give_new_password, role_named
from hrassist.lib.errors import Conflict, NotFound
from hrassist.models import User


def run(*arguments: str, **options: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue().strip()


def test_add_user_prints_a_password_with_which_the_person_signs_in(client, db):
    password = run("add_user", "ada", role="recruiter", email="ada@example.org", name="Ada Lovelace")
    user = User.objects.get(username="ada")
    assert (user.display_name, user.email, user.is_staff, user.is_superuser) == (
        "Ada Lovelace", "ada@example.org", True, False,
    )  # fmt: skip
    assert [group.name for group in user.groups.all()] == ["Recruiter"]
    assert client.login(username="ada", password=password)


def test_generated_passwords_differ_and_are_long(db):
    _, first = add_account(username="ada", role="recruiter")
    _, second = add_account(username="bob", role="recruiter")
    assert first != second
    assert len(first.replace("-", "")) == 20


def test_adding_somebody_is_on_record(db, events):
    user, _ = add_account(username="ada", role="auditor")
    (event,) = events("user.added")
    assert (event.target_id, event.changes) == (str(user.pk), {"role": "Auditor"})


@pytest.mark.parametrize("text", ["hiring-manager", "Hiring manager", "HIRING_MANAGER"])
def test_a_role_may_be_written_as_on_a_command_line(text):
    assert role_named(text) == "Hiring manager"


def test_an_unknown_role_is_answered_with_the_roles_there_are(db):
    with pytest.raises(CommandError, match=r"There is no role boss\. There are: Recruiter, Coordinator"):
        run("add_user", "ada", role="boss")


def test_a_taken_name_is_refused_whatever_its_capitals(recruiter):
    with pytest.raises(Conflict, match="reset_password"):
        add_account(username="ROSA", role="recruiter")


def test_a_bad_name_or_address_is_refused_in_words(db):
    with pytest.raises(CommandError, match="Enter a valid"):
        run("add_user", "ada lovelace", role="recruiter", email="nowhere")
    assert not User.objects.filter(username="ada lovelace").exists()


def test_reset_password_prints_a_new_one_and_ends_open_sessions(client_as, recruiter, events):
    client = client_as(recruiter)
    password = run("reset_password", "rosa")
    recruiter.refresh_from_db()
    assert recruiter.check_password(password)
    assert client.get("/").status_code == 302
    assert len(events("user.password_reset")) == 1


def test_reset_password_of_nobody_is_an_error(db):
    with pytest.raises(NotFound, match="There is no account ada"):
        give_new_password(username="ada")
