"""Who was erased is gone, and who lost a right has lost it: I8 and I12."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

from django.contrib.auth.models import Group
from django.utils import timezone

from candidates.actions import replaying
from candidates.erasure.ledger import LedgerBroken, LedgerUnavailable
from candidates.models import Candidate, Erasure, erasing
from candidates.models.erasing import Person
from hrassist import roles, tokens
from hrassist.lib import storage
from hrassist.models import ApiToken, Session
from hrassist.ops.fsck.broken import Asked, Broken, Repair, batches


def erased_people_are_gone(asked: Asked) -> Iterator[Broken]:
    """I8: nothing of an erased person is left, and no backup brought anybody back whom the ledger names."""
    try:
        back = replaying.back(until=asked.as_of).people
    except (LedgerBroken, LedgerUnavailable) as error:
        yield Broken(
            f"The ledger of erasures cannot be believed: {error}.", "Bring it back from its bucket's versions."
        )
        back = ()
    for pk in back:
        yield Broken(f"Person {pk} was erased and is here again.", "manage.py replay_erasures", _erase_again)
    erased = Candidate.objects.filter(erased_at__isnull=False).order_by("pk").values_list("pk", flat=True)
    for ids in batches(erased.iterator()):
        for model in erasing.left_of(_person(ids, asked)):
            for pk in ids:
                yield from _left(pk, model, asked)
    for erasure in Erasure.objects.filter(state=Erasure.State.DONE).exclude(objects_left=[]):
        yield Broken(f"Erasure {erasure.pk} ended and files of it are left to go.", "", _delete_left(erasure))


def _person(ids: Sequence[UUID], asked: Asked) -> Person:
    return Person(ids=tuple(ids), erasure_id=uuid4(), now=asked.now)


def _left(pk: UUID, model: str, asked: Asked) -> Iterator[Broken]:
    person = _person([pk], asked)
    eraser = next(one for one in erasing.registered() if one.model == model)
    if count := eraser.left(person):

        def remove() -> str:
            for key in erasing.keys_of(person):
                storage.clean().delete(key)
            eraser.remove(person)
            return f"what was left of person {pk} in {model} is gone"

        yield Broken(f"{count} rows of {model} still say something of erased person {pk}.", "", remove)


def _erase_again() -> str:
    done = replaying.replay(now=timezone.now())
    return f"{len(done.people)} people were erased again"


def _delete_left(erasure: Erasure) -> Repair:
    def delete() -> str:
        for key in erasure.objects_left:
            storage.clean().delete(key)
        Erasure.objects.filter(pk=erasure.pk).update(objects_left=[])
        return f"the files of erasure {erasure.pk} are gone"

    return delete


def rights_end_when_they_are_taken(asked: Asked) -> Iterator[Broken]:
    """I12: no session and no token of somebody who is switched off, and each role has exactly its permissions."""
    for session in Session.objects.alive(now=asked.now).filter(user__is_active=False).select_related("user"):
        yield Broken(f"{session.user} is switched off and still signed in.", "", _end(session))
    for token in ApiToken.objects.filter(revoked_at=None, expires_at__gt=asked.now, user__is_active=False):
        yield Broken(f"Token {token.hint}… belongs to somebody who is switched off.", "", _revoke(token, asked))
    for name, wanted in roles.ROLES.items():
        group = Group.objects.filter(name=name).first()
        pairs = group.permissions.values_list("content_type__app_label", "codename") if group else []
        has = {f"{app}.{codename}" for app, codename in pairs}
        if has != wanted:
            more, less = len(has - wanted), len(wanted - has)
            yield Broken(
                f"The role {name} has {more} permissions too many and {less} too few.",
                "The audit log names who changed it (group_permissions).",
                _sync_roles,
            )


def _end(session: Session) -> Repair:
    def end() -> str:
        session.delete()
        return "a session was ended"

    return end


def _revoke(token: ApiToken, asked: Asked) -> Repair:
    def revoke() -> str:
        tokens.revoke_token(token=token, by=None, now=asked.now)
        return f"token {token.hint}… was revoked"

    return revoke


def _sync_roles() -> str:
    roles.sync_after_migrate()
    return "the roles have their permissions again"
