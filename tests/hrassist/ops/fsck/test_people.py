"""Erased people, and rights that were taken: what is left of them goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates.erasure import ledger
from candidates.models import Candidate, CandidateEmail, Erasure
from hrassist.lib import storage
from hrassist.models import ApiToken, Session, User
from tests import factories
from tests.hrassist.ops.fsck.asking import asked, said

pytestmark = pytest.mark.django_db


def test_i8_what_is_left_of_an_erased_person_goes(tmp_path: Path, settings: Settings) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    person = factories.CandidateFactory(headline="", city="", full_name="Erased person")
    Candidate.objects.filter(pk=person.pk).update(erased_at=timezone.now())
    found = said(asked("I8"))
    assert f"CandidateEmail still say something of erased person {person.pk}" in found.replace(
        "candidateemail", "CandidateEmail"
    )
    asked("I8", repair=True)
    assert not CandidateEmail.objects.filter(candidate=person).exists()


@pytest.mark.django_db(transaction=True)
def test_i8_whom_a_backup_brought_back_is_erased_again(tmp_path: Path, settings: Settings) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    person = factories.CandidateFactory()
    ledger.ledger().append([ledger.reference(person.pk)], at=timezone.now())
    assert said(asked("I8")) == f"Person {person.pk} was erased and is here again."
    assert asked("I8", repair=True).holds
    person.refresh_from_db()
    assert person.erased_at is not None


@pytest.mark.parametrize("harm", ["a line that was changed", "a ledger that cannot be read"])
def test_i8_a_ledger_that_cannot_be_believed_is_named(tmp_path: Path, settings: Settings, harm: str) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    for _ in range(2):
        ledger.ledger().append([ledger.reference(factories.CandidateFactory.build().pk)], at=timezone.now())
    assert asked("I8").holds
    file = tmp_path / "ledger" / ledger.FILE
    if harm == "a line that was changed":
        file.write_text(file.read_text().replace('"at"', '"At"', 1))
        why = "line 2 does not follow the line before it"
    else:
        file.unlink()
        file.mkdir()
        why = "cannot be written"
    found = said(asked("I8"))
    assert found.startswith("The ledger of erasures cannot be believed: ")
    assert why in found


def test_i8_files_that_an_erasure_left_go(tmp_path: Path, settings: Settings) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    now = timezone.now()
    factories.put("clean/left", b"of somebody")
    erasure = Erasure.objects.create(
        candidate=factories.CandidateFactory(), channel=Erasure.Channel.ADMIN, run_after=now, due_at=now,
        objects_left=["clean/left"],
    )  # fmt: skip
    assert asked("I8").holds, "it is still at it"
    Erasure.objects.filter(pk=erasure.pk).update(state=Erasure.State.DONE, done_at=now)
    assert said(asked("I8")) == f"Erasure {erasure.pk} ended and files of it are left to go."
    verdict = asked("I8", repair=True)
    assert (verdict.holds, verdict.mended) == (True, [f"the files of erasure {erasure.pk} are gone"])
    assert storage.clean().head("clean/left") is None


def test_i12_somebody_switched_off_has_no_session_and_no_token(recruiter: User) -> None:
    token = factories.api_token(recruiter)
    now = timezone.now()
    Session.objects.create(session_key="a" * 64, user=recruiter, expire_date=now + timedelta(hours=1))
    User.objects.filter(pk=recruiter.pk).update(is_active=False)
    assert "rosa is switched off and still signed in" in said(asked("I12"))
    assert "belongs to somebody who is switched off" in said(asked("I12"))
    assert asked("I12", repair=True).holds
    assert not Session.objects.exists()
    assert ApiToken.objects.get(digest=ApiToken.digest_of(token)).revoked_at is not None


def test_i12_a_role_with_a_right_too_many_gets_its_own_again() -> None:
    Group.objects.get(name="Interviewer").permissions.add(Permission.objects.get(codename="delete_candidate"))
    assert said(asked("I12")) == "The role Interviewer has 1 permissions too many and 0 too few."
    assert asked("I12", repair=True).holds


def test_i12_a_right_that_a_role_lost_is_gone_with_the_next_request_of_a_session_that_goes_on(
    client_as: Callable[[User], Client], recruiter: User
) -> None:
    client, page = client_as(recruiter), "/candidates/candidate/"
    assert client.get(page).status_code == 200
    view = Permission.objects.get(content_type__app_label="candidates", codename="view_candidate")
    change = Permission.objects.get(content_type__app_label="candidates", codename="change_candidate")
    Group.objects.get(name="Recruiter").permissions.remove(view, change)
    assert client.get(page).status_code == 403
    assert "permissions too many" in said(asked("I12"))
