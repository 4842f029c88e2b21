"""A run from its start to review: five steps, each once, each checked, and what happens when the model misbehaves."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from hrassist.lib import llm
from jobs.actions import tailorings
from jobs.models import TailoringEvent, TailoringLine, TailoringRun
from jobs.tailoring import asking, lease, pipeline
from jobs.tailoring.agents import AGENTS
from jobs.tailoring.events import told
from tests.factories import ApplicationFactory, CandidateFactory
from tests.jobs.tailoring.resumes import AMARA, resume_of
from tests.jobs.tailoring.scripted import ScriptedProvider, bullet, implementation, lines_of

pytestmark = pytest.mark.django_db
State = TailoringRun.State


def test_a_run_without_a_model_orders_lines_and_writes_none_of_its_own(begun, tailor):
    run = tailor(begun)
    assert run.state == State.REVIEW
    assert [step.state for step in run.steps.all()] == ["done"] * 5
    work = [line for line in run.lines.all() if line.part == "work"]
    assert all(line.text == line.original for line in work)
    # The line about Kubernetes moved up: the job asks for it.
    assert next(line.replaces for line in work if line.entry == "w0") in ("w0.b0", "w0.b1")
    assert {line.replaces for line in work} == {"w0.b0", "w0.b1", "w0.b2", "w1.b0", "w1.b1", "w1.b2"}
    letter = [line.text for line in run.lines.all() if line.part == "letter"]
    assert letter[0].startswith("I am applying for the position of Platform Engineer.")


def test_every_line_rests_on_lines_of_the_resume(begun, tailor):
    run = tailor(begun)
    for line in run.lines.all():
        sources = list(line.provenance.all())
        assert sources
        assert all(source.quote for source in sources)


def test_who_reads_a_moment_late_misses_nothing_that_an_agent_said(begun, tailor):
    run = tailor(begun)
    said: dict[str, str] = {}
    for one in told(run.pk, after=0):
        if one["kind"] == "text":
            said[one["agent"]] = said.get(one["agent"], "") + one["text"]
    # The built-in provider has nothing to polish, and so nothing to say there.
    assert set(said) == {agent.name for agent in AGENTS} - {"polish"}
    assert said["analysis"].endswith("requirements named in the job.\n")


def test_a_second_worker_finds_nothing_to_do(begun, tailor):
    tailor(begun)
    before = list(TailoringEvent.objects.values_list("seq", flat=True))
    tailor(begun)
    assert list(TailoringEvent.objects.values_list("seq", flat=True)) == before


def test_events_are_numbered_without_a_gap_and_the_last_tells_the_end(begun, tailor):
    run = tailor(begun)
    assert list(run.events.values_list("seq", flat=True)) == list(range(1, run.events.count() + 1))
    assert run.events.order_by("-seq").first().data["state"] == State.REVIEW


def test_a_number_that_the_resume_does_not_state_is_refused_after_one_repair(begun, tailor):
    provider = ScriptedProvider(
        implementation=implementation([bullet("w0.b1", "Cut the cost of the cluster by 90 % with autoscaling")]),
        repair={"lines": [{"line": "w0.b1", "text": "Cut cluster cost by 85 %", "evidence": ["w0.b1"]}]},
    )
    run = tailor(begun, provider)
    line = lines_of(run)["w0.b1"]
    assert line.text == line.original
    assert line.refused == ["number"]
    assert run.blocked_count == 1
    assert [agent for agent, _ in provider.heard].count("repair") == 1


def test_a_repair_that_holds_is_taken(begun, tailor):
    provider = ScriptedProvider(
        implementation=implementation([bullet("w0.b1", "Cut the cost of the cluster by 90 %")]),
        repair={"lines": [{"line": "w0.b1", "text": "Reduced cluster cost by 70%", "evidence": ["w0.b1"]}]},
    )
    run = tailor(begun, provider)
    assert lines_of(run)["w0.b1"].text == "Reduced cluster cost by 70%"
    assert run.steps.get(agent="implementation").repaired == 1


def test_polish_cannot_bring_in_what_implementation_could_not(begun, tailor):
    provider = ScriptedProvider(
        implementation=implementation([bullet("w1.b1", "Coached two juniors")]),
        polish={"lines": [{"line": "w1.b1", "text": "Coached twelve juniors at Google"}]},
    )
    run = tailor(begun, provider)
    line = lines_of(run)["w1.b1"]
    assert line.text == "Coached two juniors"
    assert set(line.refused) == {"number", "employer"}


def test_what_validation_reverts_stands_as_in_the_original(begun, tailor):
    provider = ScriptedProvider(
        implementation=implementation([bullet("w1.b1", "Coached two juniors")]),
        validation={"verdicts": [{"line": "w1.b1", "verdict": "revert", "reason": "Mentoring is not coaching."}]},
    )
    run = tailor(begun, provider)
    assert lines_of(run)["w1.b1"].text == "Mentored two juniors"


def test_a_question_stays_with_the_line_for_a_person(begun, tailor):
    provider = ScriptedProvider(implementation=implementation([bullet("w1.b0", "Architected REST APIs in Django")]))
    line = lines_of(tailor(begun, provider))["w1.b0"]
    assert line.text == "Architected REST APIs in Django"
    assert [one["level"] for one in line.findings] == ["ask"]


class Watched(ScriptedProvider):
    """Keeps until when each call may take."""

    def __init__(self, **says):
        super().__init__(**says)
        self.ends = []

    def stream(self, messages, *, deadline, **more):
        self.ends.append(deadline.at)
        return super().stream(messages, deadline=deadline, **more)


def test_a_repair_has_what_is_left_of_its_steps_time(begun, tailor):
    provider = Watched(implementation=implementation([bullet("w0.b1", "Cut the cost of the cluster by 90 %")]))
    tailor(begun, provider)
    ends = dict(zip([agent for agent, _ in provider.heard], provider.ends, strict=True))
    assert ends["repair"] == ends["implementation"]
    assert ends["analysis"] < ends["optimisation"] < ends["implementation"]


@pytest.mark.parametrize(("place", "name"), [(pipeline, "RUN_SECONDS"), (asking, "STEP_SECONDS")])
def test_a_run_whose_time_is_over_says_so_and_goes_on_where_it_stopped(begun, tailor, monkeypatch, place, name):
    provider = ScriptedProvider()
    with monkeypatch.context() as patched:
        patched.setattr(place, name, 0.0)
        run = tailor(begun, provider)
    assert (run.state, run.failed_for) == (State.FAILED, "model_stalled")
    assert run.message == "It took longer than it may. Press Continue to go on where it stopped."
    assert provider.heard == []
    assert tailor(tailorings.go_on(run=run, by=run.created_by, now=timezone.now()), provider).state == State.REVIEW


LED = "Led the team through a migration from Oracle"


@pytest.fixture
def of_a_lead(recruiter, noon):
    """A run about a line without a number: said of other evidence, it raises a question and is not refused."""
    candidate = CandidateFactory()
    resume_of(candidate, AMARA.replace("Led a team of five engineers through a migration from Oracle", LED))
    return tailorings.start(application=ApplicationFactory(candidate=candidate), by=recruiter, now=noon)


@pytest.mark.parametrize(
    "says",
    [
        {"implementation": implementation([bullet("w0.b2", LED, "w0.b0")])},
        {
            "implementation": implementation([bullet("w0.b2", "Led 50 engineers")]),
            "repair": {"lines": [{"line": "w0.b2", "text": LED, "evidence": ["w0.b0"]}]},
        },
        {
            "implementation": implementation([bullet("w0.b2", "Migrated the team", "w0.b0")]),
            "polish": {"lines": [{"line": "w0.b2", "text": LED}]},
        },
    ],
    ids=["worded", "repaired", "polished"],
)
def test_a_copy_of_the_original_raises_no_question_whatever_it_was_said_to_rest_on(of_a_lead, tailor, says):
    run = tailor(of_a_lead, ScriptedProvider(**says))
    line = lines_of(run)["w0.b2"]
    assert (line.text, line.findings) == (LED, [])
    assert list(line.provenance.values_list("source", flat=True)) == ["w0.b2"]
    approved = tailorings.approve(run=run, by=run.created_by, now=timezone.now())
    assert approved.state == State.APPROVED


def test_a_copy_of_the_summary_is_not_taken_for_a_wording_of_it(begun, tailor):
    own = "Backend engineer with 8 years of experience in payments. Enjoys clear code and calm on-call weeks."
    said = implementation() | {"summary": {"text": own, "evidence": ["w1.b1"]}}
    provider = ScriptedProvider(implementation=said)
    line = lines_of(tailor(begun, provider))["summary0"]
    assert list(line.provenance.values_list("source", flat=True)) == ["s0", "s1"]
    # Nothing was worded, so nothing is compared or polished.
    assert [agent for agent, _ in provider.heard] == ["analysis", "optimisation", "implementation"]


def test_a_question_about_a_line_that_stands_as_it_was_keeps_nobody_from_approving(begun, tailor):
    run = tailor(begun, ScriptedProvider(implementation=implementation()))
    question = {"level": "ask", "rule": "leading", "value": "led", "message": "“led” says more than the evidence does."}
    run.lines.filter(replaces="w0.b2").update(findings=[question])
    assert tailorings.undecided(run) == []
    assert tailorings.approve(run=run, by=run.created_by, now=timezone.now()).state == State.APPROVED


def test_an_employer_of_another_job_cannot_be_named(begun, tailor):
    provider = ScriptedProvider(
        implementation=implementation([bullet("w1.b0", "Wrote REST APIs for Northwind GmbH", "w1.b0")])
    )
    line = lines_of(tailor(begun, provider))["w1.b0"]
    assert line.text == line.original


def test_an_unknown_line_cannot_be_expressed(begun, tailor):
    provider = ScriptedProvider(implementation=[implementation([bullet("w9.b9", "Founded Google")])] * 2)
    run = tailor(begun, provider)
    assert (run.state, run.failed_for) == (State.FAILED, "model_bad_answer")


@pytest.mark.parametrize("said", ["no JSON at all", '{"requirements": [', "[]", '{"requirements": "many", "focus": 3}'])
def test_an_answer_in_the_wrong_form_is_asked_for_once_more_and_then_told(begun, tailor, said):
    provider = ScriptedProvider(analysis=[said, said])
    run = tailor(begun, provider)
    assert (run.state, run.failed_for) == (State.FAILED, "model_bad_answer")
    assert "Continue" in run.message
    assert len(provider.heard) == 2
    # The second time it works: what is done is not asked again.
    again = tailor(tailorings.go_on(run=run, by=run.created_by, now=timezone.now()), ScriptedProvider())
    assert again.state == State.REVIEW


def test_a_provider_that_is_down_is_tried_three_times_and_the_run_can_go_on_without_it(begun, tailor):
    provider = ScriptedProvider(optimisation=llm.ModelUnreachable())
    run = tailor(begun, provider)
    assert (run.state, run.failed_for) == (State.FAILED, "model_unreachable")
    assert [agent for agent, _ in provider.heard] == ["analysis"] + ["optimisation"] * 3
    assert not run.lines.exists()
    run = tailorings.go_on(run=run, by=run.created_by, now=timezone.now(), offline=True)
    assert tailor(run).state == State.REVIEW
    assert run.steps.get(agent="analysis").attempt == 1


def test_a_wrong_key_is_told_at_once(begun, tailor):
    provider = ScriptedProvider(analysis=llm.ModelRefusedKey())
    run = tailor(begun, provider)
    assert run.failed_for == "model_wrong_key"
    assert len(provider.heard) == 1


def test_a_budget_that_is_spent_stops_before_the_next_call(begun, tailor, settings):
    settings.TAILORING_RUN_TOKENS = 1000
    run = begun
    run.steps.filter(agent="analysis").update(tokens_in=2000)
    provider = ScriptedProvider()
    run = tailor(run, provider)
    assert (run.state, run.failed_for) == (State.FAILED, "budget_spent")
    assert provider.heard == []


def test_tokens_and_cost_are_kept_by_step_also_of_a_step_that_failed(begun, tailor):
    run = tailor(begun, ScriptedProvider(optimisation=["x", "y"]))
    assert run.steps.get(agent="optimisation").tokens_in == 200
    assert run.steps.get(agent="optimisation").output is None


def test_cancelling_stops_at_the_next_piece_of_text(begun, tailor, recruiter, noon):
    def stop(asked):
        tailorings.cancel(run=begun, by=recruiter, now=noon)
        lease.ASK_SECONDS, before = 0, lease.ASK_SECONDS
        stop.before = before

    run = tailor(begun, ScriptedProvider(implementation=stop))
    lease.ASK_SECONDS = stop.before
    assert run.state == State.CANCELLED
    assert not run.lines.exists()
    assert run.steps.get(agent="optimisation").output is not None


def test_a_run_whose_worker_died_goes_on_at_its_first_step_without_an_output(begun, tailor):
    tailor(begun, ScriptedProvider(implementation=llm.ModelRefusedKey()))
    TailoringRun.objects.filter(pk=begun.pk).update(
        state=State.RUNNING, ended_at=None, lease_token=uuid4(), lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert tailorings.take_up(now=timezone.now()) == 1
    provider = ScriptedProvider()
    run = tailor(begun, provider)
    assert run.state == State.REVIEW
    assert [agent for agent, _ in provider.heard if agent in ("analysis", "optimisation")] == []


def test_a_worker_that_lost_its_lease_writes_nothing_more(begun, tailor, monkeypatch):
    # As after it slept for longer than it may go without asking.
    monkeypatch.setattr(lease, "ASK_SECONDS", 0)

    def taken_over(asked):
        TailoringRun.objects.filter(pk=begun.pk).update(lease_token=uuid4())
        return implementation()

    run = tailor(begun, ScriptedProvider(implementation=taken_over))
    assert run.state == State.RUNNING
    assert not run.lines.exists()
    step = run.steps.get(agent="implementation")
    assert (step.output, step.state, step.attempt) == (None, "running", 1)
    told = [event.data for event in run.events.order_by("seq") if event.data.get("agent") == "implementation"]
    assert [(one.get("state"), one.get("text")) for one in told] == [("running", None)]


def test_contact_data_does_not_leave(begun, tailor):
    provider = ScriptedProvider()
    tailor(begun, provider)
    said = "\n".join(text for _, text in provider.heard)
    for secret in ("amara.okafor", "Okafor", "901820", "github.com/amara"):
        assert secret not in said


def test_the_same_input_is_tailored_once_at_a_time(application, recruiter, noon, begun):
    assert tailorings.start(application=application, by=recruiter, now=noon).pk == begun.pk
    other = tailorings.start(application=application, by=recruiter, now=noon, with_letter=False)
    assert other.pk != begun.pk


def test_a_step_with_the_same_input_is_not_asked_again(application, recruiter, noon, begun, tailor):
    tailor(begun, ScriptedProvider())
    provider = ScriptedProvider()
    tailor(tailorings.start(application=application, by=recruiter, now=noon, with_letter=False), provider)
    assert [agent for agent, _ in provider.heard][:1] == ["implementation"]


def test_an_empty_answer_leaves_the_resume_as_it_was(begun, tailor):
    provider = ScriptedProvider(
        optimisation={"bullet_order": [], "skill_order": [], "rewrite": []}, implementation=implementation()
    )
    run = tailor(begun, provider)
    assert run.state == State.REVIEW
    assert [line.replaces for line in run.lines.filter(part=TailoringLine.Part.WORK)] == [
        "w0.b0", "w0.b1", "w0.b2", "w1.b0", "w1.b1", "w1.b2",
    ]  # fmt: skip


def test_what_nobody_foresaw_leaves_a_state_that_can_go_on(begun, tailor):
    with pytest.raises(ZeroDivisionError):
        pipeline.work(begun.pk, provider=ScriptedProvider(analysis=ZeroDivisionError()))
    run = TailoringRun.objects.get(pk=begun.pk)
    assert (run.state, run.failed_for) == (State.FAILED, "unforeseen")
