"""Importing people: take a file, say what its columns mean, check it, do it, and take it back. Each is long work."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit import actions as audit
from candidates.actions import import_goals
from candidates.actions.import_work import CHECK, READ, RUN, UNDO
from candidates.imports import columns, reading
from candidates.models import ImportedRow
from hrassist import long_tasks, task_files
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import LongTask

if TYPE_CHECKING:
    from hrassist.models import User

EXISTING = {
    "fill": "Add what is missing: empty fields and new contacts",
    "overwrite": "Overwrite their fields with those of the file",
    "skip": "Leave them as they are",
}
UNDO_DAYS = 30


def receive(*, file: IO[bytes], filename: str, size: int, by: User, now: datetime) -> LongTask:
    """Keep an uploaded table and let a worker read it; who started it maps its columns on the next page.

    Raises PermissionDenied, NoTable for a file that is none or too large.
    """
    _require_right(by)
    reading.kind_of(file.read(4096), size=size)
    file.seek(0)
    with tempfile.TemporaryDirectory(prefix="hrassist-import-") as folder:
        path = Path(folder, "upload")
        with path.open("wb") as copy:
            for chunk in iter(lambda: file.read(1024 * 1024), b""):
                copy.write(chunk)
        key, _ = task_files.keep(path, content_type="application/octet-stream")
    task = long_tasks.start(
        kind=READ,
        title=f"Reading {filename[:100]}",
        params={"filename": filename[:100]},
        by=by,
        now=now,
        source_key=key,
    )
    audit.record("import.received", target=task, by=by, size=size)
    return task


def check(
    *, read: LongTask, mapping: Sequence[str], existing: str, source: str, goal: str, goal_key: str, by: User,
    now: datetime,
) -> LongTask:  # fmt: skip
    """Go through every row without changing anything: what would be new, known, and refused.

    Raises PermissionDenied, DomainError for columns that make no person, FileExpired after a day.
    """
    _require_right(by)
    table = rows_of(read, now=now)
    _require_mapping(mapping, width=len(table["headings"]))
    if existing not in EXISTING:
        raise DomainError("Choose what happens to people who are known.", code="bad_option")
    _require_goal(goal, goal_key, by)
    params = {
        "filename": read.params["filename"], "read": str(read.pk), "mapping": list(mapping), "existing": existing,
        "source": source.strip()[:60], "goal": goal if goal_key else "", "goal_key": goal_key,
    }  # fmt: skip
    title = f"Check of {read.params['filename']}"
    return long_tasks.start(
        kind=CHECK, title=title, params=params, by=by, now=now, total=table["rows"], source_key=read.file_key
    )


def run(*, checked: LongTask, by: User, now: datetime) -> LongTask:
    """Import what was checked, row by row. Raises Conflict before the check ended or for a second import of it."""
    _require_right(by)
    if checked.kind != CHECK or checked.state != LongTask.State.DONE:
        raise Conflict("Check the file first.", code="not_checked")
    if LongTask.objects.visible_to(by).filter(kind=RUN, params__checked=str(checked.pk)).exists():
        raise Conflict("This file was imported from this check already. Check it again to import it anew.",
                       code="imported_already")  # fmt: skip
    _require_goal(checked.params["goal"], checked.params["goal_key"], by)
    task = long_tasks.start(
        kind=RUN, title=f"Import of {checked.params['filename']}",
        params={**checked.params, "checked": str(checked.pk)}, by=by, now=now, total=checked.total,
        source_key=checked.source_key,
    )  # fmt: skip
    audit.record("import.started", target=task, by=by, rows=checked.total, existing=checked.params["existing"],
                 goal=checked.params["goal_key"])  # fmt: skip
    return task


def undo(*, imported: LongTask, by: User, now: datetime) -> LongTask:
    """Take the people away whom an import added, those alone to whom nothing was added since."""
    _require_right(by)
    if imported.kind != RUN or not imported.is_over:
        raise Conflict("This import has not ended yet.", code="not_over")
    if LongTask.objects.visible_to(by).filter(kind=UNDO, params__imported=str(imported.pk)).unfinished().exists():
        raise Conflict("This import is being undone already.", code="undone_already")
    rows = ImportedRow.objects.filter(task=imported, created=True)
    task = long_tasks.start(
        kind=UNDO, title=f"Undo: {imported.title}",
        params={"imported": str(imported.pk), "goal": imported.params["goal"]}, by=by, now=now, total=rows.count(),
    )  # fmt: skip
    audit.record("import.undo_started", target=imported, by=by, rows=task.total)
    return task


def rows_of(read: LongTask, *, now: datetime) -> dict[str, Any]:
    """What was read of the file: headings, first rows, how many. Raises Conflict, FileExpired."""
    if read.kind != READ or read.state != LongTask.State.DONE:
        raise Conflict("This file has not been read.", code="not_read")
    if not read.file_key or read.file_expires_at is None or read.file_expires_at <= now:
        raise task_files.FileExpired("The file was kept for a day and is deleted now. Upload it again.")
    table: dict[str, Any] = read.result["table"]
    return table


def may_be_undone(imported: LongTask) -> bool:
    """Whether there is anything left of this import that could be taken back."""
    young = imported.ended_at is not None and (timezone.now() - imported.ended_at).days < UNDO_DAYS
    return young and ImportedRow.objects.filter(task=imported, created=True).exists()


def _require_right(by: User) -> None:
    if not by.has_perm("candidates.import_candidate"):
        raise PermissionDenied


def _require_mapping(mapping: Sequence[str], *, width: int) -> None:
    chosen = [name for name in mapping if name != columns.IGNORED]
    if len(mapping) != width or not set(chosen) <= set(columns.FIELDS):
        raise DomainError("These are not the columns of the file.", code="bad_mapping")
    if not {"full_name", "first_name", "last_name"} & set(chosen):
        raise DomainError("Say which column holds the name.", code="no_name_column")
    for name in set(chosen) - {"email", "phone", "link"}:
        if chosen.count(name) > 1:
            raise DomainError("{field} was chosen for two columns.", code="twice", field=columns.label(name))


def _require_goal(name: str, key: str, by: User) -> None:
    goal = import_goals.of(name)
    if key and (goal is None or key not in {one for one, _ in goal.choices(by)}):
        raise DomainError("This is no longer open to you: choose again.", code="bad_goal")
