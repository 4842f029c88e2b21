"""Long work that the demo's recruiter has asked for: rankings, an import with a bad row, and an export."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from candidates.actions import imports
from hrassist import exports, long_tasks
from hrassist.exports import Selection
from hrassist.models import LongTask, User
from jobs.actions import matching
from jobs.models import Job, MatchRun

FILE = "fair-visitors.csv"
# A line without a name, and an address that is none: what a file from a fair looks like.
VISITORS = """Name,E-mail,City,Country,Current title
Ilse Ferrand,ilse.ferrand@example.net,Lyon,FR,Quality engineer
Bo Hartwell,bo.hartwell@example.net,Leeds,GB,Warehouse lead
Nadia Quist,nadia.quist@example.net,Malmö,SE,Data analyst
,somebody@example.net,Bern,CH,Accountant
Piet Verhoeven,piet.verhoeven@,Ghent,BE,Electrician
Amara Sundby,amara.sundby@example.net,Oslo,NO,Physiotherapist
"""
COLUMNS = ("full_name", "headline", "city", "country")


def ensure(jobs: Sequence[Job], *, by: User, now: datetime) -> None:
    """Do each once; what was done before stays."""
    for job in jobs:
        if not MatchRun.objects.filter(job=job).exists():
            matching.rank_people(job_id=job.pk, by=by, now=now)
    done = set(LongTask.objects.filter(created_by=by).values_list("title", flat=True))
    if f"Import of {FILE}" not in done:
        _import(by=by, now=now)
    if not any(title.startswith("Export of") for title in done):
        _export(by=by, now=now)


@transaction.atomic
def _export(*, by: User, now: datetime) -> None:
    selection = Selection(query="q=skill:python")
    export = exports.of("candidates.candidate")
    _finish(exports.begin(export=export, selection=selection, columns=COLUMNS, kind="xlsx", by=by, now=now))


@transaction.atomic
def _import(*, by: User, now: datetime) -> None:
    data = VISITORS.encode()
    read = _finish(imports.receive(file=io.BytesIO(data), filename=FILE, size=len(data), by=by, now=now))
    checked = _finish(
        imports.check(
            read=read, mapping=read.result["table"]["guesses"], existing="fill", source="Job fair", goal="",
            goal_key="", by=by, now=now,
        )
    )  # fmt: skip
    _finish(imports.run(checked=checked, by=by, now=now))


def _finish(task: LongTask) -> LongTask:
    """Done here and now, in the transaction that started it: a worker finds it over and leaves it."""
    long_tasks.run(task.pk)
    task.refresh_from_db()
    return task
