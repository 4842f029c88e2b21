"""From a confirmed file to a person, a ready resume and its search; or to a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery
from pytest_django.fixtures import Settings

from candidates.models import Candidate, Resume, ResumeText, UploadTicket
from candidates.resumes import pipeline
from candidates.resumes.claims import Superseded, claim
from candidates.resumes.promote import search_vector
from candidates.tasks import ingest_upload
from hrassist.lib import storage
from hrassist.lib.errors import Unavailable
from hrassist.models import User
from jobs.models import Job
from tests import factories
from tests.conftest import NOON
from tests.hrassist.lib.test_scanner import FakeClamd, dated
from tests.uploading import confirmed, ingested, resume

State = UploadTicket.State


def pdf_of(*lines: str, extra: bytes = b"") -> bytes:
    """A small, valid PDF of one page with these lines."""
    shown = b"BT /F1 12 Tf 50 780 Td 14 TL " + b" ".join(f"({line}) Tj T*".encode() for line in lines) + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b">>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref)


PDF = pdf_of(*resume().decode().splitlines())


def test_a_file_becomes_a_person_with_a_resume_that_can_be_found(recruiter: User, events: Any) -> None:
    ticket = ingested(resume(), by=recruiter, now=NOON)
    assert (ticket.state, ticket.rejected_message) == (State.AVAILABLE, "")
    found = Resume.objects.select_related("candidate").get(ticket=ticket)
    assert (found.state, found.kind, found.is_current, found.language) == (Resume.State.READY, "txt", True, "en")
    assert found.scanned_by == "none configured"
    assert found.candidate is not None
    assert found.candidate.full_name == "Jane Doe"
    assert [one.address for one in found.candidate.emails.all()] == ["jane.doe@example.org"]
    assert [one.e164 for one in found.candidate.phones.all()] == ["+4930901820"]
    assert {one.source for one in found.candidate.links.all()} == {"resume"}
    assert len(found.vector.embedding) == 384
    assert found.parse.json_resume["basics"]["name"] == "Jane Doe"
    assert ResumeText.objects.filter(search=SearchQuery("billing", config="english")).get().resume == found
    [event] = events("upload.available")
    assert event.subject_ref == str(found.candidate_id)
    assert event.changes["resume"] == str(found.pk)


def test_the_stored_bytes_are_the_uploaded_ones_and_incoming_is_empty(recruiter: User) -> None:
    ticket = ingested(PDF, by=recruiter, now=NOON, filename="resume.pdf")
    found = Resume.objects.get(ticket=ticket)
    assert b"".join(storage.clean().open(found.key)) == PDF
    assert storage.incoming().head(ticket.key) is None


def test_the_pages_of_a_pdf_are_drawn_and_stored(recruiter: User) -> None:
    ticket = ingested(PDF, by=recruiter, now=NOON, filename="resume.pdf")
    [page] = Resume.objects.get(ticket=ticket).pages.all()
    assert page.width > 500
    assert page.height > page.width
    assert b"".join(storage.clean().open(page.key)).startswith(b"\x89PNG")


def test_search_reads_the_masked_text_only(recruiter: User) -> None:
    ingested(resume(), by=recruiter, now=NOON)
    text = ResumeText.objects.get()
    assert "Jane" in text.text
    assert "Jane" not in text.masked_text
    assert len(text.masked_text) == len(text.text)
    assert not ResumeText.objects.filter(search=SearchQuery("jane", config="simple")).exists()


def test_a_known_address_brings_the_resume_to_the_known_person(recruiter: User) -> None:
    known = factories.CandidateFactory(full_name="Jane M. Doe", headline="", email="jane.doe@example.org")
    ticket = ingested(resume(), by=recruiter, now=NOON)
    known.refresh_from_db()
    assert Resume.objects.get(ticket=ticket).candidate == known
    assert Candidate.objects.count() == 1
    assert (known.full_name, known.city) == ("Jane M. Doe", "Berlin")


def test_a_newer_file_of_a_person_becomes_the_current_one(recruiter: User) -> None:
    first = ingested(resume(), by=recruiter, now=NOON)
    second = ingested(resume(also="Also speaks German.\n"), by=recruiter, now=NOON)
    assert {one.ticket_id: one.is_current for one in Resume.objects.all()} == {first.pk: False, second.pk: True}
    assert Candidate.objects.count() == 1


def test_the_same_bytes_again_are_no_second_version(recruiter: User, events: Any) -> None:
    first = ingested(PDF, by=recruiter, now=NOON, filename="resume.pdf")
    again = ingested(PDF, by=recruiter, now=NOON, filename="resume (1).pdf")
    assert again.state == State.AVAILABLE
    assert again.result == first.result
    assert Resume.objects.count() == 1
    assert [event.changes["is_duplicate"] for event in events("upload.available")] == [False, True]
    stored = {one.key for one in Resume.objects.all()} | {page.key for page in Resume.objects.get().pages.all()}
    assert set(storage.clean().list_older_than(datetime.now(tz=NOON.tzinfo) + timedelta(minutes=1))) == stored


def test_the_same_bytes_for_another_person_are_that_persons_own(recruiter: User) -> None:
    other = factories.CandidateFactory()
    ingested(resume(), by=recruiter, now=NOON)
    ticket = ingested(resume(), by=recruiter, now=NOON, candidate=other)
    assert Resume.objects.get(ticket=ticket).candidate == other
    assert Resume.objects.count() == 2


def test_a_ticket_for_a_person_brings_the_resume_there(recruiter: User) -> None:
    known = factories.CandidateFactory(email="")
    ticket = ingested(resume(), by=recruiter, now=NOON, candidate=known)
    assert Resume.objects.get(ticket=ticket).candidate == known
    assert list(known.emails.values_list("address", flat=True)) == ["jane.doe@example.org"]


def test_a_person_merged_meanwhile_is_followed(recruiter: User) -> None:
    kept, merged = factories.CandidateFactory(), factories.CandidateFactory()
    ticket = confirmed(resume(), by=recruiter, now=NOON, candidate=merged)
    Candidate.objects.filter(pk=merged.pk).update(merged_into=kept)
    ingest_upload(ticket_id=str(ticket.pk))
    assert Resume.objects.get(ticket=ticket).candidate == kept


def test_a_person_hidden_from_the_uploader_is_not_written_to(recruiter: User) -> None:
    hidden = factories.CandidateFactory(email="jane.doe@example.org")
    job = factories.JobFactory(confidential=True)
    factories.ApplicationFactory(candidate=hidden, job=job)
    assert Job.objects.visible_to(recruiter).count() == 0
    ticket = ingested(resume(), by=recruiter, now=NOON)
    assert Resume.objects.get(ticket=ticket).candidate != hidden


def test_a_pdf_that_runs_a_script_is_rejected_with_a_sentence(recruiter: User, events: Any) -> None:
    bad = pdf_of("Jane Doe", extra=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >> ")
    ticket = ingested(bad, by=recruiter, now=NOON, filename="resume.pdf")
    assert (ticket.state, ticket.rejected_for) == (State.REJECTED, "pdf_javascript")
    assert "script" in ticket.rejected_message
    assert not Resume.objects.exists()
    assert storage.incoming().head(ticket.key) is None
    assert [event.reason_code for event in events("upload.rejected")] == ["pdf_javascript"]


def test_a_file_that_is_something_else_is_rejected(recruiter: User) -> None:
    ticket = ingested(b"MZ\x90\x00" + bytes(500), by=recruiter, now=NOON, filename="resume.pdf")
    assert ticket.state == State.REJECTED
    assert ticket.rejected_for
    assert ticket.rejected_message


def test_a_clean_file_without_text_is_kept_as_unreadable(recruiter: User) -> None:
    data = pdf_of()
    ticket = ingested(data, by=recruiter, now=NOON, filename="resume.pdf")
    assert (ticket.state, ticket.rejected_for) == (State.AVAILABLE, "")
    found = Resume.objects.get(ticket=ticket)
    assert (found.state, found.unreadable_for, found.candidate) == (Resume.State.UNREADABLE, "no_text", None)
    assert b"".join(storage.clean().open(found.key)) == data
    assert not found.is_current


def test_other_bytes_than_were_confirmed_are_rejected(recruiter: User) -> None:
    ticket = confirmed(resume(), by=recruiter, now=NOON)
    path = storage.incoming().path(ticket.key)  # type: ignore[attr-defined]
    path.unlink()
    path.write_bytes(resume(name="John Poe"))
    ingest_upload(ticket_id=str(ticket.pk))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.rejected_for) == (State.REJECTED, "changed_after_confirm")
    assert not Resume.objects.exists()


def test_bytes_that_do_not_match_the_declared_sha256_are_rejected(recruiter: User) -> None:
    ticket = ingested(resume(), by=recruiter, now=NOON, sha256="0" * 64)
    assert (ticket.state, ticket.rejected_for) == (State.REJECTED, "checksum_mismatch")


def test_an_object_that_vanished_is_a_rejection_with_advice(recruiter: User) -> None:
    ticket = confirmed(resume(), by=recruiter, now=NOON)
    storage.incoming().delete(ticket.key)
    ingest_upload(ticket_id=str(ticket.pk))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.rejected_for) == (State.REJECTED, "object_missing")
    assert "Upload it again" in ticket.rejected_message


def test_without_a_scanner_that_answers_nothing_becomes_available(
    recruiter: User, settings: Settings, tmp_path: Path
) -> None:
    settings.CLAMD_SOCKET = str(tmp_path / "no-such-socket")
    ticket = confirmed(resume(), by=recruiter, now=NOON)
    for _ in range(7):
        with pytest.raises(Unavailable):
            ingest_upload(ticket_id=str(ticket.pk))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.attempts, ticket.parked_at) == (State.CONFIRMED, 0, None)
    settings.CLAMD_SOCKET = ""
    ingest_upload(ticket_id=str(ticket.pk))
    ticket.refresh_from_db()
    assert ticket.state == State.AVAILABLE


def test_an_infected_file_is_rejected_and_nowhere_kept(
    recruiter: User, settings: Settings, tmp_path: Path, events: Any
) -> None:
    fake = FakeClamd(tmp_path / "clamd.ctl", version=dated(), reply=b"stream: Win.Test.EICAR_HDB-1 FOUND\0")
    settings.CLAMD_SOCKET = fake.path
    ticket = ingested(resume(), by=recruiter, now=NOON)
    fake.close()
    assert (ticket.state, ticket.rejected_for) == (State.REJECTED, "infected")
    assert "EICAR" in ticket.rejected_message
    assert not Resume.objects.exists()
    assert storage.incoming().head(ticket.key) is None
    assert list(storage.clean().list_older_than(datetime.now(tz=NOON.tzinfo) + timedelta(minutes=1))) == []
    assert [event.reason_code for event in events("upload.rejected")] == ["infected"]


def test_a_scanned_resume_names_the_scanner_and_its_signatures(
    recruiter: User, settings: Settings, tmp_path: Path
) -> None:
    fake = FakeClamd(tmp_path / "clamd.ctl", version=dated(), reply=b"stream: OK\0")
    settings.CLAMD_SOCKET = fake.path
    ingested(resume(), by=recruiter, now=NOON)
    fake.close()
    assert Resume.objects.get().scanned_by.startswith("ClamAV 1.4.3/27800 ")
    assert fake.received == resume()


def test_a_worker_left_for_dead_can_no_longer_write(recruiter: User) -> None:
    ticket = confirmed(resume(), by=recruiter, now=NOON)
    zombie = claim(ticket.pk)
    assert zombie is not None
    UploadTicket.objects.filter(pk=ticket.pk).update(claimed_until=NOON - timedelta(days=30))
    ingest_upload(ticket_id=str(ticket.pk))
    first = Resume.objects.get()
    with pytest.raises(Superseded):
        pipeline.run(zombie)
    assert Resume.objects.get() == first


def test_a_zombie_that_read_everything_before_it_was_replaced_leaves_no_object(recruiter: User) -> None:
    ticket = confirmed(PDF, by=recruiter, now=NOON, filename="resume.pdf")
    zombie = claim(ticket.pk)
    assert zombie is not None
    # A person ended the upload while this worker was reading.
    UploadTicket.objects.filter(pk=ticket.pk).update(fence=zombie.fence + 1)
    with pytest.raises(Superseded):
        pipeline.run(zombie)
    assert not Resume.objects.exists()
    assert list(storage.clean().list_older_than(datetime.now(tz=NOON.tzinfo) + timedelta(minutes=1))) == []


def test_text_that_a_database_cannot_hold_is_kept_readable(recruiter: User) -> None:
    ticket = ingested(resume(also="Nul: \x00 end.\n"), by=recruiter, now=NOON)
    assert ticket.state in {State.AVAILABLE, State.REJECTED}
    assert ticket.state == State.AVAILABLE or ticket.rejected_for


@pytest.mark.parametrize("word", ["word{}", "größe{}", "{}中文", "ab{}cd-ef{}gh/{}"])
def test_a_text_of_any_length_is_searchable_by_its_beginning(word: str, recruiter: User) -> None:
    kept = factories.ResumeFactory().text
    words = "postgresql " + " ".join(word.format(*[number] * 3) for number in range(200_000))
    ResumeText.objects.filter(pk=kept.pk).update(search=search_vector(words))
    assert ResumeText.objects.filter(search=SearchQuery("postgresql", config="simple")).exists()
