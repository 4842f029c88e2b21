"""The long work of an import: reading the file once, checking its rows, doing them, taking them back."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from audit import actions as audit
from candidates.actions import candidates, consents, import_goals, notices
from candidates.imports import columns, reading
from candidates.imports.people import Person, person
from candidates.models import (
    Candidate,
    CandidateEmail,
    CandidateLink,
    CandidatePhone,
    Channel,
    ConsentRecord,
    DuplicateMember,
    ImportedRow,
    Notice,
)
from hrassist import long_tasks, task_files
from hrassist.lib import storage
from hrassist.lib.errors import DomainError
from hrassist.long_tasks import Progress

if TYPE_CHECKING:
    from hrassist.models import User

READ, CHECK, RUN, UNDO = (f"candidates.import_{step}" for step in ("read", "check", "run", "undo"))
SAMPLE = 5
BATCH = 200
# A row takes some milliseconds: kept and told this often, progress moves and a stop is heard.
STEP = 20
SHOWN_CELL = 80
# What a person has from the import itself; anything else was added since.
OWN = {CandidateEmail, CandidatePhone, CandidateLink, ImportedRow, DuplicateMember}
Line = tuple[int, list[str]]
# A line of the file as a person, and who of those here it is.
Row = tuple[int, Person, UUID | None]


@long_tasks.work(READ)
def read(progress: Progress) -> dict[str, Any]:
    """Turn the upload into plain rows, kept for the steps that follow, and show the first of them."""
    _require_right(progress)
    data = b"".join(storage.clean().open(progress.task.source_key))
    lines = reading.rows(data)
    first = next(lines, None)
    if first is None:
        raise reading.NoTable("This file is empty.", code="empty")
    headings = [heading.strip()[:SHOWN_CELL] for heading in first[1]]
    sample: list[list[str]] = []
    count = 0
    with tempfile.TemporaryDirectory(prefix="hrassist-import-") as folder:
        path = Path(folder, "rows.jsonl")
        with path.open("w", encoding="utf-8") as kept:
            for number, cells in lines:
                # A cell far beyond what fits is refused with its row; its length is told, not its text.
                kept.write(json.dumps([number, [cell[: reading.MAX_CELL + 1] for cell in cells]]) + "\n")
                if len(sample) < SAMPLE:
                    sample.append([_printable(cell) for cell in cells])
                count += 1
                if count % 5000 == 0:
                    progress.at(count)
        if not count:
            raise reading.NoTable("This file has a heading and no rows.", code="empty")
        key, expires_at = task_files.keep(path, content_type="application/jsonl")
    progress.file(key=key, name="", expires_at=expires_at)
    table = {
        "headings": [_printable(one) for one in headings], "guesses": columns.guess(headings), "sample": sample,
        "rows": count,
    }  # fmt: skip
    return {"rows": count, "table": table, "next": reverse("admin:candidates_import_columns", args=[progress.task.pk])}


@long_tasks.work(CHECK)
def check(progress: Progress) -> dict[str, Any]:
    """Say of every row whether it would be new, known or refused; nothing is changed."""
    _require_right(progress)
    seen: set[str] = set()
    counts = {"new": 0, "known": 0, "twice_in_the_file": 0}
    done = 0
    for batch in _batches(progress.task.source_key):
        people = [(number, _person(progress, cells)) for number, cells in batch]
        matches = _matches([one for _, one in people], by=progress.by)
        for (number, one), match in zip(people, matches, strict=True):
            if one.problems:
                progress.refuse(number, "; ".join(one.problems))
                continue
            if match is not None:
                counts["known"] += 1
            elif seen & _keys(one):
                counts["twice_in_the_file"] += 1
            else:
                counts["new"] += 1
            seen |= _keys(one)
        done += len(batch)
        progress.at(done, **counts)
    return counts


@long_tasks.work(RUN)
def run(progress: Progress) -> dict[str, Any]:
    """Do the rows one by one, each whole or not at all; rows that an earlier worker did are not done again."""
    _require_right(progress)
    before = {row.number: row for row in ImportedRow.objects.filter(task=progress.task)}
    created = sum(row.created for row in before.values())
    counts = {"new": created, "updated": len(before) - created, "unchanged": 0}
    done = 0
    for batch in _batches(progress.task.source_key):
        people = [(number, _person(progress, cells)) for number, cells in batch if number not in before]
        matches = _matches([one for _, one in people], by=progress.by)
        rows = [(number, one, match) for (number, one), match in zip(people, matches, strict=True)]
        fresh: dict[str, UUID] = {}
        at = 0
        for some in _together(rows):
            progress.at(done + at, **counts)
            _do_all(progress, some, fresh=fresh, counts=counts)
            at += len(some)
        done += len(batch)
        progress.at(done, **counts)
    audit.record("import.done", target=progress.task, by=progress.by, rows=counts)
    return counts


@long_tasks.work(UNDO)
def undo(progress: Progress) -> dict[str, Any]:
    """Remove the people whom an import added, unless something was added to them since: those stay and are told."""
    _require_right(progress)
    rows = ImportedRow.objects.filter(task=progress.params["imported"], created=True).select_related("candidate")
    goal = import_goals.of(progress.params["goal"])
    removed = 0
    for done, row in enumerate(list(rows), start=1):
        try:
            _take_back(row, goal=goal, by=progress.by, now=timezone.now())
            removed += 1
        except DomainError as error:
            progress.refuse(row.number, error.message)
        if done % 20 == 0:
            progress.at(done, removed=removed)
    audit.record("import.undone", target=progress.task, by=progress.by, removed=removed)
    return {"removed": removed}


def _together(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows that share a transaction: some of people who are new, or one of somebody who is here already.

    A commit for each row is most of the time on a disk that keeps its promises. Of people who are here only one at a
    time is locked: two imports that name them in another order would else wait for each other.
    """
    some: list[Row] = []
    for row in rows:
        _, _, known = row
        if some and (known is not None or len(some) == STEP):
            yield some
            some = []
        some.append(row)
        if known is not None:
            yield some
            some = []
    if some:
        yield some


def _do_all(progress: Progress, some: Sequence[Row], *, fresh: dict[str, UUID], counts: dict[str, int]) -> None:
    """Do these rows, each whole or not at all, and keep which were done with what they did."""
    done: list[ImportedRow] = []
    refused: list[tuple[int, str]] = []
    tally: Counter[str] = Counter()
    with transaction.atomic():
        for number, one, match in some:
            known = match or next((fresh[key] for key in _keys(one) if key in fresh), None)
            try:
                outcome, row, key = _do(progress, number, one, known)
            except DomainError as error:
                refused.append((number, error.message))
                continue
            tally[outcome] += 1
            if row is not None:
                done.append(row)
            fresh |= dict.fromkeys(_keys(one), key)
        ImportedRow.objects.bulk_create(done)
    # Told once it is kept.
    for number, why in refused:
        progress.refuse(number, why)
    for outcome, count in tally.items():
        counts[outcome] += count


# --- One row ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def _do(progress: Progress, number: int, one: Person, known: UUID | None) -> tuple[str, ImportedRow | None, UUID]:
    if one.problems:
        raise DomainError("; ".join(one.problems), code="bad_row")
    said, by, now = progress.params, progress.by, timezone.now()
    if known is None:
        candidate = candidates.create(by=by, now=now, facts=one.facts, contacts=_contacts(one))
        outcome = "new"
    else:
        candidate = Candidate.objects.get(pk=known)
        changed = _bring_up_to_date(candidate, one, existing=said["existing"], by=by, now=now)
        outcome = "updated" if changed else "unchanged"
    agreed = _keep_consents(candidate, one, number, progress=progress, now=now)
    if outcome == "unchanged" and agreed:
        outcome = "updated"
    goal = import_goals.of(said["goal"])
    made = goal.put(candidate, said["goal_key"], by, now, one.facts.get("source", "")) if goal else None
    if outcome == "unchanged" and made is not None:
        outcome = "updated"
    if outcome == "unchanged":
        return outcome, None, candidate.pk
    if outcome == "updated" or made is not None or agreed:
        candidate.refresh_from_db(fields=["updated_at"])
    row = ImportedRow(
        task=progress.task, number=number, candidate=candidate, created=outcome == "new", goal_ref=made,
        left_at=candidate.updated_at, at=now,
    )  # fmt: skip
    return outcome, row, candidate.pk


def _keep_consents(candidate: Candidate, one: Person, number: int, *, progress: Progress, now: datetime) -> int:
    """Put down the consents that a row names; how many were new."""
    before = candidate.consents.count() if one.consents else 0
    for day in one.consents:
        given = timezone.make_aware(datetime.combine(day, time(12)))
        if given > now:
            raise DomainError("Day of consent: it lies in the future.", code="future_consent")
        consents.give(
            candidate=candidate, purpose=ConsentRecord.Purpose.TALENT_POOL,
            notice=notices.standing(Notice.Kind.TALENT_POOL, "", "en", now=now), channel=Channel.IMPORT, now=now,
            by=progress.by, given_at=given, evidence=f"Row {number} of the import {progress.task.pk}",
        )  # fmt: skip
    return candidate.consents.count() - before if one.consents else 0


def _bring_up_to_date(candidate: Candidate, one: Person, *, existing: str, by: User, now: datetime) -> bool:
    if existing == "skip":
        return False
    facts = {
        name: value
        for name, value in one.facts.items()
        if existing == "overwrite" or not getattr(candidate, name)
    }  # fmt: skip
    added: dict[str, list[Any]] = {}
    for noun, (_, column) in candidates.CONTACTS.items():
        entries: Any = getattr(candidate, noun).order_by("pk").values(column, "type", "status")
        present = [{"value": row[column], "type": row["type"], "status": row["status"]} for row in entries]
        new = [value for value in getattr(one, noun) if value not in {row["value"] for row in present}]
        if new:
            added[noun] = [*present, *({"value": value} for value in new)]
    before = candidate.updated_at
    return candidates.update(candidate=candidate, by=by, now=now, facts=facts, contacts=added).updated_at != before


@transaction.atomic
def _take_back(row: ImportedRow, *, goal: import_goals.Goal | None, by: User, now: datetime) -> None:
    candidate = Candidate.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=row.candidate_id).first()
    if candidate is None:
        raise DomainError("This person is not there any more, or not for you.", code="gone")
    if candidate.updated_at > row.left_at:
        raise DomainError("Somebody changed this person since: they stay.", code="changed_since")
    if row.goal_ref and not (goal and goal.take_back(row.goal_ref, by, now)):
        raise DomainError("Somebody worked on their application since: they stay.", code="changed_since")
    for relation in candidate._meta.related_objects:
        model: Any = relation.related_model
        if model not in OWN and model._default_manager.filter(**{relation.field.name: candidate}).exists():
            raise DomainError("Something was added to this person since: they stay.", code="added_since")
    audit.record("candidate.import_undone", target=candidate, by=by, subject=candidate)
    candidate.delete()


def _require_right(progress: Progress) -> None:
    if not progress.by.has_perm("candidates.import_candidate"):
        raise DomainError("You may not import any more.", code="forbidden")


def _person(progress: Progress, cells: Sequence[str]) -> Person:
    return person(cells, progress.params["mapping"], source=progress.params["source"])


def _contacts(one: Person) -> dict[str, list[Any]]:
    return {
        noun: [{"value": value} for value in getattr(one, noun)] for noun in candidates.CONTACTS if getattr(one, noun)
    }


def _keys(one: Person) -> set[str]:
    """What says that two rows are one person."""
    return {f"email:{address}" for address in one.emails} | (
        {f"id:{one.facts['external_id']}"} if one.facts.get("external_id") else set()
    )


def _matches(people: Sequence[Person], *, by: User) -> list[UUID | None]:
    """For each the person who is known by the same external identifier, else by an address; of those the user sees."""
    ids = {one.facts["external_id"] for one in people if one.facts.get("external_id")}
    addresses = {address for one in people for address in one.emails}
    by_id = Candidate.objects.unmerged().filter(external_id__in=ids).values_list("external_id", "pk")
    by_address = CandidateEmail.objects.filter(address__in=addresses, candidate__merged_into__isnull=True)
    found = {f"id:{key}": pk for key, pk in by_id.order_by("-created_at", "-pk")}
    for address, pk in by_address.order_by("-candidate_id").values_list("address", "candidate_id"):
        found[f"email:{address}"] = pk
    # Asked for a whole piece of the file at once: the question of who is seen is the dear part.
    seen = set(Candidate.objects.visible_to(by).filter(pk__in=set(found.values())).values_list("pk", flat=True))
    return [
        next((found[key] for key in sorted(_keys(one), reverse=True) if found.get(key) in seen), None) for one in people
    ]


def _batches(key: str) -> Iterator[list[Line]]:
    """The rows that were read of the file, in pieces; fetched whole at first, so that they outlast their day."""
    with tempfile.TemporaryFile("w+b", prefix="hrassist-rows-") as file:
        for chunk in storage.clean().open(key):
            file.write(chunk)
        file.seek(0)
        lines = (json.loads(line) for line in file)
        while batch := [(int(number), list(cells)) for number, cells in islice(lines, BATCH)]:
            yield batch


def _printable(cell: str) -> str:
    short = "".join(character if character.isprintable() else "·" for character in cell[:SHOWN_CELL])
    return f"{short}…" if len(cell) > SHOWN_CELL else short
