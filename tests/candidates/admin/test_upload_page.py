import pytest

from candidates.models import UploadTicket
from tests.conftest import NOON
from tests.factories import CandidateFactory, ResumeFactory, UploadTicketFactory

pytestmark = pytest.mark.django_db


def test_only_who_may_upload_gets_the_page(recruiter, coordinator, interviewer, auditor, client_as):
    path = "/candidates/upload/"
    assert [client_as(user).get(path).status_code for user in (recruiter, coordinator)] == [200, 200]
    assert [client_as(user).get(path).status_code for user in (interviewer, auditor)] == [403, 403]


def test_the_page_carries_the_token_and_the_limit_its_script_needs(recruiter, client_as, settings):
    settings.UPLOAD_MAX_BYTES = 7 * 1024 * 1024
    page = client_as(recruiter).get("/candidates/upload/").content.decode()
    assert 'data-max-bytes="7340032"' in page
    assert 'data-token="' in page
    assert "No malware scanner is configured" in page


@pytest.mark.parametrize(
    ("development", "port", "address"),
    [(True, 8001, ":8001/streams/uploads"), (True, 0, ""), (False, 8001, "/streams/uploads")],
)
def test_the_page_listens_at_a_port_in_development_and_behind_the_proxy_elsewhere(
    development, port, address, recruiter, client_as, settings
):
    settings.DEVELOPMENT, settings.STREAM_PORT = development, port
    assert f'data-stream="{address}"' in client_as(recruiter).get("/candidates/upload/").content.decode()


def test_a_batch_for_somebody_names_them_and_nobody_else(recruiter, client_as):
    candidate = CandidateFactory(full_name="Ada Byron")
    browser = client_as(recruiter)
    assert b"Ada Byron" in browser.get(f"/candidates/upload/?candidate={candidate.pk}").content
    assert browser.get("/candidates/upload/?candidate=nonsense").status_code == 404


def test_recent_uploads_are_my_own_with_reason_and_person(recruiter, coordinator, client_as, assert_queries):
    ready = UploadTicketFactory(created_by=recruiter, state=UploadTicket.State.AVAILABLE)
    resume = ResumeFactory(ticket=ready, candidate=CandidateFactory(full_name="Ada Byron"))
    UploadTicketFactory(
        created_by=recruiter,
        state=UploadTicket.State.REJECTED,
        rejected_at=NOON,
        rejected_for="damaged",
        rejected_message="This file is damaged.",
    )
    UploadTicketFactory(created_by=coordinator)
    browser = client_as(recruiter)
    with assert_queries("admin_recent_uploads"):
        rows = browser.get("/candidates/upload/recent/").json()["uploads"]
    assert {(row["state"], row["reason"], row["person"]) for row in rows} == {
        ("available", "", "Ada Byron"),
        ("rejected", "This file is damaged.", ""),
    }
    assert any(str(resume.candidate_id) in row["person_url"] for row in rows)


def test_the_list_of_uploads_changes_nothing_and_tells_why(operator, client_as, assert_queries):
    for _ in range(5):
        UploadTicketFactory(
            state=UploadTicket.State.REJECTED,
            rejected_at=NOON,
            rejected_for="damaged",
            rejected_message="This file is damaged.",
        )
    browser = client_as(operator)
    browser.get("/")
    with assert_queries("admin_upload_list"):
        answer = browser.get("/candidates/uploadticket/?state=rejected")
    assert answer.content.count(b"This file is damaged.") == 5
    assert browser.get("/candidates/uploadticket/add/").status_code == 403


def test_the_page_of_one_upload_is_headed_by_its_file_and_names_people_as_lists_do(recruiter, client_as):
    ticket = UploadTicketFactory(created_by=recruiter, filename="cv of ada.docx")
    page = client_as(recruiter).get(f"/candidates/uploadticket/{ticket.pk}/change/").content.decode()
    assert "<h1>cv of ada.docx</h1>" in page
    assert recruiter.display_name in page
    assert "Upload tickets" not in page
