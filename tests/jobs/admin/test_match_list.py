from datetime import timedelta

import pytest
from django.utils import timezone

from hrassist.models import LongTask
from jobs.actions import matching
from jobs.models import Application, HumanDecision, MatchRun, RejectionReason
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(recruiter):
    return JobFactory(team={recruiter: "recruiter"}, must_have="Python\nRust", nice_to_have="")


def person(name, text="Jane Doe\n\nEXPERIENCE\nAcme, Engineer, 2019 to 2024\nBuilt billing in Python.\n"):
    from hrassist.lib.embeddings import shared_embedder

    model = shared_embedder()
    candidate = CandidateFactory(full_name=name)
    resume = ResumeFactory(candidate=candidate, text=text, vector=model.embed([text])[0].tolist())
    resume.vector.model_hash = model.model_hash
    resume.vector.save()
    return candidate


@pytest.fixture
def run(job, recruiter):
    person("Ann", "Engineer\nBuilt billing in Python and Rust.\n")
    person("Ben")
    return matching.rank_people(job_id=job.pk, by=recruiter, now=timezone.now())


def page(client, job, where, query=""):
    return client.get(f"/jobs/job/{job.pk}/{where}/{query}")


def test_only_those_with_every_must_have_are_shown_when_asked(run, recruiter, client_as, job):
    browser = client_as(recruiter)
    everybody = page(browser, job, "ranked").context["people"]
    assert [[proof.strength != "none" for proof in one.musts] for one in everybody] == [[True, True], [True, False]]
    chosen = page(browser, job, "ranked", "?musts=all").context["people"]
    assert [one.match.candidate.full_name for one in chosen] == ["Ann"]


def test_the_list_tells_that_people_and_the_job_changed_since(run, recruiter, client_as, job):
    MatchRun.objects.update(created_at=timezone.now() - timedelta(days=1))
    context = page(client_as(recruiter), job, "ranked").context
    assert (context["changed"], context["job_changed"]) == (2, True)


def test_why_not_tells_the_place_its_parts_and_the_evidence(run, recruiter, client_as, job, events):
    ann = run.matches.get(rank=1).candidate
    shown = page(client_as(recruiter), job, "why-not", f"?person={ann.pk}").context["shown"]
    (one,) = shown.people
    assert (one.standing.rank, one.then, shown.scored) == (1, 1, 2)
    assert sum(part.adds for part in one.parts) == pytest.approx(one.standing.components.score)
    assert [(text, must, [proof.strength != "none" for proof in proofs]) for text, must, proofs in shown.rows] == [
        ("Python", True, [True]),
        ("Rust", True, [True]),
    ]
    assert [event.subject_ref for event in events("match.explained")] == [str(ann.pk)]


def test_two_people_stand_side_by_side(run, recruiter, client_as, job):
    ann, ben = (match.candidate for match in run.matches.order_by("rank"))
    shown = page(client_as(recruiter), job, "why-not", f"?person={ann.pk}&beside={ben.pk}").context["shown"]
    assert [one.standing.rank for one in shown.people] == [1, 2]
    assert [len(proofs) for _, _, proofs in shown.rows] == [2, 2]


def test_why_not_says_what_keeps_somebody_out(run, recruiter, client_as, job):
    browser = client_as(recruiter)

    def why(candidate):
        (one,) = page(browser, job, "why-not", f"?person={candidate.pk}").context["shown"].people
        assert one.standing.rank is None
        return one.standing.absence

    unreadable = ResumeFactory(state="unreadable", unreadable_at=timezone.now(), unreadable_for="broken").candidate
    ended = person("Cem")
    ApplicationFactory(
        job=job, candidate=ended, status="rejected", ended_at=timezone.now(), ended_by=recruiter,
        reason=RejectionReason.objects.create(name="No"),
    )  # fmt: skip
    other_model = person("Dee")
    type(other_model.resumes.get().vector).objects.filter(resume__candidate=other_model).update(model_hash="old")
    assert why(CandidateFactory()) == "no_resume"
    assert why(unreadable) == "unreadable"
    assert why(ended) == "ended"
    assert why(other_model) == "other_model"


def test_nobody_learns_of_people_they_may_not_see(run, recruiter, hiring_manager, client_as, job):
    hidden = person("Eve Hidden")
    ApplicationFactory(candidate=hidden, job=JobFactory(confidential=True))
    browser = client_as(recruiter)
    assert page(browser, job, "why-not", f"?person={hidden.pk}").status_code == 404
    assert page(browser, job, "why-not/people", "?q=eve").json() == {"people": []}
    assert [one["name"] for one in page(browser, job, "why-not/people", "?q=ann").json()["people"]] == ["Ann"]
    for where in ("why-not", "why-not/people"):
        assert page(client_as(hiring_manager), job, where, "?q=ann").status_code == 404
    job.team.create(user=hiring_manager, role="hiring_manager")
    assert page(client_as(hiring_manager), job, "why-not/people", "?q=ann").json() == {"people": []}


def test_a_person_decides_against_the_ranking(run, recruiter, client_as, job):
    last = run.matches.order_by("-rank").first()
    data = {"match": last.pk, "do": "shortlist", "note": "Known from a fair."}
    client_as(recruiter).post(f"/jobs/job/{job.pk}/choose/", data)
    decision = HumanDecision.objects.get()
    assert (decision.match, decision.application.stage.kind) == (last, "screen")
    shown = page(client_as(recruiter), job, "ranked").context["people"]
    assert [one.verdict for one in shown] == ["", "shortlist"]


def test_a_hiring_manager_puts_no_new_people_into_the_pipeline(hiring_manager, client_as, job):
    job.team.create(user=hiring_manager, role="hiring_manager")
    ApplicationFactory(job=job, candidate=person("Ann"))
    mine = matching.rank_people(job_id=job.pk, by=hiring_manager, now=timezone.now())
    Application.objects.update(status="withdrawn", ended_at=timezone.now(), ended_by=hiring_manager)
    data = {"match": mine.matches.get().pk, "do": "shortlist"}
    client_as(hiring_manager).post(f"/jobs/job/{job.pk}/choose/", data)
    assert not Application.objects.active().exists()


def test_a_big_ranking_goes_on_by_itself_and_begins_once(run, recruiter, client_as, job, monkeypatch, deferred_tasks):
    monkeypatch.setattr(matching, "INLINE_UP_TO", 1)
    browser = client_as(recruiter)
    for _ in range(2):
        browser.post(f"/jobs/job/{job.pk}/rank/")
    task = LongTask.objects.get()
    assert page(browser, job, "ranked").context["task"] == task
    assert len(deferred_tasks("run_long_task")) == 1
    from hrassist import long_tasks

    long_tasks.run(task.pk)
    task.refresh_from_db()
    assert (task.state, task.result["ranked"]) == ("done", 2)
    assert page(browser, job, "ranked").context["run"].pk != run.pk
