"""Erased people, and rights that were taken: what is left of them goes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from pytest_django.fixtures import Settings

from candidates.erasure import ledger
from candidates.models import Candidate, CandidateEmail
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
