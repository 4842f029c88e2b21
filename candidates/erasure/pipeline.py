"""One erasure from its request to its certificate.

The ledger first: what is not in it could come back with a backup. Then every row in one transaction, which also keeps
the keys of the objects in the store; then the objects, each with all its versions; then a second look for what was
under way at that moment; then the certificate. Each step bears to be done again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from audit import actions as audit
from candidates.erasure import certificate, claims, ledger
from candidates.erasure import files as copies
from candidates.erasure.claims import Claim, Later
from candidates.models import (
    Candidate,
    CandidateEmail,
    CandidateLink,
    CandidatePhone,
    Erasure,
    UploadTicket,
    erasing,
    holding,
)
from candidates.models.candidate import everybody_of
from candidates.models.erasing import Person
from hrassist.lib import failpoint, storage
from hrassist.lib.errors import Unavailable

logger = logging.getLogger(__name__)

# An address that was signed before may still be written to for so long; then the second look.
LATE_UPLOADS = timedelta(minutes=2)
SECOND_LOOK = timedelta(seconds=5)


def run(erasure_id: str | UUID) -> None:
    """Do what is left of it. Raises Later when something has to pass first, Unavailable when a part is away."""
    held = claims.claim(erasure_id)
    if held is None:
        return
    done = Erasure.objects.get(pk=held.erasure_id).step
    names = [name for name, _ in STEPS]
    try:
        for _name, work in STEPS[names.index(done) + 1 if done else 0 :]:
            work(held)
    except Later as wait:
        claims.release(held, run_after=timezone.now() + timedelta(seconds=wait.seconds))
        raise
    except Unavailable as error:
        claims.release(held, failed_for=error.code)
        raise
    except claims.Superseded:
        logger.warning("erasure %s was taken over or cancelled; this worker stops", erasure_id)
    except Exception as error:
        claims.release(held, failed_for=type(error).__name__)
        raise


def begin(held: Claim) -> None:
    """From here on nothing can be taken back. A hold that was placed since the request still stops it."""
    with claims.step(held, "begin") as erasure:
        if erasure.state == Erasure.State.WAITING:
            if erasure.grounds != Erasure.Grounds.REPLAY and holding.on(everybody_of(erasure.candidate_id)):
                raise Later(HELD_SECONDS)
            erasure.move(Erasure.State.RUNNING, now=timezone.now())


def remember(held: Claim) -> None:
    """Put all records of the person into the ledger, before anything is removed."""
    erasure = Erasure.objects.get(pk=held.erasure_id)
    people = everybody_of(erasure.candidate_id)
    ledger.ledger().append([ledger.reference(one) for one in people], at=timezone.now())
    with claims.step(held, "remember"):
        pass


def files(held: Claim) -> None:
    """Find the files of long work that name the person, while their words are still known."""
    person = person_of(Erasure.objects.get(pk=held.erasure_id), lock=False)
    mine = copies.that_name(person)
    with claims.step(held, "files") as erasure:
        for task, keys in mine:
            copies.forget(task, keys)
            erasure.objects_left = sorted({*erasure.objects_left, *keys})
        erasure.counts = _add(erasure.counts, {"files of long work": sum(len(keys) for _, keys in mine)})


def rows(held: Claim) -> None:
    """Every row at once: whoever looks sees the whole person or none of them."""
    with claims.step(held, "rows") as erasure:
        person = person_of(erasure, lock=True)
        keys = erasing.keys_of(person)
        until = _open_until(person)
        counts = _add({}, *(dict(step(person)) for step in (*erasing.stops(), *erasing.traces())))
        counts = _add(counts, erasing.remove_all(person))
        # The erasure's own row is not the person's.
        counts.pop("candidates.erasure", None)
        Candidate.objects.filter(pk__in=person.ids).update(erased_at=person.now, updated_at=person.now)
        erasure.refresh_from_db(fields=["reason"])
        erasure.objects_left = sorted({*erasure.objects_left, *keys})
        erasure.counts = _add(erasure.counts, counts)
        erasure.run_after = until
        for one in person.ids:
            audit.record("candidate.erased", subject=one, target=erasure, grounds=erasure.grounds, counts=counts)


def objects(held: Claim) -> None:
    """Every version of every object, and a look whether the store still lists one."""
    left = Erasure.objects.get(pk=held.erasure_id).objects_left
    for number, key in enumerate(left):
        store(key).delete(key)
        failpoint.reach(f"erasure.object.{number}")
    with claims.step(held, "objects") as erasure:
        erasure.counts = _add(erasure.counts, {"objects": len(left)} if left else {})


def again(held: Claim) -> None:
    """What came in while the rows went: an upload that was under way, a note that was just being written."""
    erasure = Erasure.objects.get(pk=held.erasure_id)
    if (left := (erasure.run_after - timezone.now()).total_seconds()) > 0:
        raise Later(int(left) + 1)
    with claims.step(held, "again") as erasure:
        person = person_of(erasure, lock=True)
        keys = erasing.keys_of(person)
        counts = erasing.left_of(person)
        erasing.remove_all(person)
        erasure.counts = _add(erasure.counts, counts)
        erasure.objects_left = sorted({*erasure.objects_left, *keys})
    for key in erasure.objects_left:
        store(key).delete(key)


def certify(held: Claim) -> None:
    """Only of what is true: that no row and no object is left."""
    with claims.step(held, "certify") as erasure:
        person = person_of(erasure, lock=True)
        left = erasing.left_of(person)
        there = [key for key in erasure.objects_left if store(key).head(key) is not None]
        if left or there:
            raise StillThere(left=left, objects=len(there))
        now = timezone.now()
        erasure.move(Erasure.State.DONE, now=now)
        erasure.reason, erasure.objects_left, erasure.failed_for = "", [], ""
        erasure.certificate = certificate.certificate_of(
            erasure, records=len(person.ids), done_at=now.isoformat(timespec="seconds")
        )
        audit.record("erasure.done", target=erasure, subject=erasure.candidate_id, records=len(person.ids))


STEPS: tuple[tuple[str, Callable[[Claim], None]], ...] = tuple(
    (work.__name__, work) for work in (begin, remember, files, rows, objects, again, certify)
)
# How soon it is looked again whether a hold was released.
HELD_SECONDS = 3600


class StillThere(Exception):
    """Something of the person is left although every step is done; nothing is certified."""

    def __init__(self, *, left: dict[str, int], objects: int):
        super().__init__(f"rows left: {left}, objects left: {objects}")


def store(key: str) -> storage.Incoming | storage.Clean:
    return storage.incoming() if key.startswith("incoming/") else storage.clean()


def person_of(erasure: Erasure, *, lock: bool) -> Person:
    """Whom it erases, locked against everything that refers to them; with the words that still name them."""
    people = everybody_of(erasure.candidate_id)
    if lock:
        # Not only against other changes of the row: who inserts something that refers to it waits, or is seen.
        list(Candidate.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("pk").values_list("pk"))
        people = everybody_of(erasure.candidate_id)
    known = Candidate.objects.filter(pk__in=people, erased_at__isnull=True)
    names = set(known.values_list("full_name", flat=True)) | set(known.values_list("external_id", flat=True))
    mine = {"candidate__in": people}
    addresses = set(CandidateEmail.objects.filter(**mine).values_list("address", flat=True))
    numbers = set(CandidatePhone.objects.filter(**mine).values_list("number", flat=True))
    links = set(CandidateLink.objects.filter(**mine).values_list("url", flat=True))
    return Person(
        ids=people,
        erasure_id=erasure.pk,
        now=timezone.now(),
        words=frozenset((names | numbers | links) - {"", Candidate.ERASED}),
        addresses=frozenset(addresses),
    )


def _open_until(person: Person) -> datetime:
    """When the last upload that was under way for the person can have arrived."""
    mine = UploadTicket.objects.filter(candidate__in=person.ids)
    under_way = mine.filter(state__in=[UploadTicket.State.ISSUED, UploadTicket.State.CONFIRMED])
    last = under_way.aggregate(expires=Max("expires_at"), claimed=Max("claimed_until"))
    ends: list[datetime] = [one + LATE_UPLOADS for one in last.values() if one is not None]
    return max([person.now + SECOND_LOOK, *ends])


def _add(counts: dict[str, int], *more: dict[str, int]) -> dict[str, int]:
    total = dict(counts)
    for one in more:
        for name, count in one.items():
            if count:
                total[name] = total.get(name, 0) + count
    return total
