import pytest

from hrassist.lib.errors import NotFound
from jobs.actions import matching
from jobs.actions.matching import Filters, rank_people
from jobs.matching.run import rank_job
from jobs.models import MatchRun
from tests.conftest import NOON
from tests.factories import JobFactory, UserFactory
from tests.jobs.matching.people import CHEF_RESUME, PYTHON_RESUME, resume_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    return JobFactory(title="Backend Engineer", must_have="Python\nKubernetes")


def test_a_ranking_is_kept_as_it_was_shown(job, recruiter):
    engineer, chef = resume_of(PYTHON_RESUME), resume_of(CHEF_RESUME)
    run = rank_people(job_id=job.pk, by=recruiter, now=NOON)
    run.refresh_from_db()
    assert (run.created_by, run.created_at, run.considered, run.ranked) == (recruiter, NOON, 2, 2)
    assert run.weights["score"] == {"lexical": 0.15}
    assert [one["text"] for one in run.criteria] == ["Python", "Kubernetes"]
    assert run.filters == {"applicants_only": False, "country": ""}
    first, second = run.matches.all()
    assert [first.candidate, second.candidate] == [engineer, chef]
    assert first.score == sum(first.components.values())
    assert (first.must_covered, first.must_total) == (1, 2)
    python, kubernetes = first.evidence.all()
    assert (python.strength, python.page) == ("strong", 1)
    assert PYTHON_RESUME[python.start : python.end] == python.quote
    assert (kubernetes.strength, kubernetes.quote, kubernetes.page) == ("none", "", None)


def test_a_ranking_is_put_on_record_with_its_figures(job, recruiter, events):
    resume_of(PYTHON_RESUME)
    run = rank_people(job_id=job.pk, by=recruiter, now=NOON)
    (event,) = events("match_run.created")
    assert str(run.pk) in str(event.target_id)
    assert event.changes["shown"] == 1


def test_a_later_ranking_leaves_the_earlier_one_as_it_was(job, recruiter):
    resume_of(PYTHON_RESUME)
    first = rank_people(job_id=job.pk, by=recruiter, now=NOON)
    resume_of(CHEF_RESUME)
    rank_people(job_id=job.pk, by=recruiter, now=NOON)
    assert first.matches.count() == 1
    assert MatchRun.objects.count() == 2


def test_somebody_erased_while_the_model_worked_is_left_out(job, recruiter):
    kept, gone = resume_of(PYTHON_RESUME), resume_of(CHEF_RESUME)
    ranked = rank_job(job.pk, user=recruiter)
    gone.delete()
    run = matching._store(ranked=ranked, by=recruiter, now=NOON)
    assert [match.candidate for match in run.matches.all()] == [kept]


def test_filters_are_kept_with_the_ranking(job, recruiter):
    resume_of(PYTHON_RESUME, country="FR")
    run = rank_people(job_id=job.pk, by=recruiter, now=NOON, filters=Filters(country="DE"))
    assert run.filters["country"] == "DE"
    assert run.matches.count() == 0


def test_nothing_is_stored_for_a_job_that_the_user_may_not_see(job):
    with pytest.raises(NotFound):
        rank_people(job_id=job.pk, by=UserFactory(), now=NOON)
    assert not MatchRun.objects.exists()
