"""The public form, from the visit to the sender's own page, by HTTP and with a real ticket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from candidates.actions import notices
from candidates.models import Notice, UploadTicket
from candidates.tasks import ingest_upload
from hrassist.models import User
from jobs.actions import intake, job_notices, links, settling
from jobs.models import Application, IntakeSubmission, TrackingLink
from jobs.views.apply import HONEY
from tests.conftest import NOON
from tests.factories import JobFactory
from tests.uploading import md5_of, resume

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def link(recruiter: User) -> TrackingLink:
    job = JobFactory(title="Billing engineer", team={recruiter: "recruiter"})
    return links.create(job=job, by=recruiter, now=NOON, facts={"label": "University fair"})


def address(link: TrackingLink) -> str:
    return f"/apply/{link.token}/"


def ask_ticket(browser: Client, link: TrackingLink, data: bytes, *, filename: str = "cv.txt", **more: Any) -> Any:
    said = {"filename": filename, "size": len(data), "content_type": "", "md5_b64": md5_of(data)}
    return browser.post(f"{address(link)}ticket/", json.dumps(said), content_type="application/json", **more)


def upload(browser: Client, link: TrackingLink, data: bytes, **how: Any) -> str:
    """Ask for a ticket and put the bytes where it says; the proof for the form."""
    ticket = ask_ticket(browser, link, data, **how).json()
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in ticket["headers"].items()}
    answer = browser.put(ticket["url"], data, content_type=ticket["headers"]["Content-Type"], **headers)
    assert answer.status_code == 201, answer.content
    return str(ticket["proof"])


def filled(**changes: str) -> dict[str, str]:
    began = intake.begun(NOON - timedelta(minutes=1))
    return {
        "full_name": "Jane Doe", "email": "jane@example.org", "phone": "", "message": "", "consents": "1",
        "began": began, HONEY: "", **changes,
    }  # fmt: skip


def test_from_the_visit_to_the_pipeline(link: TrackingLink) -> None:
    browser = Client()
    page = browser.get(address(link))
    assert (page.status_code, page["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert set(browser.cookies) == {"csrftoken"}
    link.refresh_from_db()
    assert link.visits == 1
    sent = browser.post(address(link), filled(proof=upload(browser, link, resume())))
    assert sent.status_code == 302
    own = sent["Location"]
    assert b"being checked and read" in browser.get(own).content
    ingest_upload(ticket_id=str(UploadTicket.objects.get().pk))
    settling.settle_waiting(now=NOON)
    page = browser.get(own)
    assert b"Your application is received" in page.content
    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "private, no-store")
    assert Application.objects.get().tracking_link == link
    assert browser.get("/apply/status/guessed/").status_code == 404


def test_the_ticket_belongs_to_the_owner_of_the_link_and_says_nothing_about_them(
    link: TrackingLink, recruiter: User
) -> None:
    answer = ask_ticket(Client(), link, resume())
    assert answer.status_code == 201
    assert UploadTicket.objects.get().created_by == recruiter
    assert b"rosa" not in answer.content


def test_a_file_that_cannot_be_taken_is_refused_before_it_is_sent(link: TrackingLink) -> None:
    answer = ask_ticket(Client(), link, resume(), filename="cv.exe")
    assert answer.status_code == 422
    assert "accepted as PDF" in answer.json()["message"]
    for body in ("[]", "{", ""):
        assert Client().post(f"{address(link)}ticket/", body, content_type="application/json").status_code in {400, 422}


def test_forms_of_other_sites_are_refused(link: TrackingLink) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address(link), filled()).status_code == 403
    assert ask_ticket(strict, link, resume()).status_code == 403


def test_what_is_missing_is_told_and_what_was_typed_stays(link: TrackingLink) -> None:
    browser = Client()
    said = filled(email="no address", message="My words", proof=upload(browser, link, resume()))
    del said["consents"]
    page = browser.post(address(link), said)
    assert page.status_code == 422
    html = page.content.decode()
    assert "at which you can be reached" in html
    assert "Without this we may not keep" in html
    assert "My words" in html
    assert said["proof"] in html
    assert not IntakeSubmission.objects.exists()


def test_a_notice_that_changed_while_somebody_wrote_is_read_before_the_form_is_sent(
    link: TrackingLink, recruiter: User
) -> None:  # fmt: skip
    browser = Client()
    page = browser.get(address(link)).content.decode()
    assert not Notice.objects.exists()
    read = page.split('name="read"')[1].split('value="')[1].split('"')[0]
    for shown in job_notices.kept_of_job(intake.jobs_of(link, now=NOON)[0], now=NOON):
        draft = notices.draft(
            kind=shown.kind, jurisdiction=shown.jurisdiction, language="en", title="New", text="New words.",
            by=recruiter, now=NOON,
        )  # fmt: skip
        notices.publish(notice=draft, by=recruiter, now=NOON)
    said = filled(proof=upload(browser, link, resume()), read=read)
    answer = browser.post(address(link), said)
    again = answer.content.decode()
    assert (answer.status_code, "has changed while you wrote" in again, "New words." in again) == (422, True, True)
    assert not IntakeSubmission.objects.exists()
    now_read = again.split('name="read"')[1].split('value="')[1].split('"')[0]
    assert browser.post(address(link), {**said, "read": now_read}).status_code == 302
    kept = IntakeSubmission.objects.get()
    assert {one.text for one in Notice.objects.filter(pk__in=kept.notices)} == {"New words."}


def test_without_a_file_nothing_is_sent(link: TrackingLink) -> None:
    page = Client().post(address(link), filled(proof=""))
    assert (page.status_code, b"Choose your resume" in page.content) == (422, True)
    unsent = ask_ticket(Client(), link, resume()).json()["proof"]
    assert b"did not arrive" in Client().post(address(link), filled(proof=unsent)).content


@pytest.mark.parametrize(
    "said",
    [
        {HONEY: "https://example.org"},
        {"began": ""},
        {"began": "forged"},
        {"began": intake.begun(NOON)},
        {"began": intake.begun(NOON - timedelta(hours=13))},
    ],
    ids=["honey", "no time", "forged time", "too fast", "too old"],
)
def test_programs_that_fill_forms_get_no_further(link: TrackingLink, said: dict[str, str]) -> None:
    browser = Client()
    page = browser.post(address(link), filled(proof=upload(browser, link, resume()), **said))
    assert page.status_code == 422
    assert not IntakeSubmission.objects.exists()


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("page", lambda link: Client().get(address(link)).status_code),
        ("ticket_address", lambda link: ask_ticket(Client(), link, resume()).status_code),
        ("ticket_link", lambda link: ask_ticket(Client(), link, resume()).status_code),
        ("submit_address", lambda link: Client().post(address(link), filled(proof="")).status_code),
        ("submit_link", lambda link: Client().post(address(link), filled(proof="")).status_code),
    ],
)
def test_too_many_at_once_are_slowed_down(link: TrackingLink, name: str, ask: Any, settings: Any) -> None:
    settings.LIMITS = {f"intake:{name}": (2, 600)}
    assert [ask(link) == 429 for _ in range(3)] == [False, False, True]


def test_one_address_does_not_use_up_anothers_pace(link: TrackingLink, settings: Any) -> None:
    settings.LIMITS = {"intake:ticket_address": (1, 600)}
    settings.TRUSTED_PROXIES = 1
    first, second = {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.2"}
    assert [ask_ticket(Client(), link, resume(), **who).status_code for who in (first, first, second)] == [
        201,
        429,
        201,
    ]


def test_a_full_quota_of_the_owner_is_a_pause_and_tells_nothing(link: TrackingLink, settings: Any) -> None:
    settings.UPLOAD_OPEN_TICKETS_PER_USER = 1
    assert ask_ticket(Client(), link, resume()).status_code == 201
    answer = ask_ticket(Client(), link, resume(also="x"))
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert "yours" not in answer.json()["message"]


def test_a_closed_an_expired_and_an_unknown_link_say_so(link: TrackingLink, recruiter: User, clock: Any) -> None:
    later = links.create(
        job=link.job, by=recruiter, now=NOON, facts={"label": "May", "expires_at": NOON + timedelta(hours=1)}
    )
    clock.shift(timedelta(hours=2))
    assert Client().get(address(later)).status_code == 410
    links.close(link=link, by=recruiter, now=NOON)
    assert Client().get(address(link)).status_code == 410
    assert ask_ticket(Client(), link, resume()).status_code == 410
    assert Client().post(address(link), filled(proof="")).status_code == 410
    link.refresh_from_db()
    assert link.visits == 0
    assert Client().get("/apply/never-there/").status_code == 404


@pytest.mark.parametrize("change", [{"status": "on_hold"}, {"confidential": True}])
def test_a_job_that_is_closed_or_confidential_takes_nobody_and_tells_nothing(
    link: TrackingLink, change: dict[str, Any]
) -> None:
    type(link.job).objects.filter(pk=link.job_id).update(**change)
    page = Client().get(address(link))
    assert page.status_code == 410
    assert b"Billing engineer" not in page.content


def test_a_link_that_only_counts_leads_on(recruiter: User, link: TrackingLink) -> None:
    facts = {"label": "Board", "takes_applications": False, "target_url": "https://jobs.example.org/1"}
    away = links.create(job=link.job, by=recruiter, now=NOON, facts=facts)
    answer = Client().get(address(away))
    assert (answer.status_code, answer["Location"]) == (302, "https://jobs.example.org/1")
    Client().head(address(away))
    away.refresh_from_db()
    assert away.visits == 1
    assert ask_ticket(Client(), away, resume()).status_code == 404
