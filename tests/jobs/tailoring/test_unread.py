"""No job is lost in silence: what could not be read of a resume is named, and known by whoever approves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from candidates.actions.reading import read_file, read_text
from hrassist.lib.errors import Conflict
from jobs.actions import tailorings
from jobs.models import TailoringRun
from jobs.tailoring import paper
from jobs.tailoring.draft import Material
from jobs.tailoring.facts import Source, check_heads, skeleton, unread
from tests.jobs.tailoring.resumes import ABROAD, RESUMES
from tests.jobs.tailoring.scripted import ScriptedProvider, implementation

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def parsed(text: str) -> skeleton.Skeleton:
    return skeleton.of(read_text(text).parsed.json_resume)


@pytest.mark.parametrize("language", sorted(ABROAD))
def test_both_jobs_of_a_resume_in_another_language_are_read_with_their_heads(language: str) -> None:
    text, jobs = ABROAD[language]
    read = parsed(text)
    assert [(one.position, one.name, one.start, one.end) for one in read.work] == jobs
    assert all(one.bullets for one in read.work)
    assert unread(read, text) == ()


@pytest.mark.parametrize("text", RESUMES.values(), ids=RESUMES)
def test_a_resume_that_was_read_whole_lacks_nothing(text: str) -> None:
    assert unread(parsed(text), text) == ()


RESUME = """Ada Byron
ada@example.org

EXPERIENCE
Engineer, Northwind, Leeds
2019 - present
• Built 12 services

Zrqwx Vbnmk
Plmokn Ijbuhv, 2011 to 2014
"""


def test_a_dated_line_of_which_nothing_is_kept_is_named() -> None:
    read = skeleton.of({"work": [{"name": "Northwind", "position": "Engineer", "startDate": "2019"}]})
    assert unread(read, RESUME) == ("Plmokn Ijbuhv, 2011 to 2014",)
    assert unread(read, "Date of birth: 3 March 1990\nUpdated 2026\nPhone +234 803 895 2030") == ()
    # Dates that stand alone are of a job or course that is known, or of none.
    assert unread(read, "2019 - present\n2003 - 2005") == ("2003 - 2005",)


@pytest.mark.parametrize("language", sorted(ABROAD))
def test_the_file_holds_both_jobs_of_a_resume_in_another_language(language: str) -> None:
    text, jobs = ABROAD[language]
    source = Source(parsed(text), text)
    material = Material(
        source=source, brief={"title": "x", "company": "y"}, language=language[:2], with_letter=False
    )  # fmt: skip
    sheet = paper.resume(material, [], skill_order=[], made_by="hrassist", now=NOW)
    read = read_file(paper.resume_docx(sheet, made_at=NOW)).document.text
    assert check_heads(read, source=source) == []
    assert all(position in read and firm in read for position, firm, _, _ in jobs)


@pytest.fixture
def in_review(begun, tailor):
    return tailor(begun, ScriptedProvider(implementation=implementation([])))


@pytest.mark.django_db(transaction=True)
def test_who_approves_says_that_it_is_known(in_review, recruiter) -> None:
    run = in_review
    TailoringRun.objects.filter(pk=run.pk).update(source_text=f"{run.source_text}\nPlmokn Ijbuhv, 2003 to 2005")
    run.refresh_from_db()
    with pytest.raises(Conflict, match=r"1 dated line of the resume could not be read .*“Plmokn Ijbuhv") as told:
        tailorings.approve(run=run, by=recruiter, now=timezone.now())
    assert told.value.code == "unread_lines"
    assert tailorings.approve(run=run, by=recruiter, now=timezone.now(), knows_unread=True).state == "approved"
