"""When an upload does not go through: what the person is told, and that nothing is lost."""

import pytest
from playwright.sync_api import expect

from candidates.models import UploadTicket
from tests.browser import resumes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def test_a_store_that_cannot_be_reached_is_named_and_the_file_can_be_tried_again(recruiter, sign_in, tmp_path):
    (file, *_) = resumes.write(tmp_path)
    page = sign_in(recruiter)
    page.goto("/candidates/upload/")
    page.route("**/*", lambda route: route.abort() if route.request.method == "PUT" else route.continue_())
    page.set_input_files("[data-files]", file)
    failed = page.locator(".file[data-is=failed]")
    expect(failed).to_contain_text("storage_doctor")
    expect(page.locator("[data-summary]")).to_contain_text("1 not uploaded")
    page.unroute("**/*")
    failed.get_by_role("button", name="Try again").click()
    expect(page.locator(".file[data-is=reading]")).to_have_count(1)
    assert set(UploadTicket.objects.values_list("state", flat=True)) == {"issued", "confirmed"}


def test_files_that_cannot_be_resumes_are_refused_with_the_reason_before_a_byte_is_sent(recruiter, sign_in, tmp_path):
    program, empty = tmp_path / "setup.exe", tmp_path / "empty.pdf"
    program.write_bytes(b"MZ")
    empty.touch()
    page = sign_in(recruiter)
    page.goto("/candidates/upload/")
    page.set_input_files("[data-files]", [program, empty])
    expect(page.locator(".file", has_text="setup.exe")).to_contain_text("Resumes are accepted as PDF")
    expect(page.locator(".file", has_text="empty.pdf")).to_contain_text("The file is empty")
    assert not UploadTicket.objects.exists()
