from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import HumanDecision, RejectionReason
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def job(recruiter):
    return JobFactory(team={recruiter: "recruiter"}, must_have="Python\nRust")


@pytest.fixture
def three(job):
    """Three people who wait, the longest first."""
    made = []
    for number, name in enumerate(("Ann", "Ben", "Cem")):
        since = timezone.now() - timedelta(days=9 - number)
        candidate = ResumeFactory(candidate=CandidateFactory(full_name=name)).candidate
        made.append(ApplicationFactory(job=job, candidate=candidate, entered_stage_at=since))
    return made


def shown(client, query=""):
    context = client.get(f"/review/{query}").context
    return context["one"] and context["one"].candidate.full_name, context["place"]


def decide(client, one, **data):
    return client.post(f"/review/{one.pk}/decide/", data, **JSON)


def test_the_queue_begins_with_who_waits_longest_and_tells_how_far_one_is(recruiter, client_as, three):
    browser = client_as(recruiter)
    name, place = shown(browser)
    assert (name, place.number, place.total, place.following) == ("Ann", 1, 3, three[1].pk)
    decide(browser, three[0], do="maybe")
    name, place = shown(browser)
    assert (name, place.number, place.total) == ("Ben", 2, 3)
    name, place = shown(browser, f"?at={three[2].pk}")
    assert (name, place.number, place.previous) == ("Cem", 3, three[1].pk)


def test_the_queue_holds_the_first_steps_of_ones_own_jobs_without_ones_decision(
    recruiter, coordinator, client_as, three, job
):
    offer = ApplicationFactory(job=job, stage=job.stages.get(kind="offer"))
    hiring.HumanDecisionFactory(application=three[0], by=coordinator, verdict="maybe")
    hiring.HumanDecisionFactory(application=three[1], by=recruiter, verdict="maybe")
    elsewhere = ApplicationFactory(candidate=CandidateFactory(full_name="Dee"))
    browser = client_as(recruiter)
    assert shown(browser)[1].total == 3
    keys = {str(one.pk) for one in (three[0], three[2])}
    assert {str(shown(browser, f"?at={key}")[1].following) for key in keys} <= {*keys, "None"}
    assert shown(browser, f"?job={elsewhere.job_id}")[0] == "Dee"
    assert shown(browser, "?job=all")[1].total == 4
    assert shown(browser, f"?at={offer.pk}")[1].number == 1


def test_a_verdict_by_form_moves_on_and_undo_comes_back(recruiter, client_as, three):
    browser = client_as(recruiter)
    address = f"/review/{three[0].pk}/decide/"
    answer = browser.post(address, {"do": "shortlist", "seen": three[0].stage_id, "following": str(three[1].pk)})
    assert answer["Location"] == f"/review/?at={three[1].pk}"
    three[0].refresh_from_db()
    assert three[0].stage.kind == "screen"
    page = browser.get("/review/")
    assert page.context["last"].application == three[0]
    answer = browser.post(address, {"do": "undo"})
    assert answer["Location"] == f"/review/?at={three[0].pk}"
    three[0].refresh_from_db()
    assert (three[0].stage.kind, HumanDecision.objects.standing().count()) == ("applied", 0)


def test_a_rejection_keeps_its_reason_and_the_note_of_the_reviewer(recruiter, client_as, three):
    reason = RejectionReason.objects.create(name="Too junior")
    assert decide(client_as(recruiter), three[0], do="reject").json()["code"] == "no_reason"
    decide(client_as(recruiter), three[0], do="reject", reason=reason.pk, note="Two years short.")
    decision = HumanDecision.objects.get()
    assert (decision.verdict, decision.reason, decision.note) == ("reject", reason, "Two years short.")


def test_two_reviewers_at_once_the_slower_is_told(recruiter, coordinator, client_as, three, job):
    job.team.create(user=coordinator, role="coordinator")
    seen = three[0].stage_id
    decide(client_as(coordinator), three[0], do="shortlist", seen=seen)
    answer = decide(client_as(recruiter), three[0], do="shortlist", seen=seen)
    assert answer.status_code == 409
    assert answer.json()["message"].startswith("cora moved Ann to Screening")
    others = client_as(recruiter).get(f"/review/?at={three[0].pk}").context["others"]
    assert [(row.by, row.verdict) for row in others] == [(coordinator, "shortlist")]


def test_what_is_fetched_ahead_is_on_record_as_that_and_the_look_only_when_it_happens(
    recruiter, client_as, three, events
):
    browser = client_as(recruiter)
    browser.get(f"/review/?at={three[1].pk}&ahead=1")
    assert [event.target_id for event in events("application.prefetched")] == [str(three[1].pk)]
    assert len(events("resume.prefetched")) == 1
    assert events("application.viewed") == events("resume.viewed") == []
    answer = browser.post(f"/review/{three[1].pk}/shown/")
    assert answer.json() == {"stage": three[1].stage_id, "status": "active", "decided": False}
    assert [event.subject_ref for event in events("resume.viewed")] == [str(three[1].candidate_id)]
    assert [event.target_id for event in events("application.viewed")] == [str(three[1].pk)]


def test_a_plain_visit_is_a_look_and_comes_with_the_resume_and_its_evidence(recruiter, client_as, three, events):
    answer = client_as(recruiter).get("/review/")
    page = answer.content.decode()
    assert [event.subject_ref for event in events("resume.viewed")] == [str(three[0].candidate_id)]
    assert [(proof.requirement, proof.strength) for proof, _ in answer.context["proofs"]] == [
        ("Python", "mentioned"),
        ("Rust", "none"),
    ]
    assert '<mark class="quote"' in page


def test_when_nothing_can_be_put_on_record_nothing_is_shown(recruiter, client_as, three, monkeypatch):
    from audit import actions as audit

    def fail(*_args, **_kwargs):
        raise audit.AuditUnavailable

    browser = client_as(recruiter)
    browser.get("/")
    monkeypatch.setattr(audit, "viewed", fail)
    for answer in (
        browser.get("/review/"),
        browser.get(f"/review/?at={three[0].pk}&ahead=1"),
        browser.post(f"/review/{three[0].pk}/shown/"),
    ):
        assert answer.status_code == 503
        assert b"Built billing" not in answer.content


def test_nobody_reviews_what_they_may_not_see(recruiter, hiring_manager, interviewer, client_as, three, job):
    secret = ApplicationFactory(job=JobFactory(confidential=True))
    browser = client_as(recruiter)
    for query in (f"?at={secret.pk}", f"?job={secret.job_id}", "?at=nonsense", "?job=nonsense"):
        assert browser.get(f"/review/{query}").status_code == 404
    assert browser.post(f"/review/{secret.pk}/shown/").status_code == 404
    assert decide(browser, secret, do="maybe").status_code == 404
    job.team.create(user=interviewer, role="interviewer")
    assert client_as(interviewer).get("/review/").status_code == 403
    assert decide(client_as(interviewer), three[0], do="maybe").status_code == 403
    assert shown(client_as(hiring_manager), "?job=all") == (None, shown(client_as(hiring_manager), "?job=all")[1])
    assert client_as(hiring_manager).get(f"/review/?at={three[0].pk}").status_code == 404


def test_one_candidate_costs_the_same_in_a_queue_of_three_as_of_forty(recruiter, client_as, three, job, assert_queries):
    browser = client_as(recruiter)
    for count in (1, 37):
        ApplicationFactory.create_batch(count, job=job)
        browser.get("/")
        with assert_queries("admin_review"):
            browser.get("/review/")


def test_the_side_bar_counts_what_waits(recruiter, client_as, three):
    sections = client_as(recruiter).get("/").context["nav_sections"]
    counts = {item.label: item.count for section in sections for item in section.items}
    assert counts["Review queue"] == 3


def test_an_empty_queue_says_where_to_look(recruiter, client_as):
    assert "?job=all" in client_as(recruiter).get("/review/").content.decode()
