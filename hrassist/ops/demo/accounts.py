"""The demo's accounts: one recruiter who signs in, and colleagues who stand on hiring teams."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db import transaction

from hrassist.models import User

RECRUITER = "recruiter"
# User name, first name, last name, role: they cannot sign in until somebody sets a password for them.
COLLEAGUES = (
    ("demo.manager", "Maren", "Ostberg", "Hiring manager"),
    ("demo.interviewer", "Kofi", "Lindqvist", "Interviewer"),
    ("demo.coordinator", "Teresa", "Almond", "Coordinator"),
)
# More of them, so that teams differ from job to job.
OTHERS = (
    ("demo.recruiter2", "Imani", "Castellan", "Recruiter"),
    ("demo.manager2", "Henrik", "Dvorak", "Hiring manager"),
    ("demo.interviewer2", "Noor", "Bellamy", "Interviewer"),
    ("demo.interviewer3", "Tomasz", "Rivard", "Interviewer"),
)
# Who answers for data, reads the trail, and runs the machine.
STEWARDS = (
    ("demo.privacy", "Paula", "Winterberg", "Privacy officer"),
    ("demo.auditor", "Anselm", "Okoro", "Auditor"),
    ("demo.operator", "Olga", "Petrescu", "Operator"),
)


@transaction.atomic
def ensure_recruiter() -> tuple[User, str]:
    """The recruiter and, only if it was made just now, its password; nobody can read the password later."""
    user = User.objects.filter(username=RECRUITER).first()
    if user is not None:
        return user, ""
    password = _fresh_password()
    user = User.objects.create_user(
        RECRUITER, "recruiter@example.com", password, first_name="Robin", last_name="Recruiter", is_staff=True,
        time_zone="Europe/Berlin",
    )  # fmt: skip
    user.groups.add(Group.objects.get(name="Recruiter"))
    return user, password


@transaction.atomic
def replace_password() -> str:
    """A new password for the recruiter, who is made if need be; it signs out nobody else and is shown once."""
    user, password = ensure_recruiter()
    if not password:
        password = _fresh_password()
        user.set_password(password)
        user.save(update_fields=["password"])
    return password


@transaction.atomic
def ensure_colleagues() -> list[User]:
    """The colleagues, in the order of COLLEAGUES."""
    return _ensure(COLLEAGUES)


@transaction.atomic
def ensure_others() -> list[User]:
    """The further colleagues, in the order of OTHERS."""
    return _ensure(OTHERS)


@transaction.atomic
def ensure_stewards() -> list[User]:
    """Those who watch and run the installation, in the order of STEWARDS."""
    return _ensure(STEWARDS)


def _ensure(people: Sequence[tuple[str, str, str, str]]) -> list[User]:
    found = []
    for username, first, last, role in people:
        user = User.objects.filter(username=username).first()
        if user is None:
            user = User.objects.create_user(
                username, f"{username}@example.com", None, first_name=first, last_name=last, is_staff=True
            )
            user.groups.add(Group.objects.get(name=role))
        found.append(user)
    return found


def _fresh_password() -> str:
    # Four groups of four: easy to type from a terminal, 80 bits.
    alphabet = sorted({*string.ascii_lowercase, *string.digits} - {"l", "o", "0", "1"})
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
