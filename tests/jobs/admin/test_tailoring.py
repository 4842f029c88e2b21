"""The page of a tailored resume: who may do what, what is on record, and that forms do what the script does."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from hrassist.lib import llm
from jobs.actions import tailorings
from jobs.admin import ai_log, tailoring_reading
from jobs.models import ModelEndpoint, TailoringRun
from jobs.tailoring import events as course
from jobs.tailoring import export, pipeline
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.hiring import TailoringRunFactory
from tests.jobs.tailoring.resumes import resume_of
from tests.jobs.tailoring.scripted import ScriptedProvider, implementation

pytestmark = pytest.mark.django_db
State = TailoringRun.State


@pytest.fixture(autouse=True)
def no_pace(settings):
    settings.TAILORING_OFFLINE_PACE = 0


@pytest.fixture
def application():
    candidate = CandidateFactory(full_name="Amara Okafor")
    resume_of(candidate)
    return ApplicationFactory(candidate=candidate, job=JobFactory(title="Platform Engineer"))


@pytest.fixture
def run(application, recruiter, noon):
    begun = tailorings.start(application=application, by=recruiter, now=noon)
    line = {"bullet_id": "w1.b0", "text": "Architected REST APIs in Django", "evidence": ["w1.b0"]}
    pipeline.work(begun.pk, provider=ScriptedProvider(implementation=implementation([line])))
    return TailoringRun.objects.get(pk=begun.pk)


def page(run):
    return reverse("admin:jobs_tailoringrun_change", args=[run.pk])


def step(client, run, **said):
    return client.post(reverse("admin:jobs_tailoring_step", args=[run.pk]), said)


def test_a_run_is_started_by_a_form_and_its_task_waits(client_as, recruiter, application, deferred_tasks):
    client = client_as(recruiter)
    first = client.get(reverse("admin:jobs_application_tailored", args=[application.pk])).content.decode()
    assert "No tailored resume yet" in first
    url = reverse("admin:jobs_tailoring_start", args=[application.pk])
    answer = client.post(url, {"provider": "offline", "language": "de", "letter": "on"}, follow=True)
    run = TailoringRun.objects.get()
    assert (run.state, run.language, run.with_letter) == (State.QUEUED, "de", True)
    assert "Agents at work" in answer.content.decode()
    assert deferred_tasks("tailor") == [{"run_id": str(run.pk)}]


def test_the_page_shows_each_change_with_its_question_and_source(client_as, recruiter, run, events):
    said = client_as(recruiter).get(page(run)).content.decode()
    assert "<ins>Architected</ins>" in said
    assert "says more of the person" in said
    assert "Wrote REST APIs in Django for the mobile app, 40 endpoints" in said
    assert events("tailoring.viewed")[-1].subject_ref == str(run.application.candidate_id)


def test_deciding_approving_and_downloading_by_forms_alone(client_as, recruiter, run):
    client = client_as(recruiter)
    line = tailorings.undecided(run)[0]
    refused = step(client, run, do="approve")
    assert TailoringRun.objects.get(pk=run.pk).state == State.REVIEW
    assert refused.status_code == 302
    step(client, run, do="accept", line=line.pk)
    step(client, run, do="approve", seen=TailoringRun.objects.get(pk=run.pk).updated_at.isoformat())
    export.make(run.pk)
    said = client.get(page(run)).content.decode()
    assert "Ready to use" in said
    for name in ("docx", "pdf", "letter_docx"):
        answer = client.get(reverse(f"admin:jobs_tailoring_{name}", args=[run.pk]))
        assert answer.status_code == (404 if name == "letter_docx" else 200)


def test_a_script_is_told_what_a_decision_left_open(client_as, recruiter, run):
    line = tailorings.undecided(run)[0]
    answer = step(client_as(recruiter), run, do="reject", line=line.pk, quick="1")
    assert answer.json()["open"] == 0
    assert answer.json()["seen"] == TailoringRun.objects.get(pk=run.pk).updated_at.isoformat()
    wrong = step(client_as(recruiter), run, do="reject", line=10**12, quick="1")
    assert wrong.status_code == 404


def test_the_page_tells_of_each_agent_who_wrote_and_what_it_took(client_as, recruiter, run):
    run.steps.filter(agent="implementation").update(tokens_in=1500, tokens_out=234, cost="0.0031")
    said = " ".join(client_as(recruiter).get(page(run)).content.decode().split())
    assert "0 s, 1,734 tokens, cost 0.0031 · scripted, scripted-1, implementation-1" in said
    assert said.count("0 s, 150 tokens, cost 0.0100 · scripted, scripted-1,") == 4


def test_an_agent_of_the_built_in_provider_took_time_and_nothing_else(client_as, recruiter, application, noon):
    begun = tailorings.start(application=application, by=recruiter, now=noon)
    pipeline.work(begun.pk)
    said = client_as(recruiter).get(page(begun)).content.decode()
    assert "0 s" in said
    assert " tokens" not in said


def test_the_log_lists_each_run_with_model_prompts_and_decisions_and_not_of_whom(
    client_as, recruiter, auditor, run, noon, monkeypatch, events
):
    line = tailorings.undecided(run)[0]
    tailorings.decide(run=run, line_ids=[line.pk], decision="rejected", by=recruiter, now=noon)
    TailoringRun.objects.filter(pk=run.pk).update(blocked_count=7)
    other = tailorings.start(application=run.application, by=recruiter, now=timezone.now(), with_letter=False)
    log = reverse("admin:jobs_ranking_log")
    assert client_as(recruiter).get(log).status_code == 403
    client = client_as(auditor)
    said = " ".join(client.get(log).content.decode().split())
    for told in ("Platform Engineer", "scripted-1 (analysis-1, optimisation-1, implementation-1", run.input_hash[:8],
                 "To be reviewed", "1 of 1 put back", '<td class="number">7</td>', other.input_hash[:8]):  # fmt: skip
        assert told in said
    assert "Amara" not in said
    assert "REST APIs" not in said
    assert events("ranking_log.viewed")
    monkeypatch.setattr(ai_log, "PAGE", 1)
    first = client.get(log)
    assert (other.input_hash[:8] in first.content.decode(), run.input_hash[:8] in first.content.decode()) == (
        True,
        False,
    )
    second = client.get(log + first.context["tailored_older"]).content.decode()
    assert (other.input_hash[:8] in second, run.input_hash[:8] in second) == (False, True)


def test_the_log_stays_within_its_statements_however_many_runs_there_are(client_as, auditor, run, noon, assert_queries):
    client = client_as(auditor)
    for _ in range(3):
        TailoringRunFactory()
    client.get(reverse("admin:jobs_ranking_log"))
    with assert_queries("ai_log"):
        client.get(reverse("admin:jobs_ranking_log"))


def test_the_preview_is_the_paper_with_its_label(client_as, recruiter, run, events):
    said = client_as(recruiter).get(reverse("admin:jobs_tailoring_preview", args=[run.pk])).content.decode()
    assert "AI-made" in said
    assert "Amara Okafor" in said
    assert events("tailoring.previewed")


@pytest.mark.parametrize("name", ["change", "preview", "events", "docx"])
def test_a_hiring_manager_of_another_job_does_not_learn_that_it_exists(client_as, run, name):
    stranger = UserFactory(role="Hiring manager")
    url = page(run) if name == "change" else reverse(f"admin:jobs_tailoring_{name}", args=[run.pk])
    assert client_as(stranger).get(url).status_code in (403, 404)
    assert "Amara" not in client_as(stranger).get(reverse("admin:jobs_tailoringrun_changelist")).content.decode()


def test_an_interviewer_has_no_tailored_resumes(client_as, interviewer, run):
    assert client_as(interviewer).get(page(run)).status_code in (403, 404)
    assert client_as(interviewer).get(reverse("admin:jobs_tailoringrun_changelist")).status_code == 403


def test_a_coordinator_may_decide_and_not_approve(client_as, coordinator, run):
    line = tailorings.undecided(run)[0]
    assert step(client_as(coordinator), run, do="accept", line=line.pk).status_code == 302
    assert step(client_as(coordinator), run, do="approve").status_code == 403


def test_who_asked_for_people_only_is_not_given_to_a_program(application, recruiter, noon):
    from candidates.models import Channel
    from jobs.models import RankingOptOut

    RankingOptOut.objects.create(candidate=application.candidate, channel=Channel.values[0], at=noon)
    with pytest.raises(tailorings.DomainError) as refused:
        tailorings.start(application=application, by=recruiter, now=noon)
    assert "people only" in refused.value.message


def test_without_a_readable_resume_the_page_says_what_to_do(recruiter, noon):
    one = ApplicationFactory()
    with pytest.raises(tailorings.NothingToTailor):
        tailorings.start(application=one, by=recruiter, now=noon)
    from tests.factories import ResumeFactory

    ResumeFactory(candidate=one.candidate, text="", parse={"json_resume": {"basics": {"name": "Jane"}}})
    with pytest.raises(tailorings.NothingToTailor) as refused:
        tailorings.start(application=one, by=recruiter, now=noon)
    assert "scan" in refused.value.message


def test_the_page_stays_within_its_statements(client_as, recruiter, run, assert_queries):
    client = client_as(recruiter)
    client.get(page(run))
    with assert_queries("tailoring_run"):
        client.get(page(run))


def test_what_is_told_while_the_page_is_drawn_reaches_it_once(application, recruiter, noon, monkeypatch):
    """The page goes on from a number: what came before it stands there, what came after it is told again, in order."""
    run = tailorings.start(application=application, by=recruiter, now=noon)
    TailoringRun.objects.filter(pk=run.pk).update(state=State.RUNNING, started_at=noon)
    run.refresh_from_db()
    teller = course.Teller(run.pk)
    teller.tell("text", agent="analysis", text="Before. ")
    read = tailoring_reading.prefetch_related_objects

    def meanwhile(*what):
        read(*what)
        teller.tell("step", agent="optimisation", state="running", attempt=1)
        teller.tell("text", agent="optimisation", text="Meanwhile. ")

    monkeypatch.setattr(tailoring_reading, "prefetch_related_objects", meanwhile)
    page = tailoring_reading.page(run, user=recruiter, now=noon)
    drawn = {step.agent: step.said for step in page["steps"]}
    assert (drawn["analysis"], drawn["optimisation"]) == ("Before. ", "")
    assert [one["kind"] for one in course.told(run.pk, page["last_seq"])] == ["step", "text"]


def test_a_page_opened_after_a_second_question_shows_only_what_was_said_to_that(application, recruiter, noon):
    run = tailorings.start(application=application, by=recruiter, now=noon)
    TailoringRun.objects.filter(pk=run.pk).update(state=State.RUNNING, started_at=noon)
    run.refresh_from_db()
    teller = course.Teller(run.pk)
    teller.tell("text", agent="analysis", text="Half an ans")
    teller.tell("again", agent="analysis", attempt=2)
    teller.tell("text", agent="analysis", text="A whole answer. ")
    drawn = {step.agent: step.said for step in tailoring_reading.page(run, user=recruiter, now=noon)["steps"]}
    assert drawn["analysis"] == "A whole answer. "


def test_a_run_that_ends_while_its_page_is_opened_is_drawn_as_ended(application, recruiter, noon):
    run = tailorings.start(application=application, by=recruiter, now=noon)
    asked = TailoringRun.objects.get(pk=run.pk)
    pipeline.work(run.pk)
    page = tailoring_reading.page(asked, user=recruiter, now=noon)
    assert page["run"].state == State.REVIEW
    assert page["parts"]


def test_a_language_model_is_off_until_its_host_is_named_and_its_key_is_never_shown(
    client_as, operator, settings, events
):
    client = client_as(operator)
    facts = {"name": "OpenRouter", "dialect": "openrouter", "base_url": "", "model": "some/model",
             "key": "sk-very-secret", "price_in": "1", "price_out": "2", "month_budget": "20",
             "month_tokens": "1000"}  # fmt: skip
    add = reverse("admin:jobs_modelendpoint_add")
    refused = client.post(add, facts | {"enabled": "on"})
    assert refused.status_code == 400
    assert "HRASSIST_EGRESS_HOSTS" in refused.content.decode()
    settings.EGRESS_HOSTS = ["openrouter.ai"]
    assert client.post(add, facts | {"enabled": "on"}).status_code == 302
    row = ModelEndpoint.objects.get()
    assert "sk-very-secret" not in row.sealed_key
    said = client.get(reverse("admin:jobs_modelendpoint_change", args=[row.pk])).content.decode()
    assert "sk-very-secret" not in said
    assert "sk-very" not in str([event.changes for event in events("language_model.")])
    # Another address does not get the key that was given for this one.
    client.post(reverse("admin:jobs_modelendpoint_change", args=[row.pk]), facts | {"key": "", "dialect": "openai",
                "base_url": "https://elsewhere.example/v1"})  # fmt: skip
    row.refresh_from_db()
    assert row.sealed_key == ""


def test_a_month_that_is_spent_stops_the_next_call(run, recruiter, noon, settings):
    row = ModelEndpoint.objects.create(
        name="scripted", dialect="openai", base_url="https://x.example/v1", model="m", enabled=True,
        month_tokens=30_000, updated_by=recruiter,
    )  # fmt: skip
    begun = tailorings.start(
        application=run.application, by=recruiter, now=noon, provider=row.name, with_letter=False
    )  # fmt: skip
    line = {"bullet_id": "w1.b0", "text": "Wrote REST APIs in Django", "evidence": ["w1.b0"]}
    provider = ScriptedProvider(implementation=implementation([line]), usage=llm.Usage(30_000, 0))
    pipeline.work(begun.pk, provider=provider, pause=lambda _seconds: None)
    after = TailoringRun.objects.get(pk=begun.pk)
    assert (after.state, after.failed_for) == (State.FAILED, "budget_spent")
    assert [agent for agent, _ in provider.heard] == ["implementation"]


def test_a_recruiter_does_not_set_language_models(client_as, recruiter):
    assert client_as(recruiter).get(reverse("admin:jobs_modelendpoint_changelist")).status_code == 403
