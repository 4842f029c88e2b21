"""What each report says, and to whom: with the sight of its owner and no more."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Opening, ReportDocument
from jobs.reports.documents import making, pdf
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.hiring import (
    DriveFactory,
    HumanDecisionFactory,
    InterviewFactory,
    NoteFactory,
    OfferFactory,
    TrackingLinkFactory,
)
from tests.jobs.reports.documents.conftest import applied, ranked, said_of, words

pytestmark = pytest.mark.django_db


def document(kind, owner, **about):
    return ReportDocument(kind=kind, owner=owner, **about)


def section(said, heading):
    return next(one for one in said["sections"] if one["heading"] == heading)


def table(said, heading, number=0):
    return [one for one in section(said, heading)["blocks"] if one["kind"] == "table"][number]["rows"]


def test_a_job_report_counts_stages_and_lists_people_by_rank_with_quotes(recruiter, job, people, card):
    ranked(job, [people[1], people[0]], by=recruiter)
    report, said, _ = making.put_together(document("job", recruiter, job=job))
    stages = {row[0]: row[1:4] for row in table(said, "Pipeline")}
    assert stages["Applied"] == ["3", "–", "2"]
    assert stages["Interview"] == ["1", "100 %", "1"]
    assert [row[:3] for row in table(said, "People")] == [
        ["Bela Kovács", "1", "1 of 1"], ["Amara Okafor", "2", "1 of 1"], ["Chiara Rossi", "–", "–"],
    ]  # fmt: skip
    assert "“Built billing.” (page 1)" in words(section(said, "People"))
    assert table(said, "Interview feedback")[0][:3] == ["Amara Okafor", "ines", "Yes"]
    assert {row[0]: row[1] for row in table(said, "Sources")} == {"Referral": "2", "Job board": "1"}
    assert report.shown.people == {one.candidate_id for one in people}
    assert report.shown.cards == {people[0].pk}


def test_a_job_report_asks_the_database_as_often_for_many_people_as_for_few(recruiter, job, people):
    ranked(job, people[:2], by=recruiter)
    making.put_together(document("job", recruiter, job=job))
    asked = []
    for _ in range(2):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            making.put_together(document("job", recruiter, job=job))
        asked.append(len(queries))
        more = [applied(job, f"Another Person {number}", kind="interview") for number in range(5)]
        ranked(job, [*people, *more], by=recruiter)
    assert asked[0] == asked[1] > 0


def test_an_opening_names_who_filled_it(recruiter, job, amara):
    Opening.objects.filter(job=job).update(closed_at=timezone.now(), close_reason="filled", filled_by=amara)
    _, said, _ = making.put_together(document("job", recruiter, job=job))
    assert table(said, "Openings")[0][1] == "Filled"
    assert table(said, "Openings")[0][4] == "Amara Okafor"


def test_another_persons_ranking_stays_theirs(recruiter, hiring_manager, job, people):
    ranked(job, people, by=recruiter)
    said = said_of(document("job", hiring_manager, job=job))
    assert "Built billing." not in said
    assert "You have not had this job ranked" in said


def test_who_owes_a_card_reads_nobody_elses_in_a_report(job, amara, card, hiring_manager):
    assert "Thinks aloud" in said_of(document("job", hiring_manager, job=job))
    InterviewFactory(application=amara, interviewers=[hiring_manager])
    said = said_of(document("job", hiring_manager, job=job))
    assert "Thinks aloud" not in said
    assert "No scorecard that you may read" in said


def test_an_empty_job_says_so_in_every_section(recruiter, job):
    report, said, _ = making.put_together(document("job", recruiter, job=job))
    assert "Nobody has applied yet" in words(said)
    assert report.shown.people == set()


def test_an_erased_person_is_counted_and_not_named(recruiter, job, amara):
    candidate = amara.candidate
    candidate.erased_at, candidate.full_name, candidate.headline, candidate.city = timezone.now(), "Erased", "", ""
    candidate.save()
    report, said, _ = making.put_together(document("job", recruiter, job=job))
    assert table(said, "People")[0][0] == "Erased person"
    assert report.shown.people == set()


def test_a_candidate_report_holds_what_its_reader_may_see(recruiter, job, amara, card):
    NoteFactory(candidate=amara.candidate, text="Open to relocate.", by=recruiter)
    NoteFactory(candidate=amara.candidate, text="Only for myself.", private=True, by=recruiter)
    HumanDecisionFactory(application=amara, by=recruiter, note="Strong in billing.")
    OfferFactory(application=amara, salary=71234)
    ranked(job, [amara], by=recruiter)
    about = {"candidate": amara.candidate, "application": amara, "job": job}
    said = said_of(document("candidate", recruiter, **about))
    for word in ("Amara Okafor for Backend Engineer", "Thinks aloud and well.", "Open to relocate.", "Built billing.",
                 "Strong in billing.", "Technical interview", "Applied"):  # fmt: skip
        assert word in said
    # A private note stays with its writer also where the writer asks, and pay stays in the offer.
    assert "Only for myself." not in said
    assert "71,234" not in said


def test_contacts_stand_in_a_report_for_whose_role_shows_them(recruiter, amara):
    address = amara.candidate.emails.get().address
    assert address in said_of(document("candidate", recruiter, candidate=amara.candidate))
    reader = UserFactory()
    for name in ("view_application", "view_all_jobs", "view_candidate", "view_all_candidates"):
        reader.user_permissions.add(Permission.objects.get(codename=name))
    assert address not in said_of(document("candidate", reader, candidate=amara.candidate))


def test_alone_a_person_has_only_the_applications_that_the_reader_sees(hiring_manager, job, amara):
    other = JobFactory(title="Secret Search", confidential=True)
    ApplicationFactory(job=other, candidate=amara.candidate)
    said = said_of(document("candidate", hiring_manager, candidate=amara.candidate))
    assert "Backend Engineer" in said
    assert "Secret Search" not in said


def test_a_drive_counts_jobs_that_are_seen_and_says_that_others_are_left_out(recruiter, job):
    drive = DriveFactory(name="May fair", created_by=recruiter, target_applications=10)
    hidden = JobFactory(title="Secret Search", confidential=True)
    for part in (job, hidden):
        drive.drive_jobs.create(job=part)
    link = TrackingLinkFactory(job=None, drive=drive, label="Poster", created_by=recruiter, visits=8)
    for part in (job, job, hidden):
        applied(part, "Jane", tracking_link=link)
    report, said, _ = making.put_together(document("drive", recruiter, drive=drive))
    everything = words(said)
    assert "Secret Search" not in everything
    assert "1 job of the drive that you do not see" in everything
    figures = {label: value for label, value, _ in section(said, "Progress")["blocks"][0]["items"]}
    assert figures["Applications"] == "2"
    assert table(said, "Links and sources")[0][:5] == ["Poster", "–", "8", "0", "2"]
    assert "No costs are recorded" in everything
    assert report.shown.jobs == {job.pk}


def test_a_month_stands_beside_the_one_before(recruiter, job):
    now = timezone.now()
    for days in (0, 0, 32):
        applied(job, "Jane", applied_at=now - timedelta(days=days))
    today = timezone.localdate(now)
    first = today.replace(day=1)
    _, said, _ = making.put_together(document("monthly", recruiter, since=first, until=today))
    rows = {row[0]: row[1:] for row in table(said, "At a glance")}
    before = (first - timedelta(days=1)).replace(day=1)
    came_before = int(timezone.localdate(now - timedelta(days=32)) >= before)
    assert rows["Applications"][:2] == ["2", str(came_before)]
    assert "Offers sent" in rows
    assert section(said, "Workload")


def test_offers_are_not_counted_for_who_may_not_see_them(job, people):
    clerk = UserFactory(role="Privacy officer")
    clerk.user_permissions.add(Permission.objects.get(codename="view_reports"))
    today = timezone.localdate()
    _, said, _ = making.put_together(document("monthly", clerk, since=today.replace(day=1), until=today))
    assert "Offers sent" not in words(said)


def test_the_bias_audit_names_nobody_and_invents_nothing(auditor, job):
    for number in range(12):
        applied(job, f"Zq Person {number}", source="Referral", kind="interview" if number < 6 else "applied")
    for number in range(14):
        applied(job, f"Zq Other {number}", source="Job board", kind="interview" if number < 2 else "applied")
    today = timezone.localdate()
    report, said, _ = making.put_together(
        document("bias", auditor, since=date(2026, 1, 1), until=max(today, date(2026, 1, 2)))
    )
    everything = words(said)
    assert "Zq" not in everything
    assert "No answer is ever estimated" in everything
    assert "nobody answered" in everything
    rows = {row[0]: row[1:5] for row in table(said, "Source")}
    assert rows["Referral"] == ["12", "6", "50 %", "1.00"]
    assert rows["Job board"] == ["14", "2", "14 %", "0.29"]
    assert report.shown.people == set()


def test_words_of_people_cannot_be_commands_of_the_typesetter(recruiter, job):
    applied(job, '#panic("x") *bold* $x$')
    report, said, at = making.put_together(document("job", recruiter, job=job))
    assert pdf.report(said, made_at=at).startswith(b"%PDF")
    assert CandidateFactory._meta.model.objects.filter(pk__in=report.shown.people).count() == 1
