import pytest

from hrassist.lib.errors import NotFound
from jobs.matching.run import rank_job, weights_in_force
from jobs.matching.types import Strength
from tests.factories import JobFactory, UserFactory
from tests.jobs.matching.people import CHEF_RESUME, PYTHON_RESUME, resume_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    return JobFactory(title="Backend Engineer", must_have="Python\nKubernetes", nice_to_have="Team leadership")


def test_the_fitting_person_stands_first_with_evidence_and_coverage(job, recruiter):
    resume_of(CHEF_RESUME)
    engineer = resume_of(PYTHON_RESUME)
    ranked = rank_job(job.pk, user=recruiter)
    first, second = ranked.people
    assert first.candidate == engineer.pk
    assert first.score > second.score
    assert (first.must_covered, first.must_total) == (1, 2)
    assert (second.must_covered, second.must_total) == (0, 2)
    python, kubernetes, _ = first.evidence
    assert python.strength == Strength.STRONG
    assert python.quote == "Built the billing service in Python and PostgreSQL."
    assert PYTHON_RESUME[python.start : python.end] == python.quote
    assert kubernetes.strength == Strength.NONE


def test_the_score_is_the_sum_of_its_components_and_coverage_is_not_in_it(job, recruiter):
    resume_of(CHEF_RESUME)
    resume_of(PYTHON_RESUME)
    before = [(one.candidate, one.score) for one in rank_job(job.pk, user=recruiter).people]
    for one in rank_job(job.pk, user=recruiter).people:
        assert one.score == sum(one.components.as_json().values())
    assert [(one.candidate, one.score) for one in rank_job(job.pk, user=recruiter).people] == before


def test_the_result_says_how_it_came_about(job, recruiter):
    resume_of(PYTHON_RESUME)
    ranked = rank_job(job.pk, user=recruiter)
    assert len(ranked.model_hash) == 64
    assert ranked.weights == weights_in_force()
    assert [one.text for one in ranked.criteria] == ["Python", "Kubernetes", "Team leadership"]
    assert (ranked.considered, ranked.scored) == (1, 1)


def test_limit_cuts_what_is_shown_and_not_what_is_scored(job, recruiter):
    for _ in range(3):
        resume_of(PYTHON_RESUME)
    ranked = rank_job(job.pk, user=recruiter, limit=2)
    assert [one.rank for one in ranked.people] == [1, 2]
    assert ranked.scored == 3


def test_a_job_without_people_is_an_empty_ranking(job, recruiter):
    assert rank_job(job.pk, user=recruiter).people == ()


def test_a_job_that_the_user_may_not_see_does_not_exist(job):
    with pytest.raises(NotFound):
        rank_job(job.pk, user=UserFactory())


def test_removing_the_shown_evidence_lowers_the_coverage_or_the_score(job, recruiter):
    """Faithfulness on made-up resumes: each quote is taken out of the resume it was shown for."""
    others = [
        "Ran the kitchen", "Kept the books in Excel", "Wrote marketing plans", "Taught mathematics", "Drove a lorry",
        "Repaired engines", "Sold insurance", "Nursed patients", "Designed posters", "Managed a warehouse",
    ]  # fmt: skip
    for line in others:
        resume_of(f"Worker\nEXPERIENCE\nCompany, 2019 to 2024\n{line} for six years.\n")
    lines = [
        "Deployed services with Kubernetes on two clusters.",
        "Built web applications in Python and Django.",
        "Gave team leadership to eight engineers.",
    ]
    resume_of("Engineer\nEXPERIENCE\nCompany, 2019 to 2024\n" + "\n".join(lines) + "\nWrote documentation.\n")
    shown = rank_job(job.pk, user=recruiter).people[0]
    quotes = [one.quote for one in shown.evidence if one.quote]
    assert sorted(quotes) == sorted(lines)
    for quote in quotes:
        weaker = resume_of(
            "Engineer\nEXPERIENCE\nCompany, 2019 to 2024\n"
            + "\n".join(line for line in lines if line != quote)
            + "\nWrote documentation.\n"
        )
        people = {one.candidate: one for one in rank_job(job.pk, user=recruiter).people}
        before = sum(one.strength != Strength.NONE for one in people[shown.candidate].evidence)
        after = sum(one.strength != Strength.NONE for one in people[weaker.pk].evidence)
        assert after < before
        weaker.delete()
