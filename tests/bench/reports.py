"""make bench-reports: processor seconds of each report as a document, over a job with five hundred applications.

Four in five of those who applied said who they are, so that the bias audit and its summary have all their tables. The
rows are written in a transaction that is rolled back; each report is made in this process as the worker makes it, up to
the bytes of both files, and both are written to a store on this disk.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django

APPLICATIONS, CRITERIA, CARDS = 500, 6, 60
MOST_SECONDS = 1.0
MAKINGS = 3
FORGOTTEN_AFTER = 12


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def rows() -> dict[str, Any]:
    """A job with its people, their steps, a ranking with evidence, cards and a drive."""
    from django.utils import timezone

    from candidates.models import Candidate
    from jobs import models as jobs
    from jobs.models.demographic import FORM, DemographicAnswer, Race, Sex
    from tests.factories import JobFactory, UserFactory
    from tests.hiring import DriveFactory, ScorecardFactory, TrackingLinkFactory

    now = timezone.now()
    names = [f"bench{number}" for number in range(3)]
    owner, auditor, other = (
        UserFactory(username=f"{name}-{now:%H%M%S%f}", role=role)
        for name, role in zip(names, ("Recruiter", "Auditor", "Interviewer"), strict=True)
    )
    job = JobFactory(title="Backend Engineer", team={owner: "recruiter"})
    stages = list(job.stages.all())
    drive = DriveFactory(created_by=owner, starts_on=now.date() - timedelta(days=60), ends_on=now.date())
    drive.drive_jobs.create(job=job)
    link = TrackingLinkFactory(job=None, drive=drive, created_by=owner)
    sources = ("Referral", "Job board", "LinkedIn", "Agency")
    people = Candidate.objects.bulk_create(
        Candidate(full_name=f"Benjamin Bench-Person {number}", headline="Engineer", country="DE")
        for number in range(APPLICATIONS)
    )
    applied = jobs.Application.objects.bulk_create(
        jobs.Application(
            candidate=person, job=job, stage=stages[number % 4], source=sources[number % 4], tracking_link=link,
            applied_at=now - timedelta(days=number % 60, minutes=number),
        )
        for number, person in enumerate(people)
    )  # fmt: skip
    jobs.StageTransition.objects.bulk_create(
        jobs.StageTransition(application=one, to_stage=stages[0], to_status="active", at=one.applied_at)
        for one in applied
    )
    DemographicAnswer.objects.bulk_create(
        DemographicAnswer(
            application=one, sex=Sex.values[number % 2], race=Race.values[number % 7], form_version=FORM, channel="api",
            asked_at=one.applied_at, answered_at=one.applied_at,
        )
        for number, one in enumerate(applied)
        if number % 5
    )  # fmt: skip
    criteria = [{"text": f"Requirement number {number}", "kind": "must"} for number in range(CRITERIA)]
    run = jobs.MatchRun.objects.create(
        job=job, model_hash="a" * 64, weights={}, criteria=criteria, considered=APPLICATIONS, ranked=APPLICATIONS,
        milliseconds=1, created_by=owner,
    )  # fmt: skip
    matches = jobs.Match.objects.bulk_create(
        jobs.Match(run=run, candidate=person, rank=rank, score=1 / rank, components={}, must_covered=3,
                   must_total=CRITERIA)
        for rank, person in enumerate(people, start=1)
    )  # fmt: skip
    jobs.MatchEvidence.objects.bulk_create(
        jobs.MatchEvidence(
            match=match, criterion=number, strength="strong", quote="Built and ran billing. " * 6, page=1
        )
        for match in matches
        for number in range(CRITERIA)
    )
    for one in applied[:CARDS]:
        ScorecardFactory(application=one, by=other, takeaways="Thinks aloud, asks back, and knows the limits. " * 4)
    today = timezone.localdate(now)
    period = {"since": today - timedelta(days=30), "until": today}
    return {
        "job": {"owner": owner, "job": job},
        "candidate": {"owner": owner, "candidate": people[0], "application": applied[0], "job": job},
        "drive": {"owner": owner, "drive": drive},
        "monthly": {"owner": owner, **period},
        # Whole months alone are counted by sex and race.
        "bias": {"owner": auditor, "since": today - timedelta(days=95), "until": today},
        "summary": {"owner": auditor, "since": today - timedelta(days=95), "until": today},
    }


def measure(kind: str, about: dict[str, Any]) -> float:
    """The quickest of three makings, each with nothing kept of the one before: what else the machine does only adds."""
    from django.core.cache import cache
    from pypdfium2 import PdfDocument

    from hrassist.lib import storage
    from jobs.models import ReportDocument
    from jobs.reports.documents import making, pdf, word

    makings: list[list[float]] = []
    pages = 0
    for _ in range(MAKINGS):
        cache.clear()
        forget()
        times = [time.process_time()]
        _, said, at = making.put_together(ReportDocument(kind=kind, **about))
        times.append(time.process_time())
        docx = word.report(said, made_at=at)
        times.append(time.process_time())
        made = pdf.report(said, made_at=at)
        times.append(time.process_time())
        for name, content in (("docx", docx), ("pdf", made)):
            storage.clean().put(f"clean/bench.{name}", content, content_type="application/octet-stream")
        times.append(time.process_time())
        taken = [after - before for before, after in pairwise(times)]
        makings.append([*taken, sum(taken)])
        with PdfDocument(made) as read:
            pages = len(read)
    quickest, *_, slowest = sorted(makings, key=lambda one: one[-1])
    say(f"{kind:10} {pages:5} " + " ".join(f"{one:8.3f}" for one in [*quickest, slowest[-1]]))
    return quickest[-1]


def forget() -> None:
    """Have the typesetter drop what it has set: it keeps what any of the last ten papers used."""
    from hrassist.lib import typesetting
    from jobs.reports.documents import word

    for width in range(1, FORGOTTEN_AFTER + 1):
        dot = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="1"/>'
        typesetting.pictures(word.PICTURE, {"svg": dot}, dots_per_inch=10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail where a report takes a second or more")
    options = parser.parse_args()
    from django.conf import settings
    from django.db import transaction

    say(f"processor seconds; a job with {APPLICATIONS} applications")
    say(f"{'report':10} {'pages':>5} {'words':>8} {'DOCX':>8} {'PDF':>8} {'store':>8} {'all':>8} {'slowest':>8}")
    with TemporaryDirectory() as folder, transaction.atomic():
        settings.DISK_STORAGE_DIR = Path(folder)
        slowest = max(measure(kind, about) for kind, about in rows().items())
        transaction.set_rollback(True)
    if options.strict and slowest >= MOST_SECONDS:
        sys.exit("A report takes a second or more.")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    django.setup()
    main()
