"""The public summary of a bias audit, and the rates of both reports as tables: complete, the same, and of nobody."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from openpyxl import load_workbook

from hrassist.lib.errors import Conflict, NotFound
from jobs.actions import report_documents
from jobs.models import JurisdictionSetting, ReportDocument
from jobs.models.demographic import DemographicAnswer
from jobs.reports.documents import making
from tests.factories import UserFactory
from tests.jobs.reports.documents.conftest import ranked, words
from tests.jobs.reports.documents.test_demographics import SINCE, UNTIL, many, tables

pytestmark = pytest.mark.django_db
NAME = "Zq"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def people(job, recruiter):
    """Sixty applicants of whom forty said who they are; all are ranked, men before women."""
    men = many(job, 20, sex="male", race="white", interview=12)
    women = many(job, 20, sex="female", race="white", interview=6)
    silent = many(job, 20, interview=9)
    ranked(job, [*men[:15], *women[:5], *silent[:10], *women[5:], *men[15:], *silent[10:]], by=recruiter)
    return men, women, silent


def put_together(owner):
    return making.put_together(ReportDocument(kind="summary", owner=owner, since=SINCE, until=UNTIL))


def opened(document, kind, by):
    return report_documents.open_table(document_id=document.pk, kind=kind, by=by)


def rows_of(file):
    return list(csv.DictReader(io.StringIO(file.content.read().decode("utf-8-sig"))))


def test_it_says_what_the_rule_of_new_york_asks_for(auditor, people):
    """6 RCNY 5-303 (a), as quoted in huggingface.co/datasets/holistic-ai/LL144-Test-Set: "the source and explanation of
    the data used to conduct the bias audit, the number of individuals the AEDT assessed that fall within an unknown
    category, and the number of applicants or candidates, the selection or scoring rates, as applicable, and the impact
    ratios for all categories"; before it the date of the audit, and behind it the distribution date.
    """
    JurisdictionSetting.objects.create(code="us-nyc", bias_audit_on=date(2026, 11, 2))
    _, said, _ = put_together(auditor)
    facts = dict(said["facts"])
    assert facts["Date of the audit"] == "2 Nov 2026"
    assert facts["Distribution date"] == "26 Nov 2026"
    assert facts["Months counted"] == "1 Sep 2026 to 31 Oct 2026"
    text = words(said)
    assert "Historical data of this organisation alone" in text
    assert "In no known category 20 33 %" in text
    scoring, selection = tables(said, "Scoring"), tables(said, "Selection")
    assert list(scoring) == list(selection) == [
        "Sex categories", "Race and ethnicity categories", "Intersectional categories",
    ]  # fmt: skip
    assert scoring["Sex categories"] == {
        "Male": ["20", "15", "75.0 %", "1.00"], "Female": ["20", "5", "25.0 %", "0.33"],
    }  # fmt: skip
    assert selection["Sex categories"]["Female"] == ["20", "6", "30.0 %", "0.50"]
    assert selection["Intersectional categories"]["White, male"][:3] == ["20", "12", "60.0 %"]
    assert "20 applicants of an unknown category, or of one too small to be told of" in text


def test_it_names_nobody_and_no_colleague(auditor, people):
    _, said, _ = put_together(auditor)
    text = words(said)
    assert NAME not in text
    assert auditor.display_name not in text
    assert said["made"] == "Made on 26 November 2026, 12:00." or said["made"].startswith("Made on 26 November 2026, ")
    assert said["made"].endswith(".")
    assert said["foot"] == "Figures only: no candidate is named."


def test_a_category_under_two_per_cent_is_left_out_of_the_ratios_and_told_with_its_rate_and_why(auditor, job):
    many(job, 300, sex="male", race="white", interview=100)
    many(job, 300, sex="female", race="white", interview=100)
    many(job, 11, sex="another", race="white", interview=6)
    _, said, _ = put_together(auditor)
    selection = tables(said, "Selection")["Sex categories"]
    assert selection["Another"] == ["11", "6", "54.5 %", "–", "under 2% of the data"]
    assert "left out of the impact ratios" in words(said)


def test_a_small_category_is_told_in_no_cell(auditor, job, people):
    many(job, 9, sex="another", race="native", interview=5)
    _, said, _ = put_together(auditor)
    text = words(said)
    assert "Another" not in text
    assert "Alaska" not in text
    assert "29 applicants of an unknown category" in text


def test_without_people_it_says_so(auditor, job):
    _, said, _ = put_together(auditor)
    text = words(said)
    assert "no rate can be told of" in text
    assert "not entered yet" in text
    assert "has drawn no ranking yet" in text


@pytest.mark.parametrize("role", ["Recruiter", "Privacy officer", "Hiring manager", "Operator"])
def test_who_may_not_count_answers_gets_none(job, role):
    with pytest.raises(PermissionDenied):
        report_documents.ask(kind="summary", by=UserFactory(role=role), now=timezone.now(), since=SINCE, until=UNTIL)


@pytest.mark.parametrize("kind", ["summary", "bias"])
def test_the_table_says_what_the_paper_says(auditor, job, people, made, kind):
    document = made(kind, by=auditor, since=SINCE, until=UNTIL)
    _, said, _ = making.put_together(document)
    rows = rows_of(opened(document, "csv", auditor))
    with_ratio = [
        row
        for section in said["sections"]
        for block in section["blocks"]
        if block["kind"] == "table" and "Impact ratio" in [one["label"] for one in block["columns"]]
        for row in block["rows"]
    ]
    assert len(rows) == len(with_ratio) >= 10
    workbook = load_workbook(io.BytesIO(opened(document, "xlsx", auditor).content.read())).active
    assert [next(cell.value for cell in row) for row in workbook.iter_rows(min_row=2)] == [
        one["Section"] for one in rows
    ]


def test_numbers_leave_as_numbers(auditor, job, people, made):
    document = made("summary", by=auditor, since=SINCE, until=UNTIL)
    row = next(
        one for one in rows_of(opened(document, "csv", auditor))
        if (one["Section"], one["Table"], one["Category"]) == ("Selection", "Sex categories", "Female")
    )  # fmt: skip
    assert (row["Applicants"], row["Selected"], row["Selection rate"], row["Impact ratio"]) == ("20", "6", "0.3", "0.5")
    assert row["Scoring rate"] == ""
    assert NAME not in str(rows_of(opened(document, "csv", auditor)))


def test_answers_that_are_taken_back_later_change_no_table_of_a_report_that_is_out(auditor, job, people, made):
    """Two published files that differ by one person would tell of them."""
    document = made("summary", by=auditor, since=SINCE, until=UNTIL)
    before = rows_of(opened(document, "csv", auditor))
    DemographicAnswer.objects.filter(sex="female").first().delete()
    assert rows_of(opened(document, "csv", auditor)) == before


def test_a_table_is_under_the_rules_of_its_report_and_on_record(auditor, recruiter, job, people, made, events):
    document = made("summary", by=auditor, since=SINCE, until=UNTIL)
    opened(document, "csv", auditor)
    event = events("report.downloaded", outcome="allow")[-1]
    assert (event.changes["kind"], event.changes["table"]) == ("summary", "csv")
    for user, kind in ((recruiter, "csv"), (UserFactory(role="Auditor"), "csv"), (auditor, "docm")):
        with pytest.raises(NotFound):
            opened(document, kind, user)
    assert events("report.downloaded", outcome="deny")[-1].reason_code == "absent_or_hidden"
    auditor.groups.first().permissions.remove(Permission.objects.get(codename="count_demographicanswer"))
    with pytest.raises((NotFound, Conflict)):
        opened(document, "csv", type(auditor).objects.get(pk=auditor.pk))


def test_a_report_of_people_has_no_table(recruiter, job, people, made):
    document = made("job", by=recruiter, about=job)
    with pytest.raises(NotFound):
        opened(document, "csv", recruiter)
