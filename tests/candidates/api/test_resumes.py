from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import Event
from candidates.models import Resume
from hrassist.lib import storage
from hrassist.lib.serving import HEADERS
from hrassist.models import User
from tests.factories import RESUME_TEXT, ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

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


@pytest.mark.parametrize("suffix", ["", "/text", "/file"])
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


PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF"


@pytest.fixture
def stored(db: None, own_store: Any) -> Resume:
    return ResumeFactory(content=PDF, filename="Jane Doe.pdf")


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/pdf", "text/html"])
def test_a_program_with_a_token_downloads_the_original(
    accept: str, recruiter: User, api_as: ApiAs, stored: Resume
) -> None:
    response = api_as(recruiter, scopes=("resumes:read",)).get(f"{RESUMES}/{stored.pk}/file", HTTP_ACCEPT=accept)
    assert (response.status_code, body(response)) == (200, PDF)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="Jane Doe.pdf"'
    assert response["Content-Length"] == str(len(PDF))
    assert "X-RateLimit-Remaining" in response


def test_a_download_by_a_program_carries_the_headers_that_keep_it_harmless(
    recruiter: User, api_as: ApiAs, stored: Resume
) -> None:
    response = api_as(recruiter).get(f"{RESUMES}/{stored.pk}/file")
    assert {name: response[name] for name in HEADERS} == HEADERS


def test_a_download_by_a_program_is_on_record_with_its_hash(
    recruiter: User, api_as: ApiAs, stored: Resume, events: Any
) -> None:
    body(api_as(recruiter).get(f"{RESUMES}/{stored.pk}/file"))
    (event,) = events("resume.")
    assert (event.action, event.outcome, event.actor_id) == ("resume.downloaded", "allow", str(recruiter.pk))
    assert (event.target_version, event.subject_ref) == (stored.sha256, str(stored.candidate_id))
    assert event.route == "api/v1/resumes/<uuid:resume_id>/file"


def test_asking_a_file_for_its_head_shows_nothing_and_is_no_access(
    recruiter: User, api_as: ApiAs, stored: Resume, events: Any
) -> None:
    response = api_as(recruiter).head(f"{RESUMES}/{stored.pk}/file")
    assert (response.status_code, body(response), response["Content-Length"]) == (200, b"", str(len(PDF)))
    assert events("resume.") == []


def test_a_token_without_the_scope_downloads_nothing(recruiter: User, api_as: ApiAs, stored: Resume) -> None:
    response = api_as(recruiter, scopes=("candidates:read",)).get(f"{RESUMES}/{stored.pk}/file")
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


def test_who_may_read_but_not_download_is_refused_and_that_is_kept(
    interviewer: User, api_as: ApiAs, stored: Resume, events: Any
) -> None:
    ApplicationFactory(candidate=stored.candidate, job=JobFactory(team={interviewer: "interviewer"}))
    api = api_as(interviewer)
    assert api.get(f"{RESUMES}/{stored.pk}").status_code == 200
    response = api.get(f"{RESUMES}/{stored.pk}/file")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    (event,) = events("resume.downloaded")
    assert (event.outcome, event.reason_code, event.http_status) == ("deny", "forbidden", 403)


def test_an_altered_file_is_a_problem_document_and_not_the_file(
    recruiter: User, api_as: ApiAs, stored: Resume, events: Any
) -> None:
    storage.clean().delete(stored.key)
    storage.clean().put(stored.key, PDF + b"!", content_type="application/pdf")
    response = api_as(recruiter).get(f"{RESUMES}/{stored.pk}/file")
    assert (response.status_code, response.json()["code"]) == (502, "file_altered")
    assert response["Content-Type"] == "application/problem+json"
    assert [event.reason_code for event in events("resume.altered")] == ["sha256_differs"]


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_without_a_record_no_byte_of_the_original_leaves(
    separate_audit_connection: None, recruiter: User, api_as: ApiAs, stored: Resume
) -> None:
    api = api_as(recruiter)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event ADD CONSTRAINT full_disk CHECK (action NOT LIKE 'resume.%') NOT VALID")
    try:
        response = api.get(f"{RESUMES}/{stored.pk}/file")
    finally:
        connections["audit"].close()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_event DROP CONSTRAINT full_disk")
    assert (response.status_code, response.json()["code"]) == (503, "audit_unavailable")
    assert "Retry-After" in response
    assert PDF not in body(response)
    # What the test itself wrote into the table is on record as a row of SQL; a look at it is not.
    kept = Event.objects.filter(action__startswith="resume.")
    assert sorted(kept.values_list("action", flat=True)) == ["resume.row_changed", "resume.row_created"]
