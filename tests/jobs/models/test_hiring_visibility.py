"""Who sees which row of the hiring: held here once for all pages, searches and mails that ask `visible_to`."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from hrassist.models import User
from jobs.models import (
    DriveJob,
    Interview,
    JobPost,
    Message,
    Note,
    Offer,
    OfferApproval,
    RecruitmentDrive,
    Requisition,
    RequisitionApproval,
    Scorecard,
    TrackingLink,
)
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(hiring_manager):
    """An application for a job whose hiring manager Hugo is."""
    return ApplicationFactory(job=JobFactory(team={hiring_manager: "hiring_manager"}))


@pytest.fixture
def foreign():
    """An application for a confidential job of somebody else."""
    return ApplicationFactory(job=JobFactory(confidential=True))


def seen(model, user):
    # Rights are remembered on the instance; a request starts with a fresh one.
    return set(model.objects.visible_to(User.objects.get(pk=user.pk)))


@pytest.mark.parametrize(
    ("model", "make"),
    [
        (Interview, lambda one: hiring.InterviewFactory(application=one)),
        (JobPost, lambda one: hiring.JobPostFactory(job=one.job)),
        (Message, lambda one: hiring.MessageFactory(application=one, candidate=one.candidate)),
        (Note, lambda one: hiring.NoteFactory(application=one, candidate=one.candidate)),
        (Offer, lambda one: hiring.OfferFactory(application=one)),
        (Requisition, lambda one: hiring.RequisitionFactory(job=one.job)),
        (Scorecard, lambda one: hiring.ScorecardFactory(application=one)),
        (TrackingLink, lambda one: hiring.TrackingLinkFactory(job=one.job)),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_a_row_of_a_job_is_seen_by_its_team_and_not_by_others(
    model, make, mine, foreign, hiring_manager, recruiter, outsider
):
    own, hidden = make(mine), make(foreign)
    assert seen(model, hiring_manager) == {own}
    assert own in seen(model, recruiter)
    assert hidden not in seen(model, recruiter)
    assert seen(model, outsider) == set()


def test_a_note_without_an_application_follows_its_person(mine, hiring_manager, outsider):
    about = hiring.NoteFactory(candidate=mine.candidate)
    hiring.NoteFactory(candidate=CandidateFactory())
    assert seen(Note, hiring_manager) == {about}
    assert seen(Note, outsider) == set()


def test_a_private_note_is_for_its_writer(mine, recruiter, hiring_manager):
    note = hiring.NoteFactory(candidate=mine.candidate, by=recruiter, private=True)
    assert seen(Note, recruiter) == {note}
    assert seen(Note, hiring_manager) == set()


def test_a_message_without_an_application_follows_its_person(mine, hiring_manager):
    about = hiring.MessageFactory(candidate=mine.candidate)
    hiring.MessageFactory()
    assert seen(Message, hiring_manager) == {about}


def test_pay_is_not_for_everybody_on_the_team(mine, interviewer):
    mine.job.team.create(user=interviewer, role="interviewer")
    hiring.OfferFactory(application=mine)
    assert seen(Offer, interviewer) == set()


def test_who_has_to_approve_sees_the_offer_and_nothing_else_of_the_job(foreign, hiring_manager):
    offer = hiring.OfferFactory(application=foreign)
    OfferApproval.objects.create(offer=offer, position=1, approver=hiring_manager)
    hiring.OfferFactory(application=ApplicationFactory(job=foreign.job))
    assert seen(Offer, hiring_manager) == {offer}
    assert seen(Scorecard, hiring_manager) == set()


def test_who_has_to_approve_sees_the_requisition(hiring_manager):
    asked = hiring.RequisitionFactory()
    hiring.RequisitionFactory()
    RequisitionApproval.objects.create(requisition=asked, position=1, approver=hiring_manager)
    assert seen(Requisition, hiring_manager) == {asked}


def test_an_interviewer_sees_the_interview_they_are_asked_to_and_no_other(foreign, interviewer):
    asked = hiring.InterviewFactory(interviewers=[interviewer])
    hiring.InterviewFactory(application=asked.application)
    hiring.InterviewFactory(application=ApplicationFactory(job=asked.application.job))
    # Who shall interview for a confidential job must stand on its team, which the action asks for.
    hiring.InterviewFactory(application=foreign, interviewers=[interviewer])
    assert seen(Interview, interviewer) == {asked}


def test_a_drive_is_seen_through_one_of_its_jobs(mine, foreign, hiring_manager, recruiter):
    shared, hidden, empty = hiring.DriveFactory(), hiring.DriveFactory(), hiring.DriveFactory()
    DriveJob.objects.create(drive=shared, job=mine.job)
    DriveJob.objects.create(drive=hidden, job=foreign.job)
    assert seen(RecruitmentDrive, hiring_manager) == {shared}
    assert seen(RecruitmentDrive, recruiter) == {shared, empty}


class TestScorecards:
    def test_others_are_hidden_while_an_interviewer_owes_theirs(self, mine, hiring_manager):
        hiring.ScorecardFactory(application=mine)
        interview = hiring.InterviewFactory(application=mine, interviewers=[hiring_manager])
        assert seen(Scorecard, hiring_manager) == set()
        own = hiring.ScorecardFactory(application=mine, by=hiring_manager, interview=interview)
        assert own in seen(Scorecard, hiring_manager)
        assert len(seen(Scorecard, hiring_manager)) == 2

    def test_others_are_hidden_while_ones_own_is_only_begun(self, mine, recruiter):
        hiring.ScorecardFactory(application=mine)
        begun = hiring.ScorecardFactory(application=mine, by=recruiter, submitted_at=None)
        assert seen(Scorecard, recruiter) == {begun}

    def test_a_card_that_was_only_begun_is_its_writers(self, mine, recruiter, hiring_manager):
        hiring.ScorecardFactory(application=mine, by=hiring_manager, submitted_at=None)
        assert seen(Scorecard, recruiter) == set()

    def test_a_cancelled_interview_owes_nothing(self, mine, hiring_manager):
        card = hiring.ScorecardFactory(application=mine)
        interview = hiring.InterviewFactory(application=mine, interviewers=[hiring_manager])
        interview.status, interview.cancelled_at, interview.cancelled_by = "cancelled", timezone.now(), hiring_manager
        interview.save()
        assert seen(Scorecard, hiring_manager) == {card}

    def test_each_interview_owes_a_card_of_its_own(self, mine, hiring_manager):
        hiring.ScorecardFactory(application=mine)
        first = hiring.InterviewFactory(application=mine, interviewers=[hiring_manager])
        hiring.InterviewFactory(application=mine, interviewers=[hiring_manager])
        own = hiring.ScorecardFactory(application=mine, by=hiring_manager, interview=first)
        assert seen(Scorecard, hiring_manager) == {own}

    def test_somebody_elses_card_for_the_interview_is_not_ones_own(self, mine, hiring_manager):
        interview = hiring.InterviewFactory(application=mine, interviewers=[hiring_manager])
        hiring.ScorecardFactory(application=mine, interview=interview)
        assert seen(Scorecard, hiring_manager) == set()


def test_rights_follow_roles_and_not_names():
    user = UserFactory(role="")
    user.user_permissions.add(Permission.objects.get(codename="view_offer"))
    offer = hiring.OfferFactory()
    assert seen(Offer, user) == set()
    offer.application.job.team.create(user=user, role="recruiter")
    assert seen(Offer, user) == {offer}
