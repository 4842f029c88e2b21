"""Prompts, forms and models: an answer is used again only where it would be given again."""

from __future__ import annotations

import hashlib

import pytest
from django.utils import timezone

from jobs.actions import tailorings
from jobs.models import ModelEndpoint
from jobs.tailoring import agents
from jobs.tailoring.agents import AGENTS, PROMPTS, REPAIR, VERSIONS, prompt
from tests.hiring import ModelEndpointFactory
from tests.jobs.tailoring.scripted import ScriptedProvider

# The text of each version. Who changes a prompt gives it another version and adds a line; a line here never changes.
TEXTS = {
    "analysis-1": "6939d698607481d04d10adf5c630a4a820e99785b9c4c0246469773eacf4b12c",
    "implementation-1": "1e569ed4bc66190a3c129d8edc6bef87ec2012dcb99568d5866aaf4448f1f7b5",
    "optimisation-1": "5d75083a585333efb9464558b1201343ca6a9c7d892c677bd54f7ecbc3062862",
    "polish-1": "e0c07a045b52a661614f36410d313dd7a47321299797bb746a4455abe159504c",
    "repair-1": "f4c4dd56f3e7ed63bd6e53a67cebc3d64b6d257fd6f3fc124b95b4aaa05cb91e",
    "validation-1": "d28732cc9cbdab2d9103c1a274bcce315f8698408e9791b089959cc583076354",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(PROMPTS.glob("*.md")), ids=lambda path: path.stem)
def test_a_prompt_is_not_changed_without_another_version(path):
    own = prompt(path.stem)
    assert own.version.startswith(f"{path.stem}-")
    assert TEXTS.get(own.version) == hashlib.sha256(own.text.encode()).hexdigest()


def test_every_prompt_is_one_that_is_asked_with():
    names = [*(agent.name for agent in AGENTS), REPAIR]
    assert sorted(names) == sorted(path.stem for path in PROMPTS.glob("*.md"))
    assert [prompt(name).version for name in names] == list(VERSIONS)


def asked_again(begun, tailor, *, model="scripted-1"):
    """The agents that a second run over the same input asks."""
    tailor(begun, ScriptedProvider())
    provider = ScriptedProvider()
    provider.model = model
    again = tailorings.start(
        application=begun.application, by=begun.created_by, now=timezone.now(), with_letter=False
    )  # fmt: skip
    tailor(again, provider)
    return [agent for agent, _ in provider.heard]


@pytest.mark.django_db
def test_another_model_under_the_same_name_is_asked_anew(begun, tailor):
    assert asked_again(begun, tailor, model="scripted-2")[:2] == ["analysis", "optimisation"]


@pytest.mark.django_db
def test_another_form_of_the_answer_is_asked_anew(begun, tailor, monkeypatch):
    tailor(begun, ScriptedProvider())
    monkeypatch.setattr(agents, "SHORT", 199)
    assert asked_again(begun, tailor)[0] == "analysis"


@pytest.mark.django_db
def test_another_wording_of_the_repair_is_asked_anew(begun, tailor, monkeypatch):
    tailor(begun, ScriptedProvider())
    known = prompt
    changed = agents.Prompt("repair-2", "Word these lines anew.")
    monkeypatch.setattr("jobs.tailoring.pipeline.prompt", lambda name: changed if name == REPAIR else known(name))
    assert asked_again(begun, tailor)[0] == "analysis"


@pytest.mark.django_db
def test_a_run_under_another_model_is_another_run(application, recruiter, noon):
    ModelEndpointFactory(name="Ours", enabled=True, model="small", updated_by=recruiter)
    said = {"application": application, "by": recruiter, "now": noon, "provider": "Ours"}
    first = tailorings.start(**said)
    assert tailorings.start(**said) == first
    ModelEndpoint.objects.update(model="large")
    assert tailorings.start(**said) != first


@pytest.mark.django_db
def test_each_agent_is_told_the_length_of_its_own_answer(begun, tailor):
    provider = ScriptedProvider()
    tailor(begun, provider)
    assert provider.most == {agent.name: agent.most_tokens for agent in AGENTS}
    assert provider.most["implementation"] > provider.most["optimisation"]
