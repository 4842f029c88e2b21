import pytest

from jobs.models import Application, Job, Match, MatchEvidence, MatchRun
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db


def address(job, page="change"):
    return f"/jobs/job/{job.pk}/{page}/"


@pytest.fixture
def run(recruiter):
    """A stored ranking of three people with evidence for the first requirement only."""
    job = JobFactory(must_have="Python\nRust", team={recruiter: "recruiter"})
    made = MatchRun.objects.create(
        job=job,
        model_hash="abcdef0123456789",
        weights={"dense": 1.0},
        criteria=[{"text": "Python", "kind": "must", "skills": []}, {"text": "Rust", "kind": "must", "skills": []}],
        considered=3,
        ranked=3,
        milliseconds=12,
        created_by=recruiter,
    )
    for rank in range(1, 4):
        resume = ResumeFactory()
        match = Match.objects.create(
            run=made,
            candidate=resume.candidate,
            resume=resume,
            rank=rank,
            score=2.0 - rank / 2,
            components={"dense": 2.2 - rank / 2, "lexical": -0.2},
            must_covered=1,
            must_total=2,
        )
        MatchEvidence.objects.create(
            match=match, criterion=0, strength="strong", quote="Built billing in Python.", page=1, start=54, end=78
        )
        MatchEvidence.objects.create(match=match, criterion=1, strength="none")
    return made


def test_the_list_costs_the_same_for_two_jobs_as_for_twelve(recruiter, client_as, assert_queries):
    browser = client_as(recruiter)
    for count in (2, 10):
        for job in JobFactory.create_batch(count):
            ApplicationFactory(job=job)
        browser.get("/jobs/job/")
        with assert_queries("admin_job_list"):
            answer = browser.get("/jobs/job/")
    assert len(answer.context["cl"].result_list) == 12


def test_a_confidential_job_does_not_exist_for_strangers(recruiter, coordinator, client_as):
    job = JobFactory(confidential=True, team={coordinator: "coordinator"})
    for page in ("change", "ranked", "pipeline", "team", "activity"):
        assert client_as(recruiter).get(address(job, page)).status_code == 404
        assert client_as(coordinator).get(address(job, page)).status_code == 200


def test_a_new_job_gets_its_stages_seats_and_maker_by_the_action(recruiter, client_as, events):
    data = {"title": "Baker", "employment_type": "full_time", "must_have": "Flour", "openings": 2}
    client_as(recruiter).post("/jobs/job/add/", data)
    job = Job.objects.get()
    assert (job.status, job.stages.count(), job.openings.count()) == ("draft", 5, 2)
    assert job.team.get().user == recruiter
    client_as(recruiter).post(address(job), {**data, "title": "Head baker"})
    assert [event.changes["fields"] for event in events("job.updated")] == [["title"]]


def test_statuses_move_by_buttons_and_refusals_are_told(recruiter, client_as):
    job = JobFactory(status="draft", team={recruiter: "recruiter"})
    browser = client_as(recruiter)
    assert browser.get(address(job)).context["moves"] == ("open",)
    browser.post(address(job, "status"), {"do": "open"})
    job.refresh_from_db()
    assert job.status == "open"
    ApplicationFactory(job=job)
    answer = browser.post(address(job, "status"), {"do": "close"}, follow=True)
    assert "1 applications are still active" in answer.content.decode()
    assert browser.post(address(job, "status"), {"do": "explode"}).status_code == 404
    assert browser.get(address(job, "status")).status_code == 404


def test_the_ranked_list_shows_scores_coverage_and_quotes_that_open_the_resume(
    run, recruiter, client_as, assert_queries, events
):
    browser = client_as(recruiter)
    browser.get("/")
    with assert_queries("admin_ranked_list"):
        answer = browser.get(address(run.job, "ranked"))
    first = answer.context["people"][0]
    assert sum(part.adds for part in first.parts) == pytest.approx(first.match.score)
    assert first.parts[0].width == 120
    assert first.parts[1].width == 0
    page = answer.content.decode()
    assert "1 of 2" in page
    assert page.count("no evidence found</span>") == 3
    assert f"resume={first.match.resume_id}&start=54&end=78" in first.proofs[0].url
    assert [event.target_id for event in events("match_run.viewed")] == [str(run.pk)]


def test_a_ranking_never_shows_people_who_became_invisible(run, recruiter, client_as):
    hidden = run.matches.get(rank=1).candidate
    ApplicationFactory(candidate=hidden, job=JobFactory(confidential=True))
    shown = client_as(recruiter).get(address(run.job, "ranked")).context["people"]
    assert [one.match.rank for one in shown] == [2, 3]


def test_a_ranking_of_somebody_else_is_not_mine(run, coordinator, client_as):
    assert client_as(coordinator).get(address(run.job, "ranked")).context["run"] is None


def test_the_unranked_view_has_everybody_and_no_score(run, recruiter, client_as):
    answer = client_as(recruiter).get(address(run.job, "ranked") + "?unranked=1")
    assert len(answer.context["rows"]) == 3
    assert b"ranked-score" not in answer.content


def test_a_person_is_added_to_the_pipeline_once(run, recruiter, client_as):
    candidate = run.matches.get(rank=1).candidate
    browser = client_as(recruiter)
    browser.post(address(run.job, "add-person"), {"candidate": str(candidate.pk)})
    assert Application.objects.get().candidate == candidate
    answer = browser.post(address(run.job, "add-person"), {"candidate": str(candidate.pk)}, follow=True)
    assert "already has an active application" in answer.content.decode()
    assert browser.post(address(run.job, "add-person"), {"candidate": "nonsense"}).status_code == 404


def test_an_interviewer_looks_and_changes_nothing(interviewer, client_as):
    job = JobFactory(team={interviewer: "interviewer"})
    browser = client_as(interviewer)
    assert browser.get(address(job, "ranked")).status_code == 200
    for page in ("rank", "status", "add-person", "team"):
        assert browser.post(address(job, page), {"do": "hold"}).status_code == 403


def test_the_pipeline_costs_the_same_for_three_people_as_for_thirty(recruiter, client_as, assert_queries):
    job = JobFactory(team={recruiter: "recruiter"})
    browser = client_as(recruiter)
    for count in (3, 30):
        ApplicationFactory.create_batch(count, job=job)
        browser.get("/")
        with assert_queries("admin_pipeline"):
            answer = browser.get(address(job, "pipeline"))
    columns = answer.context["board"].columns
    first = columns[0]
    assert (first.count, len(first.cards), first.more) == (33, 30, 3)
    assert [column.following.name for column in columns[:-1]] == [
        "Screening", "Interview", "Offer", "Hired",
    ]  # fmt: skip


def test_the_team_is_changed_by_its_actions(recruiter, interviewer, client_as, events):
    job = JobFactory(team={recruiter: "recruiter"})
    browser = client_as(recruiter)
    browser.post(address(job, "team"), {"do": "add", "user": interviewer.pk, "role": "interviewer"})
    assert job.team.filter(user=interviewer).exists()
    browser.post(address(job, "team"), {"do": "remove", "user": interviewer.pk, "role": "interviewer"})
    assert not job.team.filter(user=interviewer).exists()
    browser.post(address(job, "openings"), {"do": "add", "count": "3"})
    assert job.openings.count() == 3
    assert len(events("job.team_added")) == len(events("job.team_removed")) == 1
    assert browser.post(address(job, "team"), {"do": "add", "user": "x"}).status_code == 404


def test_the_dashboard_shows_open_jobs_with_their_funnels(recruiter, client_as, assert_queries):
    job = JobFactory()
    stages = list(job.stages.all())
    ApplicationFactory.create_batch(2, job=job, stage=stages[0])
    ApplicationFactory(job=job, stage=stages[2], candidate=CandidateFactory())
    JobFactory(status="draft")
    browser = client_as(recruiter)
    browser.get("/")
    with assert_queries("admin_dashboard"):
        answer = browser.get("/")
    card = next(one for one in answer.context["cards"]["main"] if "open_jobs" in one["template"])
    ((shown, steps),) = card["data"]["jobs"]
    assert shown == job
    assert [(step.kind, step.count) for step in steps] == [
        ("applied", 2), ("screen", 0), ("interview", 1), ("offer", 0), ("hired", 0),
    ]  # fmt: skip
