from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from candidates.models import Resume
from hrassist.models import User
from tests.factories import RESUME_TEXT, CandidateFactory, ResumeFactory

pytestmark = pytest.mark.django_db
RESUMES = "/api/v1/resumes"
ApiAs = Callable[..., APIClient]
PARSE = {
    "json_resume": {"basics": {"name": "Jane Doe"}},
    "fields": [
        {"label": "NAME", "value": "Jane Doe", "start": 0, "end": 8, "page": 1, "confidence": 0.98,
         "path": "/basics/name", "concept": ""}
    ],
    "skills": ["python"],
}  # fmt: skip


def test_a_resume_is_answered_with_its_evidence_and_the_access_is_on_record(
    recruiter: User, api_as: ApiAs, events: Any
) -> None:
    resume = ResumeFactory(parse=PARSE)
    read = api_as(recruiter).get(f"{RESUMES}/{resume.pk}").json()
    assert read["json_resume"]["basics"]["name"] == "Jane Doe"
    first = read["fields"][0]
    assert RESUME_TEXT[first["start"] : first["end"]] == first["value"]
    assert (read["skills"], read["candidate"]) == (["python"], str(resume.candidate_id))
    event = events("resume.viewed")[0]
    assert (event.target_id, event.target_version, event.subject_ref) == (
        str(resume.pk),
        resume.sha256,
        str(resume.candidate_id),
    )


def test_the_download_address_is_the_one_that_records(recruiter: User, api_as: ApiAs, client_as: Any) -> None:
    resume = ResumeFactory(content=b"%PDF-1.7 the bytes")
    address = api_as(recruiter).get(f"{RESUMES}/{resume.pk}").json()["download"]
    answer = client_as(recruiter).get(address)
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 the bytes"


def test_the_text_comes_alone_and_is_on_record(recruiter: User, api_as: ApiAs, events: Any) -> None:
    resume = ResumeFactory()
    answer = api_as(recruiter).get(f"{RESUMES}/{resume.pk}/text").json()
    assert (answer["text"], answer["page_starts"], answer["hidden"]) == (RESUME_TEXT, [0], [])
    assert len(events("resume.viewed")) == 1


def test_a_file_that_could_not_be_read_says_so(recruiter: User, api_as: ApiAs) -> None:
    resume = ResumeFactory(
        state=Resume.State.UNREADABLE, unreadable_at=timezone.now(), unreadable_for="no_text", is_current=False
    )
    answer = api_as(recruiter).get(f"{RESUMES}/{resume.pk}/text")
    assert (answer.status_code, answer.json()["code"]) == (409, "resume_unreadable")
    assert "no_text" in answer.json()["detail"]
    assert api_as(recruiter).get(f"{RESUMES}/{resume.pk}").json()["json_resume"] == {}


def test_a_list_is_narrowed_and_carries_no_content(recruiter: User, api_as: ApiAs, events: Any) -> None:
    jane = CandidateFactory()
    old = ResumeFactory(candidate=jane, is_current=False)
    new = ResumeFactory(candidate=jane)
    ResumeFactory()
    api = api_as(recruiter)

    def found(query: str) -> set[str]:
        return {one["id"] for one in api.get(f"{RESUMES}?{query}").json()["results"]}

    assert found(f"candidate={jane.pk}") == {str(old.pk), str(new.pk)}
    assert found(f"candidate={jane.pk}&current=true") == {str(new.pk)}
    assert found(f"sha256={old.sha256}") == {str(old.pk)}
    assert not {"json_resume", "fields", "text"} & set(api.get(RESUMES).json()["results"][0])
    assert events("resume.viewed") == []


@pytest.mark.parametrize("suffix", ["", "/text"])
def test_somebody_elses_resume_does_not_exist(suffix: str, interviewer: User, api_as: ApiAs, events: Any) -> None:
    resume = ResumeFactory()
    answer = api_as(interviewer).get(f"{RESUMES}/{resume.pk}{suffix}")
    assert answer.status_code == 404
    assert events("resume.viewed") == []


def test_an_operator_reads_no_resume(operator: User, api_as: ApiAs) -> None:
    assert api_as(operator).get(f"{RESUMES}/{ResumeFactory().pk}").status_code == 403


@pytest.mark.parametrize("files", [2, 20])
def test_a_page_takes_the_same_queries_for_few_and_many(
    files: int, recruiter: User, api_as: ApiAs, assert_queries: Any
) -> None:
    ResumeFactory.create_batch(files)
    api = api_as(recruiter)
    api.get("/api/v1/me")
    with assert_queries("api_resumes_list"):
        assert len(api.get(RESUMES).json()["results"]) == files
