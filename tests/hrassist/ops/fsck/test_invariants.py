"""Each invariant is broken in every way it can be, named, and mended where it can mend itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from pytest_django.fixtures import Settings

from audit import actions as audit
from audit.models import Event
from candidates.erasure import ledger
from candidates.models import Candidate, CandidateEmail, Resume, ResumePage, UploadTicket
from hrassist.lib import storage
from hrassist.models import ApiToken, Session, User
from hrassist.ops import fsck
from hrassist.ops.backup import files, keys, places
from hrassist.ops.fsck import Verdict
from tests import factories
from tests.audit.sealing import conninfo
from tests.candidates.resumes.test_pipeline import PDF

pytestmark = pytest.mark.django_db

State = UploadTicket.State


def asked(name: str, *, repair: bool = False, **more: object) -> Verdict:
    return fsck.judge(now=timezone.now(), repair=repair, only=[name], **more)  # type: ignore[arg-type]


def said(verdict: Verdict) -> str:
    return " ".join(one.what for found in verdict.broken.values() for one in found)


def settled(ticket: UploadTicket, state: str, **columns: object) -> UploadTicket:
    now = timezone.now()
    columns = {"state": state, "confirmed_at": now, "settled_at": now} | columns
    UploadTicket.objects.filter(pk=ticket.pk).update(**columns)
    ticket.refresh_from_db()
    return ticket


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> places.Place:
    """A second place with a key."""
    (tmp_path / "place-a").mkdir()
    settings.BACKUP_PLACES = {"A": {**settings.BACKUP_PLACES["A"], "where": str(tmp_path / "place-a")}}
    settings.BACKUP_KEY_FILE = str(tmp_path / "keys" / "backup.key")
    keys.generate(Path(settings.BACKUP_KEY_FILE))
    return places.configured("A")[0]


@pytest.mark.django_db(transaction=True)
def test_a_sound_installation_breaks_nothing(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter), State.AVAILABLE)
    factories.ResumeFactory(content=b"some bytes", pages=2, ticket=ticket)
    verdict = fsck.judge(now=timezone.now())
    assert said(verdict) == ""
    assert verdict.holds
    assert list(verdict.broken) == [f"I{number}" for number in range(1, 13)]


# --- Files ------------------------------------------------------------------------------------------------------------


def test_i1_an_altered_file_is_named_and_comes_back_from_the_second_place(place: places.Place) -> None:
    resume = factories.ResumeFactory(content=b"as it was sent")
    files.copy(place, now=timezone.now())
    factories.put(resume.key, b"as it was sont")
    assert f"Resume {resume.pk} was altered in the store" in said(asked("I1"))
    verdict = asked("I1", repair=True)
    assert verdict.holds
    assert verdict.mended == [f"resume {resume.pk} came back from place A"]
    assert b"".join(storage.clean().open(resume.key)) == b"as it was sent"


def test_i1_another_size_is_seen_without_reading_and_another_sum_only_by_reading() -> None:
    longer, other = factories.ResumeFactory(content=b"four"), factories.ResumeFactory(content=b"same")
    factories.put(longer.key, b"longer")
    factories.put(other.key, b"same"[::-1])
    quick = said(asked("I1", deep=False))
    assert f"{longer.pk} has 6 bytes in the store and 4" in quick
    assert str(other.pk) not in quick
    assert str(other.pk) in said(asked("I1"))


def test_i1_a_row_that_differs_from_what_the_sender_announced(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter, declared_sha256="0" * 64), State.AVAILABLE)
    factories.ResumeFactory(content=b"bytes", ticket=ticket)
    assert "another SHA-256 than its sender announced" in said(asked("I1"))


def test_i2_a_missing_file_is_named_and_comes_back(place: places.Place) -> None:
    resume = factories.ResumeFactory(content=b"here")
    files.copy(place, now=timezone.now())
    storage.clean().delete(resume.key)
    assert f"Resume {resume.pk} has no object" in said(asked("I2"))
    assert asked("I2", repair=True).holds


def test_i2_says_so_where_no_copy_is_to_be_had() -> None:
    resume = factories.ResumeFactory(content=b"here")
    storage.clean().delete(resume.key)
    verdict = asked("I2", repair=True)
    assert not verdict.holds
    assert "There is no key for backups" in verdict.not_mended[0]


def test_i2_a_missing_picture_is_drawn_again_from_its_resume() -> None:
    resume = factories.ResumeFactory(content=PDF)
    page = ResumePage.objects.create(resume=resume, number=1, key="clean/page-1.png", width=10, height=10)
    assert f"Page 1 of resume {resume.pk} has no picture" in said(asked("I2"))
    assert asked("I2", repair=True).holds
    assert b"".join(storage.clean().open(page.key)).startswith(b"\x89PNG")


def test_i2_a_resume_that_was_never_checked_is_named() -> None:
    factories.ResumeFactory(content=b"here", scanned_by="")
    assert "no scan of it is on record" in said(asked("I2", repair=True))


def _age(folder: Path, key: str, days: float) -> None:
    then = timezone.now().timestamp() - days * 86400
    os.utime(folder / key, (then, then))


def test_i3_an_old_orphan_is_deleted_a_younger_one_only_named_and_a_fresh_one_let_be(own_store: Path) -> None:
    for key, days in (("clean/old", 8), ("clean/young", 2), ("clean/fresh", 0)):
        factories.put(key, b"nobody's")
        _age(own_store, key, days)
    assert "clean/old" in said(asked("I3"))
    verdict = asked("I3", repair=True)
    assert [one.what for one in verdict.broken["I3"]] == ["The stored object clean/young belongs to no row."]
    assert storage.clean().head("clean/old") is None
    assert storage.clean().head("clean/fresh") is not None
    assert "younger than 7 days" in verdict.not_mended[0]


def test_i3_what_arrived_long_ago_goes_but_never_a_confirmed_upload(own_store: Path, recruiter: User) -> None:
    kept = settled(factories.UploadTicketFactory(created_by=recruiter), State.CONFIRMED, settled_at=None)
    for key in (kept.key, "incoming/20261101/left"):
        (own_store / key).parent.mkdir(parents=True, exist_ok=True)
        (own_store / key).write_bytes(b"x")
        _age(own_store, key, 2)
    assert said(asked("I3")) == "incoming/20261101/left arrived over a day ago and is nobody's."
    assert asked("I3", repair=True).holds
    assert (own_store / kept.key).exists()


def test_i9_the_sums_of_rows_and_objects_differ_until_the_file_is_back(place: places.Place) -> None:
    resume = factories.ResumeFactory(content=b"here", pages=1)
    files.copy(place, now=timezone.now())
    assert asked("I9").holds
    storage.clean().delete(resume.key)
    assert "2 rows name an object and the store lists 1 of them" in said(asked("I9"))
    fsck.judge(now=timezone.now(), repair=True, only=["I2"])
    assert asked("I9").holds


# --- Uploads and tasks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"state": State.CONFIRMED, "confirmed_at": None, "settled_at": None}, "no moment of it"),
        ({"state": State.AVAILABLE, "settled_at": None}, "ended and has no moment"),
        ({"state": State.ISSUED}, "open and has a moment of its end"),
        ({"state": State.AVAILABLE, "settled_at": timezone.now() - timedelta(days=1)}, "ended before it was confirmed"),
    ],
)
def test_i4_moments_that_do_not_fit_the_state(recruiter: User, columns: dict, what: str) -> None:
    settled(factories.UploadTicketFactory(created_by=recruiter), **columns)
    assert what in said(asked("I4"))


def test_i4_an_upload_that_waits_although_its_resume_is_there_is_settled(recruiter: User) -> None:
    ticket = settled(factories.UploadTicketFactory(created_by=recruiter), State.CONFIRMED, settled_at=None)
    UploadTicket.objects.filter(pk=ticket.pk).update(confirmed_at=timezone.now() - timedelta(minutes=1))
    factories.ResumeFactory(ticket=ticket)
    assert "waits although its resume is available" in said(asked("I4"))
    assert asked("I4", repair=True).holds
    ticket.refresh_from_db()
    assert ticket.state == State.AVAILABLE


def _task(status: str = "todo", **args: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)"
            " VALUES ('upkeep', 'x.y', %s, %s, now() - interval '1 hour') RETURNING id",
            [json.dumps(args), status],
        )
        return int(cursor.fetchone()[0])


def test_i7_a_task_of_a_dead_worker_waits_again() -> None:
    job = _task("doing")
    assert f"Task {job} (x.y) is held by a worker that is dead" in said(asked("I7"))
    verdict = asked("I7", repair=True)
    assert verdict.mended == [f"task {job} waits again"]
    assert "held by" not in said(verdict)


def test_i7_a_confirmed_upload_without_a_task_gets_one(
    recruiter: User, deferred_tasks: Callable[[str], list[dict]]
) -> None:
    ticket = settled(
        factories.UploadTicketFactory(created_by=recruiter), State.CONFIRMED,
        confirmed_at=timezone.now() - timedelta(minutes=5), settled_at=None,
    )  # fmt: skip
    assert f"Upload {ticket.pk} waits and has no task" in said(asked("I7"))
    assert asked("I7", repair=True).holds
    assert deferred_tasks("ingest_upload") == [{"ticket_id": str(ticket.pk)}]


def test_i7_a_lease_beyond_all_leases_is_freed(recruiter: User) -> None:
    now = timezone.now()
    ticket = settled(
        factories.UploadTicketFactory(created_by=recruiter), State.CONFIRMED, settled_at=None, confirmed_at=now,
        claimed_until=now + timedelta(days=1),
    )  # fmt: skip
    assert "longer than any lease" in said(asked("I7"))
    assert asked("I7", repair=True).holds
    ticket.refresh_from_db()
    assert ticket.claimed_until is None


# --- The trail --------------------------------------------------------------------------------------------------------


def _log(request_id: str, path: str) -> list[str]:
    return [json.dumps({"request_id": request_id, "method": "GET", "path": path, "status": 200, "bytes": 9})]


def test_i5_bytes_that_left_without_a_row_are_named(recruiter: User) -> None:
    resume = factories.ResumeFactory(content=b"here")
    Event.objects.create(
        action="resume.downloaded", code="RES-DL-I", actor_type="user", request_id="seen", target_id=str(resume.pk),
        target_type="candidates.resume", method="GET",
    )  # fmt: skip
    path = f"/files/resumes/{resume.pk}"
    assert asked("I5", access_log=_log("seen", path)).holds
    found = said(asked("I5", access_log=[*_log("seen", path), *_log("unseen", path), *_log("other", "/livez"), "…"]))
    assert found == f"The answer to {path} (request unseen) is not on record."


def test_i5_a_guard_of_the_trail_that_is_switched_off_is_switched_on() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass AND NOT tgisinternal")
        name = cursor.fetchone()[0]
        cursor.execute(f'ALTER TABLE audit_event DISABLE TRIGGER "{name}"')
    assert f"The trigger {name} of the audit trail is switched off" in said(asked("I5"))
    assert asked("I5", repair=True).holds


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
def test_i6_a_late_seal_is_made_and_an_edited_row_stays_broken(settings: Settings) -> None:
    audit.record("job.updated", number=1)
    with psycopg.connect(**conninfo(), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE audit_event SET ts = now() - interval '1 hour'")
        assert "wait for a seal" in said(asked("I6"))
        asked("I6", repair=True)
        owner.execute(
            "UPDATE audit_event SET actor_display = 'somebody else' WHERE id = (SELECT min(id) FROM audit_event)"
        )
    assert "The audit trail is not whole: edited row" in said(asked("I6", repair=True))


# --- People -----------------------------------------------------------------------------------------------------------


def test_i8_what_is_left_of_an_erased_person_goes(tmp_path: Path, settings: Settings) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    person = factories.CandidateFactory(headline="", city="", full_name="Erased person")
    Candidate.objects.filter(pk=person.pk).update(erased_at=timezone.now())
    found = said(asked("I8"))
    assert f"CandidateEmail still say something of erased person {person.pk}" in found.replace(
        "candidateemail", "CandidateEmail"
    )
    asked("I8", repair=True)
    assert not CandidateEmail.objects.filter(candidate=person).exists()


@pytest.mark.django_db(transaction=True)
def test_i8_whom_a_backup_brought_back_is_erased_again(tmp_path: Path, settings: Settings) -> None:
    settings.ERASURE_LEDGER = str(tmp_path / "ledger")
    person = factories.CandidateFactory()
    ledger.ledger().append([ledger.reference(person.pk)], at=timezone.now())
    assert said(asked("I8")) == f"Person {person.pk} was erased and is here again."
    assert asked("I8", repair=True).holds
    person.refresh_from_db()
    assert person.erased_at is not None


def test_i12_somebody_switched_off_has_no_session_and_no_token(recruiter: User) -> None:
    token = factories.api_token(recruiter)
    now = timezone.now()
    Session.objects.create(session_key="a" * 64, user=recruiter, expire_date=now + timedelta(hours=1))
    User.objects.filter(pk=recruiter.pk).update(is_active=False)
    assert "rosa is switched off and still signed in" in said(asked("I12"))
    assert "belongs to somebody who is switched off" in said(asked("I12"))
    assert asked("I12", repair=True).holds
    assert not Session.objects.exists()
    assert ApiToken.objects.get(digest=ApiToken.digest_of(token)).revoked_at is not None


def test_i12_a_role_with_a_right_too_many_gets_its_own_again() -> None:
    Group.objects.get(name="Interviewer").permissions.add(Permission.objects.get(codename="delete_candidate"))
    assert said(asked("I12")) == "The role Interviewer has 1 permissions too many and 0 too few."
    assert asked("I12", repair=True).holds


# --- The database -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_i10_a_transaction_that_does_nothing_is_named_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(**conninfo()) as idle:
        idle.execute("SELECT 1")
        pid = idle.info.backend_pid
        assert asked("I10").holds
        # The same question with a bound of nothing: nobody waits a minute in a test.
        monkeypatch.setattr("hrassist.ops.fsck.database.LONGEST_IDLE", "0 seconds")
        assert f"(process {pid}) does nothing" in said(asked("I10"))
        assert asked("I10", repair=True).holds
        with pytest.raises(psycopg.OperationalError):
            idle.execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_i10_who_waits_for_a_lock_is_named_with_who_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrassist.ops.fsck.database.LONGEST_WAIT", "0 seconds")
    holder, waiter = psycopg.connect(**conninfo()), psycopg.connect(**conninfo())
    try:
        holder.execute("LOCK TABLE candidates_tag")
        waiter.pgconn.send_query(b"BEGIN; LOCK TABLE candidates_tag")
        for _ in range(100):
            if not (verdict := asked("I10")).holds:
                break
        assert f"for a lock of process {holder.info.backend_pid}" in said(verdict)
    finally:
        waiter.close()
        holder.close()


def test_i11_a_column_that_must_be_given_and_that_this_code_does_not_know() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag ADD COLUMN later int NOT NULL")
    assert "candidates_tag.later has to be given a value" in said(asked("I11"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag ALTER later SET DEFAULT 0")
    assert asked("I11").holds


def test_i11_a_column_that_is_gone_and_a_migration_that_is_not_in() -> None:
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("jobs")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag DROP COLUMN colour CASCADE")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs' AND name = %s", [newest])
    found = said(asked("I11"))
    assert "candidates_tag has no column colour" in found
    assert f"Migration jobs.{newest[:4]}" in found


def test_i11_a_constraint_that_was_never_validated_is() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE candidates_tag ADD CONSTRAINT late CHECK (id IS NOT NULL) NOT VALID")
    assert "The constraint late of candidates_tag was never validated" in said(asked("I11"))
    assert asked("I11", repair=True).holds


def test_i11_an_index_that_broke_off_is_made_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX broke_off ON candidates_tag (id)")
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broke_off'::regclass")
    assert "The index broke_off is not valid" in said(asked("I11"))
    assert asked("I11", repair=True).holds


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_broken_what_to_do_and_leaves_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    factories.ResumeFactory(content=b"here", scanned_by="")
    with pytest.raises(CommandError, match=r"Broken: I2\."):
        call_command("fsck", only=["I2", "I3"])
    shown = capsys.readouterr().out
    assert "BROKEN  I2" in shown
    assert "→ Take it out of reach" in shown
    assert "holds   I3" in shown


def test_the_command_gives_json_and_knows_its_invariants(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("fsck", only=["I12"], json=True)
    assert json.loads(capsys.readouterr().out)["holds"] is True
    with pytest.raises(CommandError, match="no invariant I13"):
        call_command("fsck", only=["I13"])


def test_a_repair_is_on_record_with_its_counts(events: Callable[..., list[Event]], recruiter: User) -> None:
    del recruiter
    factories.ResumeFactory(content=b"one")
    resume = factories.ResumeFactory(content=b"two")
    storage.clean().delete(resume.key)
    asked("I2", repair=True)
    (event,) = events("database.repaired")
    assert event.changes == {"mended": 0, "not_mended": 1}
    assert Resume.objects.count() == 2
