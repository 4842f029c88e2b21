"""Files and their rows: an altered, missing or forgotten one is named, and comes back from the second place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.utils import timezone

from candidates.models import ResumePage
from hrassist.lib import storage
from hrassist.models import User
from hrassist.ops import fsck
from hrassist.ops.backup import files, places
from tests import factories, hiring
from tests.candidates.resumes.test_pipeline import PDF
from tests.hrassist.ops.fsck.asking import State, asked, said, settled

pytestmark = pytest.mark.django_db


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
    assert "Rows name 2 objects and the store lists 1 of them" in said(asked("I9"))
    fsck.judge(now=timezone.now(), repair=True, only=["I2"])
    assert asked("I9").holds


def test_i2_a_letter_that_is_gone_is_named_with_its_offer_and_comes_back(place: places.Place) -> None:
    key = "clean/letter.pdf"
    factories.put(key, b"Dear Amara")
    offer = hiring.OfferFactory(letter_pdf_key=key)
    files.copy(place, now=timezone.now())
    storage.clean().delete(key)
    assert f"Offer {offer.pk} has no letter_pdf clean/letter.pdf in the store" in said(asked("I2"))
    assert not asked("I9").holds
    verdict = asked("I2", repair=True)
    assert (verdict.holds, verdict.mended) == (True, ["clean/letter.pdf came back from place A"])
    assert b"".join(storage.clean().open(key)) == b"Dear Amara"
    assert asked("I9").holds


def test_i2_says_that_no_list_names_a_file_that_came_after_the_last_copy(place: places.Place) -> None:
    files.copy(place, now=timezone.now())
    hiring.OfferFactory(letter_pdf_key="clean/never-copied.pdf")
    assert "no list of files names it" in asked("I2", repair=True).not_mended[0]


@pytest.mark.parametrize("what", ["letter", "picture"])
def test_i1_another_file_that_was_altered_since_it_was_copied_is_named_and_comes_back(
    place: places.Place, what: str
) -> None:
    if what == "letter":
        offer = hiring.OfferFactory(letter_pdf_key="clean/letter.pdf")
        key, named = "clean/letter.pdf", f"The letter_pdf of offer {offer.pk}"
    else:
        page = factories.ResumeFactory(content=b"here", pages=1).pages.get()
        key, named = page.key, f"The picture of page 1 of resume {page.resume_id}"
    factories.put(key, b"as it was made")
    assert asked("I1").holds, "nobody knows yet how it should be"
    files.copy(place, now=timezone.now())
    assert asked("I1").holds
    factories.put(key, b"as it was mode")
    assert asked("I1", deep=False).holds
    assert said(asked("I1")) == f"{named} was altered in the store since it was copied ({key})."
    verdict = asked("I1", repair=True)
    assert (verdict.holds, verdict.mended) == (True, [f"{key} came back from place A"])
    assert b"".join(storage.clean().open(key)) == b"as it was made"
    storage.clean().delete(key)
    assert asked("I1").holds, "what is missing is named by I2"


def test_i1_a_place_that_cannot_be_read_stops_no_judgement(place: places.Place, tmp_path: Path) -> None:
    hiring.OfferFactory(letter_pdf_key="clean/letter.pdf")
    factories.put("clean/letter.pdf", b"Dear Amara")
    files.copy(place, now=timezone.now())
    factories.put("clean/letter.pdf", b"Dear Anna")
    assert not asked("I1").holds
    (tmp_path / "place-a").rename(tmp_path / "away")
    assert asked("I1").holds
