"""What an erasure does when something is in its way: a hold, a dead store, a ledger that is away, a late upload."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from candidates import erasure
from candidates.actions import erasures, legal_holds, merging, replaying
from candidates.erasure import certificate, ledger
from candidates.models import Candidate, CandidateEmail, Erasure, UploadTicket
from candidates.resumes import claims
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, NotFound
from jobs.calendars import sending
from jobs.models import Message
from tests.candidates.erasure import canary
from tests.candidates.erasure.conftest import finish
from tests.factories import ApplicationFactory, CandidateFactory, ResumeFactory, UploadTicketFactory, UserFactory
from tests.hiring import InterviewFactory, MessageFactory

pytestmark = pytest.mark.django_db


def asked(candidate: Candidate, **more: object) -> Erasure:
    said: dict[str, object] = {"by": None, "channel": "self_service", "reason": "", "now": timezone.now(), **more}
    return erasures.request(candidate=candidate, **said)  # type: ignore[arg-type]


@pytest.fixture
def officer(db: None) -> object:
    return UserFactory(role="Privacy officer")


def test_a_request_waits_and_can_be_taken_back(recruiter, settings):
    settings.ERASURE_WAIT = timedelta(hours=1)
    one = asked(CandidateFactory(full_name="Jane"), by=recruiter, channel="admin")
    with pytest.raises(erasure.Later):
        erasure.run(one.pk)
    erasures.cancel(erasure=one, by=recruiter, now=timezone.now())
    erasure.run(one.pk)
    assert Candidate.objects.get().full_name == "Jane"
    with pytest.raises(Conflict):
        erasures.cancel(erasure=one, by=recruiter, now=timezone.now())


def test_what_is_promised_is_within_a_day(settings):
    one = asked(CandidateFactory())
    assert one.due_at - one.requested_at == timedelta(hours=24)
    assert one.run_after < one.due_at


def test_a_hold_refuses_the_request_and_stops_one_that_waits(officer):
    candidate, other = CandidateFactory(), CandidateFactory()
    legal_holds.place(scope="candidate", target_ref=candidate.pk, reason="Claim", by=officer, now=timezone.now())
    with pytest.raises(legal_holds.UnderLegalHold):
        asked(candidate)
    one = asked(other)
    hold = legal_holds.place(scope="candidate", target_ref=other.pk, reason="Claim", by=officer, now=timezone.now())
    with pytest.raises(erasure.Later):
        erasure.run(one.pk)
    other.refresh_from_db()
    assert other.erased_at is None
    legal_holds.release(hold=hold, by=officer, now=timezone.now())
    Erasure.objects.update(run_after=timezone.now())
    assert finish(one.pk).state == "done"


def test_a_hold_on_a_merged_record_counts_for_the_person(officer, recruiter):
    kept, gone = CandidateFactory(), CandidateFactory()
    legal_holds.place(scope="candidate", target_ref=gone.pk, reason="Claim", by=officer, now=timezone.now())
    merging.merge(kept=kept, gone=gone, by=recruiter, now=timezone.now())
    with pytest.raises(legal_holds.UnderLegalHold):
        asked(kept)


def test_all_records_of_the_person_go_whichever_was_named(recruiter):
    kept, gone = CandidateFactory(), CandidateFactory()
    merging.merge(kept=kept, gone=gone, by=recruiter, now=timezone.now())
    one = asked(Candidate.objects.get(pk=gone.pk))
    assert one.candidate == kept
    assert finish(one.pk).certificate["records"] == 2
    assert set(Candidate.objects.values_list("full_name", flat=True)) == {"Erased person"}


def test_without_the_ledger_nothing_is_removed(ledger_folder: Path, settings):
    ledger_folder.mkdir()
    (ledger_folder / "ledger.jsonl").mkdir()
    candidate = CandidateFactory(full_name="Jane")
    one = asked(candidate)
    with pytest.raises(ledger.LedgerUnavailable):
        erasure.run(one.pk)
    candidate.refresh_from_db()
    one.refresh_from_db()
    assert candidate.full_name == "Jane"
    assert (one.failed_for, one.claimed_until) == ("ledger_unavailable", None)
    (ledger_folder / "ledger.jsonl").rmdir()
    assert finish(one.pk).state == "done"


def test_a_store_that_is_away_is_waited_for_and_nothing_is_certified_before(own_store: Path, settings):
    resume = ResumeFactory(content=b"%PDF")
    one = asked(resume.candidate)
    kept, folder = own_store / resume.key, (own_store / resume.key).parent
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_bytes(b"a file where the folder was")
    with pytest.raises(storage.StorageUnavailable):
        erasure.run(one.pk)
    one.refresh_from_db()
    assert (one.state, one.step, one.certificate) == ("running", "rows", None)
    assert one.objects_left == [resume.key]
    folder.unlink()
    aside.rename(folder)
    assert kept.exists()
    assert finish(one.pk).state == "done"
    assert not kept.exists()


def test_an_upload_under_way_is_stopped_and_its_worker_writes_nothing(recruiter):
    candidate = CandidateFactory()
    ticket = UploadTicketFactory(
        candidate=candidate, created_by=recruiter, state="confirmed", confirmed_at=timezone.now()
    )
    held = claims.claim(ticket.pk)
    assert held is not None
    one = asked(candidate)
    with pytest.raises(erasure.Later):
        erasure.run(one.pk)
    one.refresh_from_db()
    # The second look waits until the lease of that worker, and every address it was given, ran out.
    assert one.run_after > held.ticket.expires_at
    assert not UploadTicket.objects.exists()
    with pytest.raises(claims.Superseded):
        claims.locked(held)
    assert claims.release(held, spent=True, reason="gone") is True


def test_what_was_written_meanwhile_is_found_by_the_second_look():
    candidate = CandidateFactory()
    one = asked(candidate)
    with pytest.raises(erasure.Later):
        erasure.run(one.pk)
    CandidateEmail.objects.create(candidate=candidate, address="late@example.org")
    assert finish(one.pk).state == "done"
    assert not CandidateEmail.objects.exists()


def test_mail_that_waits_is_not_sent():
    message = MessageFactory(state="queued")
    finish(asked(message.candidate).pk)
    assert not Message.objects.exists()


def test_an_interview_that_was_planned_is_taken_out_of_calendars_without_a_name(recruiter, deferred_tasks):
    interview = InterviewFactory(interviewers=[recruiter], title="Talk with Jane Canary")
    finish(asked(interview.application.candidate).pk)
    interview.refresh_from_db()
    assert (interview.status, interview.title, interview.sequence) == ("cancelled", "Interview", 1)
    row = interview.invitations.get()
    assert (row.method, row.user) == ("cancel", recruiter)
    assert {"invitation_id": str(row.pk)} in deferred_tasks("send_calendar_invitation")
    sending.send(row.pk, now=timezone.now())
    assert len(mail.outbox) == 1
    assert "Canary" not in mail.outbox[0].message().as_string()
    assert "Cancelled" in mail.outbox[0].subject


def test_a_second_worker_finds_nothing_to_do(recruiter):
    one = asked(CandidateFactory())
    from candidates.erasure import claims as holding

    held = holding.claim(one.pk)
    assert held is not None
    with pytest.raises(erasure.Later):
        erasure.run(one.pk)
    Erasure.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    done = finish(one.pk)
    assert done.state == "done"
    with pytest.raises(holding.Superseded), holding.step(held, "rows"):
        pass
    before = done.certificate
    assert finish(one.pk).certificate == before


def test_the_certificate_says_nothing_about_who_it_was_and_shows_a_change():
    candidate = CandidateFactory(full_name="Jane Canary")
    done = finish(asked(candidate).pk)
    said = done.certificate
    assert str(candidate.pk) not in str(said)
    assert "Canary" not in str(said)
    assert said["person"] == ledger.reference(candidate.pk)
    assert certificate.is_genuine(said)
    assert not certificate.is_genuine({**said, "records": 2})
    assert not certificate.is_genuine({**said, "signature": "AAAA"})


def test_the_ledger_names_nobody_and_shows_a_line_that_was_taken_out(ledger_folder: Path):
    people = [CandidateFactory() for _ in range(3)]
    for one in people:
        finish(asked(one).pk)
    path = ledger_folder / "ledger.jsonl"
    text = path.read_text()
    assert not [one for one in people if str(one.pk) in text]
    assert [entry["person"] for entry in ledger.ledger().entries()] == [ledger.reference(one.pk) for one in people]
    lines = text.splitlines()
    path.write_text("\n".join([lines[0], lines[2]]) + "\n")
    with pytest.raises(ledger.LedgerBroken):
        list(ledger.ledger().entries())


def test_half_a_line_at_the_end_is_what_a_machine_leaves_that_stopped(ledger_folder: Path):
    finish(asked(CandidateFactory()).pk)
    path = ledger_folder / "ledger.jsonl"
    with path.open("a") as file:
        file.write('{"at":"2026')
    assert len(list(ledger.ledger().entries())) == 1


def test_who_a_restored_backup_brought_back_is_erased_again():
    candidate = canary.whole_person(UserFactory(role="Recruiter"))
    ledger.ledger().append([ledger.reference(candidate.pk)], at=timezone.now())
    stays = CandidateFactory(full_name="Stays")
    assert replaying.replay(now=timezone.now(), dry_run=True).people == (candidate.pk,)
    done = replaying.replay(now=timezone.now())
    assert done.people == (candidate.pk,)
    one = Erasure.objects.get(state="done")
    assert (one.grounds, one.channel) == ("replay", "restore")
    stays.refresh_from_db()
    assert stays.erased_at is None
    assert replaying.replay(now=timezone.now()).people == ()


def test_many_at_once_need_a_second_person_where_that_is_asked_for(officer, recruiter, settings):
    settings.ERASURE_TWO_PEOPLE = True
    people = [CandidateFactory() for _ in range(2)]
    with pytest.raises(PermissionDenied):
        erasures.request_many(candidates=people, by=recruiter, reason="Fair of 2024", now=timezone.now())
    made = erasures.request_many(candidates=people, by=officer, reason="Fair of 2024", now=timezone.now())
    erasure.run(made[0].pk)
    assert not Candidate.objects.filter(erased_at__isnull=False).exists()
    with pytest.raises(erasures.NotConfirmable):
        erasures.confirm(erasure=made[0], by=officer, now=timezone.now())
    erasures.confirm(erasure=made[0], by=UserFactory(role="Privacy officer"), now=timezone.now())
    assert finish(made[0].pk).state == "done"


def test_who_does_not_see_somebody_cannot_have_them_erased(hiring_manager):
    with pytest.raises(NotFound):
        asked(CandidateFactory(), by=hiring_manager, channel="admin")
    seen = ApplicationFactory()
    seen.job.team.create(user=hiring_manager, role="hiring_manager")
    with pytest.raises(PermissionDenied):
        asked(seen.candidate, by=hiring_manager, channel="admin")
