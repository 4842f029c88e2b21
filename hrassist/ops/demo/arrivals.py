"""People of the demo who came by themselves: through a link of the drive, with a form and a file."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import datetime

from candidates.tasks import ingest_upload
from hrassist.lib import storage
from hrassist.lib.storage.disk import DiskIncoming
from hrassist.ops.demo import sheet, txt
from hrassist.ops.demo.people import Person, invent
from jobs.actions import intake, settling
from jobs.models import IntakeSubmission, TrackingLink

# People of their own, whom no other part of the demo knows.
SEED, CAME = 77, 3
MESSAGES = ("We talked at your stand yesterday. I could begin in January.", "", "A friend of mine works with you.")


def ensure(*, drive: str, now: datetime) -> int:
    """Let some people apply through the first link of the drive of this name, unless somebody did; gives how many."""
    link = TrackingLink.objects.filter(drive__name=drive).order_by("created_at", "pk").first()
    store = storage.incoming()
    if link is None or IntakeSubmission.objects.exists() or not isinstance(store, DiskIncoming):
        return 0
    for person in invent(CAME, seed=SEED):
        _apply(person, link=link, store=store, now=now)
    return CAME


def _apply(person: Person, *, link: TrackingLink, store: DiskIncoming, now: datetime) -> None:
    """What the public form does: a ticket, the bytes, the form; then what the worker does."""
    data = txt.write(sheet.of(person), layout="capitals")
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    jobs = intake.jobs_of(link, now=now)
    ticket, signed, proof = intake.issue_ticket(
        link=link, filename=f"{person.name}.txt", size=len(data), content_type="text/plain", md5=md5, now=now
    )
    store.receive(
        signed.url.rpartition("/")[2],
        length=str(len(data)),
        content_type=signed.headers["Content-Type"],
        md5_b64=signed.headers["Content-MD5"],
        body=io.BytesIO(data),
    )
    sent, _ = intake.submit(
        link=link, job_id=jobs[person.number % len(jobs)].pk, full_name=person.name, email=person.emails[0],
        phone=person.phone, message=MESSAGES[person.number % len(MESSAGES)], consents=True,
        proof=intake.read_proof(proof, link=link), now=now,
    )  # fmt: skip
    ingest_upload(ticket_id=str(ticket.pk))
    settling.settle(submission_id=sent.pk, now=now)
