from __future__ import annotations

from datetime import timedelta

import pytest

from hrassist import tasks
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification
from jobs.actions import scorecards
from jobs.actions.scorecards import CardChanged, Said, Submitted
from jobs.models import Scorecard
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.hiring import InterviewFactory, ScorecardAttributeFactory, ScorecardFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(recruiter):
    return ApplicationFactory(job=JobFactory(team={recruiter: "recruiter"}))


@pytest.fixture
def interview(application, interviewer, recruiter):
    begin = NOON - timedelta(hours=3)
    return InterviewFactory(
        application=application, interviewers=[interviewer], starts_at=begin, ends_at=begin + timedelta(hours=1),
        created_by=recruiter,
    )  # fmt: skip


def write(interview, by, *, action=scorecards.save, recommendation="yes", now=NOON, **others):
    said = Said(
        recommendation=recommendation,
        takeaways="Clear.",
        **{k: others.pop(k) for k in ("ratings", "notes") if k in others},
    )
    return action(application=interview.application, interview=interview, said=said, by=by, now=now, **others)


def test_a_card_is_begun_kept_and_submitted_once(interview, interviewer, recruiter, events):
    one = ScorecardAttributeFactory(job=interview.application.job)
    foreign = ScorecardAttributeFactory()
    card = write(interview, interviewer, ratings={one.pk: 4, foreign.pk: 1}, notes={one.pk: "Knew it by heart"})
    assert [(r.attribute, r.rating, r.note) for r in card.ratings.all()] == [(one, 4, "Knew it by heart")]
    write(interview, interviewer, action=scorecards.submit, expected_updated_at=card.updated_at)
    with pytest.raises(Submitted):
        write(interview, interviewer, expected_updated_at=card.updated_at)
    with pytest.raises(Submitted):
        scorecards.discard(card=card, by=interviewer, now=NOON)
    assert Notification.objects.get(user=recruiter).text.startswith("ines submitted a scorecard")
    # Whoever reads the record of the job must not learn from it what others think.
    assert set(events("scorecard.submitted")[0].changes) == {"interview"}


def test_two_windows_do_not_overwrite_each_other(interview, interviewer):
    card = write(interview, interviewer)
    with pytest.raises(CardChanged):
        write(interview, interviewer)
    seen = card.updated_at
    write(interview, interviewer, expected_updated_at=seen)
    with pytest.raises(CardChanged):
        write(interview, interviewer, expected_updated_at=seen)
    assert Scorecard.objects.count() == 1


def test_only_its_interviewers_rate_an_interview_that_took_place(interview, interviewer, recruiter):
    with pytest.raises(DomainError, match="Only its interviewers"):
        write(interview, recruiter)
    with pytest.raises(Conflict, match="not begun"):
        write(interview, interviewer, action=scorecards.submit, now=interview.starts_at - timedelta(minutes=1))
    interview.status = "no_show"
    interview.save()
    with pytest.raises(Conflict, match="Nobody met"):
        write(interview, interviewer)


def test_a_card_without_a_recommendation_is_not_submitted_and_a_rating_is_1_to_4(interview, interviewer):
    one = ScorecardAttributeFactory(job=interview.application.job)
    with pytest.raises(DomainError, match="Choose a recommendation"):
        write(interview, interviewer, action=scorecards.submit, recommendation="")
    with pytest.raises(DomainError, match="from 1 to 4"):
        write(interview, interviewer, ratings={one.pk: 5})
    assert not Scorecard.objects.exists()


# --- Who reads whose --------------------------------------------------------------------------------------------------


def _interview(application, who, *, status="done", ago=timedelta(hours=5), **others):
    begin = NOON - ago
    return InterviewFactory(
        application=application, interviewers=[who], status=status, starts_at=begin,
        ends_at=begin + timedelta(hours=1), **others,
    )  # fmt: skip


def _nothing(application, me):
    return None


def _owes(application, me):
    _interview(application, me)


def _to_come(application, me):
    _interview(application, me, status="scheduled", ago=-timedelta(days=3))


def _declined(application, me):
    _interview(application, me, status="scheduled").interviewers.update(response="declined")


def _draft(application, me):
    ScorecardFactory(application=application, by=me, submitted_at=None, interview=_interview(application, me))


def _draft_without_interview(application, me):
    ScorecardFactory(application=application, by=me, submitted_at=None)


def _submitted(application, me):
    ScorecardFactory(application=application, by=me, interview=_interview(application, me))


def _one_of_two(application, me):
    _submitted(application, me)
    _owes(application, me)


def _wrong_one(application, me):
    # A card without an interview pays for none.
    ScorecardFactory(application=application, by=me)
    _owes(application, me)


def _cancelled(application, me):
    _interview(application, me, status="cancelled", cancelled_at=NOON, cancelled_by=me)


def _no_show_with_draft(application, me):
    ScorecardFactory(
        application=application, by=me, submitted_at=None, interview=_interview(application, me, status="no_show")
    )


def _elsewhere(application, me):
    _interview(ApplicationFactory(job=application.job), me)


@pytest.mark.parametrize(
    ("situation", "reads"),
    [
        (_nothing, True),
        (_owes, False),
        (_to_come, False),
        (_declined, False),
        (_draft, False),
        (_draft_without_interview, False),
        (_submitted, True),
        (_one_of_two, False),
        (_wrong_one, False),
        (_cancelled, True),
        (_no_show_with_draft, True),
        (_elsewhere, True),
    ],
)
@pytest.mark.parametrize("role", ["Recruiter", "Hiring manager", "Interviewer"])
def test_others_cards_are_hidden_from_whoever_owes_one(application, situation, reads, role):
    me, other = UserFactory(role=role), UserFactory(role="Interviewer")
    application.job.team.create(user=me, role="interviewer")
    theirs = ScorecardFactory(application=application, by=other, interview=_interview(application, other))
    draft = ScorecardFactory(application=application, by=UserFactory(role="Interviewer"), submitted_at=None)
    situation(application, me)
    seen = Scorecard.objects.visible_to(me)
    assert (theirs in seen) == reads
    assert draft not in seen
    assert set(Scorecard.objects.filter(by=me)) <= set(seen)


def test_nobody_reads_cards_of_a_job_they_do_not_see(application, hiring_manager, outsider):
    ScorecardFactory(application=application)
    assert not Scorecard.objects.visible_to(hiring_manager).exists()
    assert not Scorecard.objects.visible_to(outsider).exists()


def test_an_interviewer_off_the_team_reads_the_others_after_their_own(interview, interviewer):
    ScorecardFactory(application=interview.application)
    assert not Scorecard.objects.visible_to(interviewer).exists()
    write(interview, interviewer, action=scorecards.submit)
    assert Scorecard.objects.visible_to(interviewer).count() == 2


# --- Reminders --------------------------------------------------------------------------------------------------------


def test_a_card_is_asked_for_an_hour_after_the_interview_and_once(interview, interviewer):
    assert scorecards.remind_all(now=interview.ends_at + timedelta(minutes=59)) == 0
    assert scorecards.remind_all(now=interview.ends_at + timedelta(minutes=60)) == 1
    tasks.remind_of_scorecards(int((interview.ends_at + timedelta(hours=2)).timestamp()))
    told = Notification.objects.get()
    assert (told.user, told.kind) == (interviewer, "scorecard_due")
    assert told.url == f"/jobs/interview/{interview.pk}/scorecard/"


@pytest.mark.parametrize("status", ["cancelled", "no_show"])
def test_nobody_is_reminded_of_what_did_not_take_place(interview, status, recruiter):
    interview.status = status
    interview.save()
    assert scorecards.remind_all(now=interview.ends_at + timedelta(hours=2)) == 0


def test_who_submitted_is_not_reminded_and_old_ones_are_let_go(interview, interviewer):
    assert scorecards.remind_all(now=interview.ends_at + timedelta(days=5)) == 0
    write(interview, interviewer, action=scorecards.submit)
    assert scorecards.remind_all(now=interview.ends_at + timedelta(hours=2)) == 0


def test_a_nudge_reminds_at_most_once_an_hour(interview, recruiter, events):
    one = interview.interviewers.get()
    with pytest.raises(Conflict, match="No scorecard is due"):
        scorecards.nudge(interviewer=one, by=recruiter, now=interview.ends_at - timedelta(minutes=1))
    scorecards.nudge(interviewer=one, by=recruiter, now=NOON)
    with pytest.raises(Conflict, match="less than an hour"):
        scorecards.nudge(interviewer=one, by=recruiter, now=NOON + timedelta(minutes=30))
    scorecards.nudge(interviewer=one, by=recruiter, now=NOON + timedelta(hours=2))
    assert len(events("scorecard.nudged")) == 2
