"""Tailored resumes for programs: the same rules as on pages, the same refusals."""

from __future__ import annotations

import hashlib

import pytest

from hrassist.lib import llm
from jobs.actions import tailorings
from jobs.models import TailoringRun
from jobs.tailoring import export, pipeline
from jobs.tailoring.offline import OfflineProvider
from tests.factories import ApplicationFactory, UserFactory
from tests.hiring import ModelEndpointFactory, TailoringRunFactory
from tests.jobs.tailoring.resumes import resume_of
from tests.jobs.tailoring.scripted import ScriptedProvider

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(settings):
    settings.TAILORING_OFFLINE_PACE = 0
    one = ApplicationFactory()
    resume_of(one.candidate)
    return one


def test_a_program_begins_follows_and_downloads_what_people_approved(api_as, recruiter, application, noon, events):
    api = api_as(recruiter)
    answer = api.post(f"/api/v1/applications/{application.pk}/tailorings", {"with_letter": False}, format="json")
    assert answer.status_code == 202
    key = answer.json()["id"]
    again = api.post(f"/api/v1/applications/{application.pk}/tailorings", {"with_letter": False}, format="json")
    assert again.json()["id"] == key
    run = TailoringRun.objects.get(pk=key)
    assert api.get(f"/api/v1/tailorings/{key}/docx").status_code == 404
    pipeline.work(run.pk)
    body = api.get(f"/api/v1/tailorings/{key}").json()
    assert body["state"] == "review"
    assert [step["agent"] for step in body["steps"]] == [
        "analysis", "optimisation", "implementation", "validation", "polish",
    ]  # fmt: skip
    assert all(line["sources"] for line in body["lines"])
    tailorings.approve(run=run, by=recruiter, now=noon)
    export.make(run.pk)
    file = api.get(f"/api/v1/tailorings/{key}/pdf")
    assert b"".join(file.streaming_content)[:5] == b"%PDF-"
    assert [event.changes for event in events("tailoring.downloaded", outcome="allow")] == [{"kind": "pdf"}]


def test_a_run_is_stopped_and_continued(api_as, recruiter, application, noon):
    run = tailorings.start(application=application, by=recruiter, now=noon)
    api = api_as(recruiter)
    assert api.post(f"/api/v1/tailorings/{run.pk}/cancel").json()["state"] == "cancelled"
    assert api.post(f"/api/v1/tailorings/{run.pk}/cancel").status_code == 409
    assert api.post(f"/api/v1/tailorings/{run.pk}/continue").json()["state"] == "queued"


def test_the_letter_is_downloaded_beside_the_resume(api_as, recruiter, application, noon, events):
    run = tailorings.start(application=application, by=recruiter, now=noon)
    api, letter = api_as(recruiter), f"/api/v1/tailorings/{run.pk}/letter"
    assert api.get(f"{letter}/docx").status_code == 404
    pipeline.work(run.pk)
    tailorings.approve(run=run, by=recruiter, now=noon)
    export.make(run.pk)
    file = api.get(f"{letter}/pdf", headers={"Accept": "application/pdf"})
    assert b"".join(file.streaming_content)[:5] == b"%PDF-"
    assert "cover-letter-" in file.headers["Content-Disposition"]
    document = b"".join(api.get(f"{letter}/docx").streaming_content)
    assert hashlib.sha256(document).hexdigest() == TailoringRun.objects.get(pk=run.pk).digests["letter_docx"]
    kinds = [event.changes["kind"] for event in events("tailoring.downloaded", outcome="allow")]
    assert kinds == ["letter_pdf", "letter_docx"]
    for role in ("Coordinator", "Hiring manager"):
        assert api_as(UserFactory(role=role)).get(f"{letter}/pdf").status_code == 403


def test_a_run_without_a_letter_has_none_to_download(api_as, recruiter, application, noon):
    run = tailorings.start(application=application, by=recruiter, now=noon, with_letter=False)
    pipeline.work(run.pk)
    tailorings.approve(run=run, by=recruiter, now=noon)
    export.make(run.pk)
    api = api_as(recruiter)
    assert api.get(f"/api/v1/tailorings/{run.pk}/docx").status_code == 200
    assert api.get(f"/api/v1/tailorings/{run.pk}/letter/docx").status_code == 404


def test_a_program_whose_budget_is_spent_finishes_without_the_model(api_as, recruiter, application, noon, settings):
    run = tailorings.start(
        application=application, by=recruiter, now=noon, provider=ModelEndpointFactory(enabled=True).name
    )
    run.steps.filter(agent="analysis").update(tokens_in=settings.TAILORING_RUN_TOKENS)
    pipeline.work(run.pk)
    api, address = api_as(recruiter), f"/api/v1/tailorings/{run.pk}"
    assert api.get(address).json()["failed_for"] == "budget_spent"
    assert api.post(f"{address}/continue", {"offline": "perhaps"}, format="json").status_code == 400
    again = api.post(f"{address}/continue", {"offline": True}, format="json")
    assert (again.status_code, again.json()["state"]) == (200, "queued")
    pipeline.work(run.pk)
    assert api.get(address).json()["state"] == "review"


def test_each_step_says_which_model_wrote_it(api_as, recruiter, application, noon):
    run = tailorings.start(
        application=application, by=recruiter, now=noon, provider=ModelEndpointFactory(enabled=True).name
    )
    pipeline.work(run.pk, provider=ScriptedProvider(optimisation=llm.ModelRefusedKey))
    api, address = api_as(recruiter), f"/api/v1/tailorings/{run.pk}"

    def writers():
        return [(step["provider"], step["model"]) for step in api.get(address).json()["steps"]]

    assert writers() == [("scripted", "scripted-1"), ("scripted", "scripted-1"), ("", ""), ("", ""), ("", "")]
    api.post(f"{address}/continue", {"offline": True}, format="json")
    pipeline.work(run.pk)
    assert writers() == [("scripted", "scripted-1"), *[("offline", OfflineProvider.model)] * 4]


def test_continuing_without_a_word_asks_the_model_again(api_as, recruiter, application, noon, settings):
    run = tailorings.start(
        application=application, by=recruiter, now=noon, provider=ModelEndpointFactory(enabled=True).name
    )
    run.steps.filter(agent="analysis").update(tokens_in=settings.TAILORING_RUN_TOKENS)
    pipeline.work(run.pk)
    api_as(recruiter).post(f"/api/v1/tailorings/{run.pk}/continue")
    pipeline.work(run.pk)
    assert TailoringRun.objects.get(pk=run.pk).failed_for == "budget_spent"


def test_the_list_is_narrowed_and_holds_only_what_one_may_see(api_as, recruiter):
    mine, other = TailoringRunFactory(), TailoringRunFactory()
    rows = api_as(recruiter).get(f"/api/v1/tailorings?application={mine.application_id}").json()["results"]
    assert [row["id"] for row in rows] == [str(mine.pk)]
    stranger = api_as(UserFactory(role="Hiring manager"))
    assert stranger.get("/api/v1/tailorings").json()["results"] == []
    assert stranger.get(f"/api/v1/tailorings/{other.pk}").status_code == 404
