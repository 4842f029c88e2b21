"""What the team writes about a person, and telling the colleagues who are named in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.urls import reverse

from audit import actions as audit
from candidates.models import Candidate
from hrassist import notifications
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import Notification
from hrassist.sign_in import with_rights
from jobs.models import Application, HiringTeamMember, Job, Note, NoteMention

if TYPE_CHECKING:
    from hrassist.models import User

LONGEST = 5000
SUGGESTED, LOOKED_AT = 8, 24
# A name begins a word: the @ of an e-mail address stands within one.
_MENTION = re.compile(r"(?<![\w.+@-])@([\w.+-]{1,150})")


class NothingWritten(DomainError):
    """A note needs words."""

    code = "empty_note"
    default_message = "Write something first."


class CannotBeTold(DomainError):
    """Somebody is mentioned who may not read the note."""

    code = "mention_refused"
    default_message = (
        "{names} may not see this person, so a mention would not reach them. Take the mention out, or add them to the "
        "hiring team first."
    )


class NoteChanged(Conflict):
    """The note is no longer what it was when it was opened."""

    code = "note_changed"
    default_message = "This note changed since you opened it. Read it again before you change it."


@transaction.atomic
def write(
    *,
    candidate: Candidate,
    text: str,
    by: User,
    now: datetime,
    application: Application | None = None,
    private: bool = False,
) -> Note:
    """Keep a note about a person, or about one of their applications (which only those who see its job read).

    `@name` tells that colleague. Raises CannotBeTold where one of them may not read it, and NothingWritten.
    """
    if application is not None and application.candidate_id != candidate.pk:
        raise DomainError("This application is somebody else's.", code="bad_application")
    candidate = Candidate.objects.select_for_update(of=("self",), no_key=True).get(pk=candidate.pk)
    if candidate.merged_into_id is not None:
        raise DomainError("This record was merged into another one. Write there.", code="candidate_merged")
    text = _checked(text)
    note = Note(candidate=candidate, application=application, text=text, private=private, by=by, at=now)
    told = _mentioned(note)
    note.save(force_insert=True)
    NoteMention.objects.bulk_create(NoteMention(note=note, user=user) for user in told)
    if not private:
        Candidate.objects.filter(pk=candidate.pk).update(last_activity_at=now)
    _tell(note, told, now=now)
    _put_down("note.written", note, by=by, private=private, mentions=len(told))
    return note


@transaction.atomic
def edit(*, note: Note, text: str, by: User, now: datetime, expected_edited_at: str | None = None) -> Note:
    """Change one's own note; who is mentioned for the first time is told. Raises NoteChanged."""
    note = _own(note, by=by)
    if expected_edited_at is not None and expected_edited_at != version(note):
        raise NoteChanged
    text = _checked(text)
    if text == note.text:
        return note
    note.text, note.edited_at = text, now
    mentioned = _mentioned(note)
    known = set(note.mentions.values_list("user_id", flat=True))
    note.save(update_fields=["text", "edited_at"])
    note.mentions.exclude(user__in=mentioned).delete()
    fresh = [user for user in mentioned if user.pk not in known]
    NoteMention.objects.bulk_create(NoteMention(note=note, user=user) for user in fresh)
    _tell(note, fresh, now=now)
    _put_down("note.edited", note, by=by, mentions=len(fresh))
    return note


@transaction.atomic
def delete(*, note: Note, by: User, now: datetime) -> Note:
    """Take one's own note away; `restore` brings it back."""
    note = _own(note, by=by)
    note.deleted_at, note.deleted_by = now, by
    note.save(update_fields=["deleted_at", "deleted_by"])
    _put_down("note.deleted", note, by=by)
    return note


@transaction.atomic
def restore(*, note: Note, by: User, now: datetime) -> Note:
    """Bring one's own deleted note back; nobody is told again."""
    del now
    note = _own(note, by=by, deleted=True)
    note.deleted_at = note.deleted_by = None
    note.save(update_fields=["deleted_at", "deleted_by"])
    _put_down("note.restored", note, by=by)
    return note


def version(note: Note) -> str:
    """What a form keeps to notice that the note changed under it."""
    return (note.edited_at or note.at).isoformat()


def mentionable(*, candidate: Candidate, application: Application | None, words: str, by: User) -> list[User]:
    """Colleagues whose name begins with the words and who may read a note here; those on this person's jobs first."""
    team = HiringTeamMember.objects.filter(
        user=OuterRef("pk"), job__in=Job.objects.visible_to(by).filter(applications__candidate=candidate)
    )
    users = get_user_model().objects.filter(is_active=True, is_staff=True).exclude(pk=by.pk)
    if words:
        users = users.filter(
            Q(username__istartswith=words) | Q(first_name__istartswith=words) | Q(last_name__istartswith=words)
        )
    ranked = users.annotate(near=Exists(team)).order_by("-near", "first_name", "last_name", "username")
    return readers(with_rights(ranked[:LOOKED_AT]), candidate=candidate, application=application)[:SUGGESTED]


def readers(users: Iterable[User], *, candidate: Candidate, application: Application | None) -> list[User]:
    """Those who may see the notes of this person, and of this application: one statement for all, in the same order."""
    allowed = [user for user in users if user.has_perm("jobs.view_note")]
    if not allowed:
        return []
    seen: list[QuerySet[Candidate, int]] = []
    for user in allowed:
        people = Candidate.objects.visible_to(user).filter(pk=candidate.pk).order_by()
        if application is not None:
            people = people.filter(applications__in=Application.objects.visible_to(user).filter(pk=application.pk))
        seen.append(people.annotate(reader=Value(user.pk)).values_list("reader", flat=True))
    may = set(seen[0].union(*seen[1:], all=True))
    return [user for user in allowed if user.pk in may]


def _checked(text: str) -> str:
    text = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    if not text:
        raise NothingWritten
    if len(text) > LONGEST:
        raise DomainError("A note has at most {most} characters; this one has {count}.", code="long_note", most=LONGEST,
                          count=len(text))  # fmt: skip
    return text


def _mentioned(note: Note) -> list[User]:
    """The colleagues the text names. A word behind @ that is nobody's name stays a word."""
    # "@hugo." ends a sentence and is not part of the name, unless somebody is called that.
    words = {form for word in _MENTION.findall(note.text) for form in (word, word.rstrip(".+-"))}
    if not words:
        return []
    lower = {word.lower() for word in words}
    users = get_user_model().objects.filter(is_active=True, username__in=words | lower).exclude(pk=note.by_id)
    named = with_rights(users.order_by("pk"))
    if named and note.private:
        raise DomainError("A private note is only for you. Take the mention out, or write it for the team.",
                          code="private_mention")  # fmt: skip
    may = readers(named, candidate=note.candidate, application=note.application)
    if hidden := [one for one in named if one not in may]:
        raise CannotBeTold(names=" and ".join(one.display_name for one in hidden))
    return named


def _tell(note: Note, users: Iterable[User], *, now: datetime) -> None:
    where = "jobs_application_notes" if note.application_id else "jobs_candidate_notes"
    about = note.application_id or note.candidate_id
    notifications.tell(
        users=users,
        kind=Notification.Kind.MENTION,
        text=f"{note.by.display_name} mentioned you in a note about {note.candidate.full_name}",
        url=f"{reverse(f'admin:{where}', args=[about])}#note-{note.pk}",
        now=now,
        subject=note.candidate_id,
        job=note.application.job_id if note.application else None,
        by=note.by,
    )


def _own(note: Note, *, by: User, deleted: bool = False) -> Note:
    found = Note.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=note.pk).first()
    if found is None:
        raise NotFound
    if found.by_id != by.pk:
        raise DomainError("Only who wrote a note may change it.", code="not_your_note")
    if (found.deleted_at is not None) != deleted:
        raise NoteChanged
    return found


def _put_down(action: str, note: Note, *, by: User, **changes: Any) -> None:
    job = note.application.job_id if note.application else None
    audit.record(action, target=note, by=by, subject=note.candidate_id, job=job, **changes)
