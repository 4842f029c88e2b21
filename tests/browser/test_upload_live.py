"""The upload page hears of its files from the stream process, and asks the site itself only where that is silent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import resumes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def asked(recruiter, sign_in):
    """The open page, and the times it asked the site for the states of its uploads."""
    page = sign_in(recruiter)
    times: list[str] = []
    page.on("request", lambda request: times.append(request.url) if "/upload/recent/" in request.url else None)
    return page, times


def add_files(page, folder):
    page.set_input_files("[data-files]", resumes.write(folder))
    expect(page.locator(".file[data-is=reading]")).to_have_count(3, timeout=30_000)


def test_states_arrive_by_themselves_without_asking(stream, asked, work_off, violations, tmp_path):
    page, times = asked
    page.goto("/candidates/upload/")
    with page.expect_response(f"http://localhost:{stream.port}/streams/uploads") as answer:
        add_files(page, tmp_path)
    assert answer.value.status == 200
    # Longer than two rounds of asking.
    page.wait_for_timeout(3500)
    times.clear()
    work_off()
    expect(page.locator(".file[data-is=ready]")).to_have_count(3, timeout=10_000)
    assert times == []
    mara = page.locator(".file", has_text="mara-lindt.pdf")
    expect(mara).to_contain_text("Mara Lindt")
    mara.get_by_role("link", name="Open person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mara Lindt")
    assert violations == []


def test_a_page_that_is_opened_later_listens_on(stream, asked, work_off, violations, tmp_path):
    page, times = asked
    page.goto("/candidates/upload/")
    add_files(page, tmp_path)
    with page.expect_response(f"http://localhost:{stream.port}/streams/uploads"):
        page.reload()
    page.wait_for_timeout(500)
    times.clear()
    work_off()
    expect(page.locator(".file[data-is=ready]")).to_have_count(3, timeout=10_000)
    assert times == []
    assert violations == []


def test_a_page_whose_stream_dies_asks_and_listens_again_when_it_is_back(stream, asked, work_off, tmp_path):
    page, times = asked
    page.goto("/candidates/upload/")
    with page.expect_response(f"http://localhost:{stream.port}/streams/uploads"):
        add_files(page, tmp_path)
    times.clear()
    stream.stop()
    with page.expect_request("**/upload/recent/", timeout=10_000):
        pass
    with page.expect_response(f"http://localhost:{stream.port}/streams/uploads", timeout=60_000) as again:
        stream.start()
    assert again.value.status == 200
    page.wait_for_timeout(500)
    times.clear()
    work_off()
    expect(page.locator(".file[data-is=ready]")).to_have_count(3, timeout=10_000)
    assert times == []


def test_a_page_without_its_stream_gets_there_by_asking(stream, asked, work_off, tmp_path):
    page, times = asked
    stream.stop()
    page.goto("/candidates/upload/")
    add_files(page, tmp_path)
    work_off()
    expect(page.locator(".file[data-is=ready]")).to_have_count(3, timeout=10_000)
    assert times
    expect(page.locator(".file", has_text="tom-aske.pdf")).to_contain_text("Tom Aske")
