"""How work ended: what failed says why, and what may happen once happened once. The half of I7 that knows no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from candidates.models import DataExport
from hrassist.models import LongTask
from hrassist.ops.fsck.broken import Asked, Broken
from jobs.models import IntakeSubmission, Message, ReportDocument, TailoringRun

# The queue forgets after three days what ended well (candidates/tasks.py): whether a failed task was made up for can be
# said no longer.
KNOWN = timedelta(hours=72)
# Arguments of tasks that name a row, which says for itself how the work stands.
ROWS = (
    "data_export_id", "document_id", "erasure_id", "invitation_id", "long_task_id", "message_id", "run_id",
    "submission_id", "ticket_id",
)  # fmt: skip


def _without_words() -> Iterator[tuple[str, QuerySet[Any]]]:
    """What failed and has nothing in the column that says why; an erasure empties that of mails and submissions."""
    yield "Long work", LongTask.objects.filter(state=LongTask.State.FAILED, message="")
    yield (
        "Message",
        Message.objects.filter(
            state__in=[Message.State.FAILED, Message.State.UNCLEAR], failed_for="", candidate__erased_at=None
        ),
    )
    yield (
        "Submission",
        IntakeSubmission.objects.filter(state=IntakeSubmission.State.FAILED, failed_for="", candidate__erased_at=None),
    )
    yield "Copy of what is held", DataExport.objects.filter(state=DataExport.State.FAILED, failed_for="")
    yield "Tailored resume", TailoringRun.objects.filter(state=TailoringRun.State.FAILED, failed_for="")
    yield "Report", ReportDocument.objects.filter(state=ReportDocument.State.FAILED, message="")


def says_why() -> Iterator[Broken]:
    """Whatever is put aside says why it was."""
    for noun, rows in _without_words():
        for pk in rows.order_by("pk").values_list("pk", flat=True).iterator():
            yield Broken(
                f"{noun} {pk} failed and does not say why.", "The worker's log of that hour does: then start it anew."
            )


def failed_tasks(asked: Asked) -> Iterator[Broken]:
    """A task that failed lately, that none like it made up for, and whose work has no row that could say why."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT job.id, job.task_name FROM procrastinate_jobs job JOIN LATERAL (SELECT max(at) AS at FROM"
            " procrastinate_events WHERE job_id = job.id) ended ON true"
            " WHERE job.status = 'failed' AND coalesce(ended.at, 'infinity') > %(since)s"
            " AND NOT job.args ?| %(rows)s::text[]"
            " AND NOT EXISTS (SELECT FROM procrastinate_jobs later WHERE later.task_name = job.task_name"
            " AND later.id > job.id AND later.args - 'timestamp' = job.args - 'timestamp'"
            " AND later.status IN ('todo', 'doing', 'succeeded')) ORDER BY job.id LIMIT 1000",
            {"since": asked.now - KNOWN, "rows": list(ROWS)},
        )
        for pk, name in cursor.fetchall():
            yield Broken(
                f"Task {pk} ({name}) failed, nothing says why, and none like it came after it.",
                f"The worker's log does: mend what it names, then manage.py procrastinate shell: retry {pk}.",
            )


def once() -> Iterator[Broken]:
    """No task ended well twice, and no mail left more often than somebody asked for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT job_id, count(*) FROM procrastinate_events WHERE type = 'succeeded' GROUP BY job_id"
            " HAVING count(*) > 1 ORDER BY job_id LIMIT 1000"
        )
        for pk, times in cursor.fetchall():
            yield Broken(f"Task {pk} ended well {times} times.", "See in the workers' logs what each of them did.")
        cursor.execute(
            "SELECT target_id, count(*) FILTER (WHERE action = 'message.sent') AS sent FROM audit_event"
            " WHERE action IN ('message.sent', 'message.retried') AND target_type = 'jobs.message' GROUP BY target_id"
            " HAVING count(*) FILTER (WHERE action = 'message.sent')"
            " > 1 + count(*) FILTER (WHERE action = 'message.retried') ORDER BY target_id LIMIT 1000"
        )
        for pk, times in cursor.fetchall():
            yield Broken(
                f"Message {pk} left {times} times, and nobody asked for that.", "Whoever it went to may be told."
            )
