"""Fills an installation with the demo: every file goes through the same doors as a recruiter's own uploads.

Repeating it adds nothing; killed at any moment and run again, it completes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from candidates.actions import uploads
from candidates.models import Candidate, Resume, UploadTicket
from candidates.tasks import forgotten_uploads, ingest_upload
from hrassist.lib import storage
from hrassist.lib.errors import DomainError
from hrassist.lib.storage.disk import DiskIncoming
from hrassist.models import User
from hrassist.ops.demo import (
    accounts,
    arrivals,
    demographics,
    desk,
    documents,
    errands,
    files,
    hiring,
    interviews,
    keeping,
    notes,
    offers,
    privacy,
    tailored,
    twins,
    vacancies,
)
from hrassist.ops.demo.draining import Drain
from hrassist.ops.demo.files import DemoFile
from hrassist.ops.demo.people import Person

State = UploadTicket.State
Progress = Callable[[int, int], None]
# Longer than the lease of a worker that was killed: what it held is free again after four minutes.
PATIENCE = 330.0


class DemoStuck(DomainError):
    """Files wait to be read and nothing happens to them any more."""

    code = "demo_stuck"
    default_message = (
        "{waiting} files have waited {seconds} seconds without one being read. Look at the log of the worker "
        "(python manage.py procrastinate worker), then run the demo again: it goes on where it stands."
    )


class NoDemoHere(DomainError):
    """This installation is not one to fill with invented people."""

    code = "no_demo_here"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the demo consists of, and how many files and applications this run added."""

    available: int
    rejected: int
    parked: int
    jobs: int
    new_files: int
    new_applications: int
    seconds: float


def require_a_place_for_it() -> None:
    """Raise NoDemoHere on production settings or an object store: invented people belong on neither."""
    if not settings.DEVELOPMENT:
        raise NoDemoHere("The demo is for development. Set HRASSIST_ENV=development, on a database of its own.")
    if settings.STORAGE_BACKEND != "disk":
        raise NoDemoHere("The demo keeps its files on disk. Unset AWS_S3_BUCKET_NAME to run it.")


def load(*, by: User, candidates: int, jobs: int, seed: int, workers: int = 0, progress: Progress) -> Loaded:
    """Bring the demo to completion; `progress` hears how many files are settled, out of how many.

    `workers` processes read files, one per core by default. Raises NoDemoHere, DemoStuck, ValueError for more people
    than there are names.
    """
    require_a_place_for_it()
    began = time.monotonic()
    people = files.plan(candidates, seed=seed)
    new_files = _upload_and_read(people, by=by, seed=seed, workers=workers or os.cpu_count() or 1, progress=progress)
    tickets = _tickets(people, by=by, seed=seed)
    now = timezone.now()
    colleagues = accounts.ensure_colleagues()
    opened = vacancies.ensure_jobs(jobs, by=by, team=colleagues, now=now)
    known = _read_people(people, tickets)
    applied = vacancies.ensure_applications(known, opened, by=by, now=now)
    vacancies.ensure_hires(opened, by=by, now=now)
    offers.ensure_offers(by=by, approver=colleagues[0], now=now)
    offers.ensure_messages(by=by, now=now)
    interviews.ensure_interviews(opened, by=by, team=colleagues, now=now)
    hiring.ensure(by=by, team=colleagues, jobs=opened, now=now)
    keeping.ensure(known, by=by, colleague=accounts.ensure_others()[0], now=now)
    notes.ensure(by=by, team=colleagues, now=now)
    twins.ensure(known, by=by, now=now)
    errands.ensure(opened, by=by, now=now)
    arrivals.ensure(drive=hiring.DRIVE, now=now)
    officer, *_ = accounts.ensure_stewards()
    cast = privacy.Cast(recruiter=by, second=accounts.ensure_others()[0], officer=officer)
    privacy.ensure(jobs=opened, cast=cast, now=now)
    tailored.ensure(by=by, now=now)
    documents.ensure(by=by, now=now)
    desk.ensure(by=by, manager=colleagues[0], now=now)
    demographics.ensure(opened, by=by, now=now)
    return Loaded(
        available=sum(ticket.state == State.AVAILABLE for ticket in tickets.values()),
        rejected=sum(ticket.state == State.REJECTED for ticket in tickets.values()),
        parked=sum(ticket.parked_at is not None for ticket in tickets.values()),
        jobs=len(opened),
        new_files=new_files,
        new_applications=applied,
        seconds=time.monotonic() - began,
    )


def _upload_and_read(people: list[Person], *, by: User, seed: int, workers: int, progress: Progress) -> int:
    tickets = _tickets(people, by=by, seed=seed)
    missing = [person for person in people if not _is_handed_over(tickets.get(person.number))]
    total, settled = len(people), _settled(tickets.values())
    if settled == total:
        return 0
    progress(settled, total)
    # What an earlier run left behind when it was killed.
    for ticket_id in forgotten_uploads(now=timezone.now()):
        ingest_upload.defer(ticket_id=ticket_id)
    # The workers read while we still write: both cores are busy from the first second.
    with Drain(queues=["ingest", "upkeep"], workers=workers) as drain:
        wanted = {person.number for person in missing}
        for file in files.make(people, only=wanted):
            _upload(file, earlier=tickets.get(file.number), by=by, seed=seed)
            drain.require_alive()
            progress(_settled(_tickets(people, by=by, seed=seed).values()), total)
        _wait(people, drain=drain, by=by, seed=seed, progress=progress)
    return len(missing)


def _wait(people: list[Person], *, drain: Drain, by: User, seed: int, progress: Progress) -> None:
    settled, last = -1, time.monotonic()
    while True:
        found = _settled(_tickets(people, by=by, seed=seed).values())
        if found != settled:
            settled, last = found, time.monotonic()
            progress(settled, len(people))
        if settled == len(people):
            return
        if time.monotonic() - last > PATIENCE:
            raise DemoStuck(waiting=len(people) - settled, seconds=int(PATIENCE))
        drain.require_alive()
        time.sleep(0.3)


def _upload(file: DemoFile, *, earlier: UploadTicket | None, by: User, seed: int) -> None:
    """Ask for a ticket, put the bytes where it says, confirm: what the browser does for a recruiter."""
    attempt = 0
    if earlier is not None:
        # Begun by a run that was killed: finished under its own ticket while that lasts, else under a new one.
        attempt = int(earlier.idempotency_key.rpartition(":")[2])
        lasts = earlier.state == State.ISSUED and earlier.expires_at > timezone.now() + timedelta(seconds=30)
        attempt += not lasts
    ticket, signed = uploads.issue(
        by=by,
        filename=file.filename,
        size=len(file.data),
        content_type=file.content_type,
        md5=md5_of(file.data),
        sha256=hashlib.sha256(file.data).hexdigest(),
        idempotency_key=f"{_key(seed, file.number)}:{attempt}",
        now=timezone.now(),
    )
    store = storage.incoming()
    if not isinstance(store, DiskIncoming):
        raise NoDemoHere("The demo keeps its files on disk. Unset AWS_S3_BUCKET_NAME to run it.")
    if store.head(ticket.key) is None:
        store.receive(
            signed.url.rpartition("/")[2],
            length=str(len(file.data)),
            content_type=signed.headers["Content-Type"],
            md5_b64=signed.headers["Content-MD5"],
            body=io.BytesIO(file.data),
        )
    uploads.confirm(ticket_id=ticket.pk, by=by, now=timezone.now())


def md5_of(data: bytes) -> str:
    """The checksum as a ticket wants it, in Base64."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _key(seed: int, number: int) -> str:
    return f"demo:{seed}:{number}"


def _tickets(people: list[Person], *, by: User, seed: int) -> dict[int, UploadTicket]:
    """The newest ticket of each person's file, by the person's number."""
    ours = UploadTicket.objects.filter(created_by=by, idempotency_key__startswith=f"demo:{seed}:")
    found = {int(ticket.idempotency_key.split(":")[2]): ticket for ticket in ours.order_by("created_at", "pk")}
    return {person.number: found[person.number] for person in people if person.number in found}


def _is_handed_over(ticket: UploadTicket | None) -> bool:
    return ticket is not None and ticket.state in {State.CONFIRMED, State.AVAILABLE, State.REJECTED}


def _settled(tickets: Iterable[UploadTicket]) -> int:
    return sum(ticket.state in {State.AVAILABLE, State.REJECTED} or ticket.parked_at is not None for ticket in tickets)


def _read_people(people: list[Person], tickets: dict[int, UploadTicket]) -> dict[int, tuple[Person, Candidate]]:
    """Each person whose resume was read, with the candidate that it became."""
    owners = {
        resume.ticket_id: resume.candidate
        for resume in Resume.objects.ready().filter(ticket__in=tickets.values()).select_related("candidate")
    }
    known = {}
    for person in people:
        ticket = tickets.get(person.number)
        candidate = owners.get(ticket.pk) if ticket else None
        if candidate is not None:
            known[person.number] = (person, candidate)
    return known
