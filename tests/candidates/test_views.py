import hashlib
from urllib.parse import unquote

import pytest
from django.db import connection, connections

from audit.models import Event
from candidates.models import Resume
from hrassist.lib import storage
from tests.factories import PNG, RESUME_TEXT, ApplicationFactory, JobFactory, ResumeFactory

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF"


@pytest.fixture
def resume(db, own_store):
    return ResumeFactory(content=PDF, pages=2, filename="Jane Doe.pdf")


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def url(resume, part="") -> str:
    return f"/files/resumes/{resume.pk}{part}"


def test_a_download_is_the_stored_bytes_under_the_name_people_know(client_as, recruiter, resume):
    response = client_as(recruiter).get(url(resume))
    assert response.status_code == 200
    assert body(response) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="Jane Doe.pdf"'
    assert response["Content-Length"] == str(len(PDF))


def test_a_download_is_one_event_with_person_candidate_and_hash(client_as, recruiter, resume, events):
    body(client_as(recruiter).get(url(resume)))
    (event,) = events("resume.downloaded")
    assert (event.outcome, event.actor_id, event.target_id) == ("allow", str(recruiter.pk), str(resume.pk))
    assert (event.subject_ref, event.target_version) == (str(resume.candidate_id), hashlib.sha256(PDF).hexdigest())
    assert (event.method, event.route) == ("GET", "files/resumes/<uuid:resume_id>")


@pytest.mark.parametrize(
    ("name", "part"), [("files_original", ""), ("files_page", "/pages/1"), ("files_text", "/text")]
)
def test_a_file_takes_few_queries(client_as, recruiter, resume, assert_queries, name, part):
    client = client_as(recruiter)
    with assert_queries(name):
        client.get(url(resume, part))


def test_each_download_is_an_event(client_as, recruiter, resume, events):
    client = client_as(recruiter)
    for _ in range(3):
        body(client.get(url(resume)))
    assert len(events("resume.downloaded")) == 3


@pytest.mark.parametrize("part", ["", "/pages/1", "/text"])
def test_whatever_leaves_carries_the_headers_that_keep_it_harmless(client_as, recruiter, resume, part):
    response = client_as(recruiter).get(url(resume, part))
    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("kind", "filename", "content_type", "saved_as"),
    [
        ("pdf", "cv.pdf.exe", "application/pdf", "cv.pdf.pdf"),
        ("html", "cv.html", "application/octet-stream", "cv.html"),
        ("txt", "cv.TXT", "text/plain; charset=utf-8", "cv.TXT"),
        ("docx", "", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "resume.docx"),
    ],
)
def test_the_detected_kind_decides_the_type(client_as, recruiter, own_store, kind, filename, content_type, saved_as):
    resume = ResumeFactory(content=b"<script>alert(1)</script>", kind=kind, filename=filename)
    response = client_as(recruiter).get(url(resume))
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="{saved_as}"'


@pytest.mark.parametrize("name", ['a"; filename="evil.exe', "a\r\nSet-Cookie: x=1", "Ünïcödé 履歴書.pdf"])
def test_a_hostile_name_stays_inside_its_header(client_as, recruiter, own_store, name):
    resume = ResumeFactory(content=PDF, filename=name)
    response = client_as(recruiter).get(url(resume))
    header = response["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert "\r" not in header
    assert "\n" not in header
    assert "Set-Cookie" not in response.headers
    if name.startswith("Ü"):
        assert unquote(header).endswith("Ünïcödé 履歴書.pdf")


def test_a_page_picture_is_shown_and_on_record_with_its_number(client_as, recruiter, resume, events):
    response = client_as(recruiter).get(url(resume, "/pages/2"))
    assert (body(response), response["Content-Type"]) == (PNG, "image/png")
    assert response["Content-Disposition"].startswith("inline")
    assert [event.changes for event in events("resume.page_viewed")] == [{"page": 2}]


def test_the_text_is_shown_as_text(client_as, recruiter, resume, events):
    response = client_as(recruiter).get(url(resume, "/text"))
    assert response.content.decode() == RESUME_TEXT
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert len(events("resume.text_viewed")) == 1


def test_a_page_that_is_not_there_is_404(client_as, recruiter, resume):
    assert client_as(recruiter).get(url(resume, "/pages/3")).status_code == 404


def test_an_unread_file_has_no_text(client_as, recruiter, own_store, noon):
    resume = ResumeFactory(
        content=PDF, state=Resume.State.UNREADABLE, unreadable_at=noon, unreadable_for="encrypted", is_current=False
    )
    assert client_as(recruiter).get(url(resume, "/text")).status_code == 404


@pytest.mark.parametrize("part", ["", "/pages/1", "/text"])
def test_asking_for_the_head_shows_nothing_and_is_no_access(client_as, recruiter, resume, events, part):
    response = client_as(recruiter).head(url(resume, part))
    assert response.status_code == 200
    assert body(response) == b""
    assert events("resume.") == []


def test_a_range_is_not_served_in_parts(client_as, recruiter, resume):
    response = client_as(recruiter).get(url(resume), HTTP_RANGE="bytes=0-3")
    assert (response.status_code, body(response)) == (200, PDF)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_files_are_only_read_here(client_as, recruiter, resume, method):
    assert getattr(client_as(recruiter), method)(url(resume)).status_code == 405


@pytest.mark.parametrize("part", ["", "/pages/1", "/text"])
def test_nobody_without_a_session_gets_anything(client_as, resume, part):
    response = client_as(None).get(url(resume, part))
    assert (response.status_code, body(response)) == (302, b"")


def test_a_role_without_the_right_to_download_is_refused_and_that_is_kept(client_as, interviewer, resume, events):
    ApplicationFactory(candidate=resume.candidate, job=JobFactory(team={interviewer: "interviewer"}))
    response = client_as(interviewer).get(url(resume))
    assert response.status_code == 403
    assert PDF not in body(response)
    (event,) = events("resume.downloaded")
    assert (event.outcome, event.reason_code, event.http_status) == ("deny", "forbidden", 403)
    assert events("request.denied") == []


def test_whom_one_does_not_see_one_cannot_download_and_the_attempt_is_kept(client_as, hiring_manager, resume, events):
    assert client_as(hiring_manager).get(url(resume)).status_code == 404
    (event,) = events("resume.downloaded")
    assert (event.outcome, event.reason_code) == ("deny", "absent_or_hidden")
    assert event.changes == {"asked": str(resume.pk)}


def test_a_hiring_manager_downloads_the_file_of_an_applicant(client_as, hiring_manager, resume):
    ApplicationFactory(candidate=resume.candidate, job=JobFactory(team={hiring_manager: "hiring_manager"}))
    assert client_as(hiring_manager).get(url(resume)).status_code == 200


def test_an_altered_file_is_handed_to_nobody_and_the_operator_is_told(client_as, recruiter, resume, events):
    storage.clean().delete(resume.key)
    storage.clean().put(resume.key, PDF + b"!", content_type="application/pdf")
    response = client_as(recruiter).get(url(resume))
    assert (response.status_code, response["X-Error-Code"]) == (502, "file_altered")
    assert PDF not in body(response)
    assert [event.reason_code for event in events("resume.altered")] == ["sha256_differs"]


@pytest.mark.parametrize("part", ["", "/pages/1"])
def test_a_file_missing_from_the_store_is_an_alarm_not_a_404(client_as, recruiter, resume, events, part):
    storage.clean().delete(resume.key)
    storage.clean().delete(resume.pages.first().key)
    assert client_as(recruiter).get(url(resume, part)).status_code == 502
    assert [event.reason_code for event in events("resume.altered")] == ["object_missing"]


def test_behind_nginx_the_bytes_are_left_to_it(client_as, recruiter, resume, settings, events):
    settings.ACCEL_REDIRECT_PREFIX = "/internal-files/"
    response = client_as(recruiter).get(url(resume))
    assert response["X-Accel-Redirect"] == f"/internal-files/{resume.key}"
    assert body(response) == b""
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert len(events("resume.downloaded")) == 1


def test_behind_nginx_an_altered_file_is_refused_too(client_as, recruiter, resume, settings):
    storage.clean().delete(resume.key)
    storage.clean().put(resume.key, b"other", content_type="application/pdf")
    settings.ACCEL_REDIRECT_PREFIX = "/internal-files/"
    response = client_as(recruiter).get(url(resume))
    assert response.status_code == 502
    assert "X-Accel-Redirect" not in response


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
class TestFailClosed:
    @pytest.mark.parametrize("part", ["", "/pages/1", "/text"])
    def test_without_a_record_no_byte_leaves(self, separate_audit_connection, client_as, recruiter, resume, part):
        client = client_as(recruiter)
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE audit_event ADD CONSTRAINT full_disk CHECK (action NOT LIKE 'resume.%') NOT VALID"
            )
        try:
            response = client.get(url(resume, part))
        finally:
            connections["audit"].close()
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE audit_event DROP CONSTRAINT full_disk")
        assert (response.status_code, response["X-Error-Code"]) == (503, "audit_unavailable")
        assert response["Retry-After"] == "60"
        answer = body(response)
        assert not [secret for secret in (PDF, PNG, b"Jane Doe") if secret in answer]
        # What the test itself wrote into the table is on record as a row of SQL; a look at it is not.
        kept = Event.objects.filter(action__startswith="resume.")
        assert sorted(kept.values_list("action", flat=True)) == ["resume.row_changed", "resume.row_created"]

    def test_the_record_is_there_before_the_first_byte(self, separate_audit_connection, client_as, recruiter, resume):
        response = client_as(recruiter).get(url(resume))
        assert Event.objects.filter(action="resume.downloaded").count() == 1
        assert body(response) == PDF
