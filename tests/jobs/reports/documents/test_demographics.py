"""What the bias audit says by sex and race: from rows to words, and to whom."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib.auth.models import Permission

from hrassist.lib.errors import Conflict
from jobs.actions import report_documents
from jobs.models import ReportDocument
from jobs.models.demographic import FORM, DemographicAnswer
from jobs.reports.documents import making
from tests.factories import ApplicationFactory, UserFactory
from tests.jobs.reports.documents.conftest import applied, ranked, words

pytestmark = pytest.mark.django_db
SINCE, UNTIL = date(2026, 9, 1), date(2026, 11, 26)
CAME = datetime(2026, 10, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 11, 26, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def many(job, count, *, sex="", race="", interview=0, came=CAME):
    """So many people who applied, the first of whom got to an interview; with what they said of themselves."""
    found = []
    for number in range(count):
        one = applied(job, f"Zq {sex} {number}", kind="interview" if number < interview else "applied", applied_at=came)
        if sex or race:
            DemographicAnswer.objects.create(
                application=one, sex=sex, race=race, form_version=FORM, channel="api", asked_at=came, answered_at=came
            )
        found.append(one)
    return found


def put_together(owner):
    return making.put_together(ReportDocument(kind="bias", owner=owner, since=SINCE, until=UNTIL))


def tables(said, heading):
    """The tables of a section by the heading above each."""
    blocks = next(one for one in said["sections"] if one["heading"] == heading)["blocks"]
    found, above = {}, ""
    for one in blocks:
        above = one["text"] if one["kind"] == "heading" else above
        if one["kind"] == "table":
            found[above] = {row[0]: row[1:] for row in one["rows"]}
    return found


@pytest.fixture
def people(job):
    men = many(job, 20, sex="male", race="white", interview=12)
    women = many(job, 20, sex="female", race="white", interview=6)
    return men, women, many(job, 14, interview=7)


def test_rates_and_ratios_stand_by_sex_by_race_and_by_both(auditor, job, people):
    _, said, _ = put_together(auditor)
    interview = tables(said, "Sex")["Interview"]
    assert interview["Male"][:4] == ["20", "12", "60 %", "1.00"]
    assert interview["Female"][:4] == ["20", "6", "30 %", "0.50"]
    assert interview["Female"][4] == "0.23 to 1.07"
    assert interview["Female"][6] == "below four fifths"
    assert interview["Not said, or in a smaller group"][:4] == ["14", "7", "50 %", "–"]
    assert tables(said, "Race or ethnicity")["Interview"]["White"][:3] == ["40", "18", "45 %"]
    assert tables(said, "Sex and race together")["Interview"]["White, female"][3] == "0.50"
    text = words(said)
    assert "Sex, interview: Female has 0.50 of the highest rate (could be chance)." in text
    assert "They claim nothing about why" in text
    assert "offer, hire" in text
    assert "Zq" not in text


def test_scoring_is_the_better_half_of_the_newest_ranking(auditor, recruiter, job, people):
    men, women, rest = people
    ranked(job, [*men[:15], *women[:5], *rest[:7], *women[5:], *men[15:], *rest[7:]], by=recruiter)
    _, said, _ = put_together(auditor)
    scoring = tables(said, "Sex")["Scoring"]
    assert scoring["Male"][:4] == ["20", "15", "75 %", "1.00"]
    assert scoring["Female"][:4] == ["20", "5", "25 %", "0.33"]


def test_who_came_in_a_month_that_is_not_over_is_not_counted_yet(auditor, job, people):
    many(job, 30, sex="female", race="asian", interview=20, came=datetime(2026, 11, 3, tzinfo=UTC))
    _, said, _ = put_together(auditor)
    assert "Asian" not in words(said)
    assert tables(said, "Sex")["Interview"]["Female"][0] == "20"


def test_who_is_too_few_stands_in_no_line_and_no_sentence(auditor, job, people):
    many(job, 9, sex="another", race="native", interview=5)
    _, said, _ = put_together(auditor)
    text = words(said)
    assert "Another" not in text
    assert "Alaska" not in text


def test_answers_that_were_taken_back_are_not_counted(auditor, job, people):
    DemographicAnswer.objects.filter(sex="female").delete()
    _, said, _ = put_together(auditor)
    assert list(tables(said, "Sex")["Interview"]) == ["Male", "Not said, or in a smaller group"]


def test_who_may_not_count_reads_no_figure_of_it(job, people):
    report, said, _ = put_together(UserFactory(role="Privacy officer"))
    text = words(said)
    assert "for who may count answers" in text
    assert "Female" not in text
    assert "jobs.count_demographicanswer" not in report.shown.permissions


def test_the_figures_go_when_the_right_to_count_goes(auditor, job, people, made):
    document = made("bias", by=auditor, since=SINCE, until=UNTIL)
    assert report_documents.open_file(document_id=document.pk, kind="pdf", by=auditor).content.read()[:4] == b"%PDF"
    auditor.groups.first().permissions.remove(Permission.objects.get(codename="count_demographicanswer"))
    auditor = type(auditor).objects.get(pk=auditor.pk)
    with pytest.raises(Conflict):
        report_documents.open_file(document_id=document.pk, kind="pdf", by=auditor)


def test_an_empty_period_says_so(auditor, job):
    ApplicationFactory(job=job)
    _, said, _ = put_together(auditor)
    assert "nobody answered" in words(said)
