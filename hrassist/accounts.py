"""Giving a person an account, and a new password."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import available_timezones

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from audit import actions as audit
from hrassist.identity import notices
from hrassist.identity.sessions import digest_of
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import Notification, Session, User
from hrassist.roles import ROLES

# Without characters that are mistaken for one another when read aloud or from a screen: 31 of them, 20 times, 99 bits.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # pragma: allowlist secret


class BadAccount(DomainError):
    """An account that cannot be made like this."""

    code = "bad_account"


@transaction.atomic
def add_account(
    *, username: str, role: str, email: str = "", full_name: str = "", by: User | None = None
) -> tuple[User, str]:
    """A new account in one role, and its generated password, which is shown now and never again.

    `role` may be written as on the command line (hiring-manager). Raises BadAccount, or Conflict for a taken name.
    """
    group = Group.objects.get(name=role_named(role))
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict(
            "There is an account {username} already. Give it a new password with reset_password.",
            code="account_exists",
            username=username,
        )
    first, _, last = full_name.strip().partition(" ")
    user = User(username=username, email=email, first_name=first, last_name=last, is_staff=True)
    password = generated_password()
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        raise BadAccount(" ".join(error.messages), fields=error.message_dict) from error
    user.save()
    user.groups.add(group)
    audit.record("user.added", target=user, by=by, role=group.name)
    return user, password


PREFERENCES = ("time_zone", "notify_by_mail", "mail_by_kind")


@transaction.atomic
def change_preferences(*, user: User, time_zone: str, notify_by_mail: str, mail_by_kind: Mapping[str, str]) -> User:
    """What people decide for themselves: their time zone, and when they are mailed, of some kinds at other times.

    Raises BadAccount.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    user.time_zone, user.notify_by_mail, user.mail_by_kind = time_zone, notify_by_mail, dict(mail_by_kind)
    if time_zone not in available_timezones():
        raise BadAccount("There is no such time zone.", fields={"time_zone": ["Choose one of the list."]})
    if not (mail_by_kind.keys() <= {*Notification.Kind.values} and {*mail_by_kind.values()} <= {*User.MailChoice}):
        raise BadAccount("There is no such kind of notification, or no such time of mailing it.")
    try:
        user.clean_fields(exclude={one.name for one in User._meta.fields} - {*PREFERENCES})
    except ValidationError as error:
        raise BadAccount(" ".join(error.messages), fields=error.message_dict) from error
    user.save(update_fields=PREFERENCES)
    audit.record(
        "user.preferences_changed", target=user, by=user, notify_by_mail=notify_by_mail, mail_by_kind=user.mail_by_kind
    )
    return user


@transaction.atomic
def password_was_changed(*, user: User, by: User, now: datetime, but: str | None = None) -> None:
    """What follows a new password: every session but one ends, and whose account it is gets told."""
    Session.objects.of(user).exclude(pk=digest_of(but)).delete()
    audit.record("user.password_changed", target=user, by=by)
    notices.tell(user=user, what="password_changed", now=now)


@transaction.atomic
def give_new_password(*, username: str, by: User | None = None) -> str:
    """Replace a password by a generated one, which ends every session of the account. Raises NotFound."""
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None:
        raise NotFound("There is no account {username}.", username=username)
    password = generated_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    Session.objects.of(user).delete()
    audit.record("user.password_reset", target=user, by=by)
    return password


def role_named(text: str) -> str:
    """The role meant by `hiring-manager`, `Hiring manager` or `HIRING_MANAGER`. Raises BadAccount."""
    wanted = text.replace("-", " ").replace("_", " ").casefold()
    for role in ROLES:
        if role.casefold() == wanted:
            return role
    raise BadAccount("There is no role {role}. There are: {known}.", role=text, known=", ".join(ROLES))


def generated_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))
