"""A file that is dropped on any page arrives on the upload page, and at the person whose page it was."""

import pytest
from playwright.sync_api import expect

from candidates.models import Candidate, UploadTicket
from tests.factories import CandidateFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]

DROP = """(names) => {
  const carried = new DataTransfer();
  names.forEach((name) => carried.items.add(new File([`Jane Doe, ${name}`], name, { type: "text/plain" })));
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true });
    document.querySelector("h1").dispatchEvent(event);
  }
}"""


def test_files_dropped_on_a_list_are_uploaded(recruiter, sign_in, violations):
    page = sign_in(recruiter)
    page.goto("/candidates/candidate/")
    page.evaluate(DROP, ["first.txt", "second.txt"])
    page.wait_for_url("**/candidates/upload/")
    expect(page.locator(".file")).to_have_count(2)
    expect(page.locator(".file [data-state]").first).to_have_text("reading")
    assert set(UploadTicket.objects.values_list("filename", "candidate")) == {("first.txt", None), ("second.txt", None)}
    page.reload()
    expect(page.locator(".file")).to_have_count(2)
    assert UploadTicket.objects.count() == 2
    assert violations == []


def test_a_file_dropped_on_a_person_is_theirs(recruiter, sign_in):
    person = CandidateFactory(full_name="Amara Okafor")
    page = sign_in(recruiter)
    page.goto(f"/candidates/candidate/{person.pk}/change/")
    page.evaluate(DROP, ["amara.txt"])
    page.wait_for_url(f"**/candidates/upload/?candidate={person.pk}")
    expect(page.locator(".file [data-state]")).to_have_text("reading")
    assert Candidate.objects.get(uploads__filename="amara.txt") == person


def test_who_may_not_upload_is_offered_nothing(auditor, sign_in):
    page = sign_in(auditor)
    assert page.locator("[data-drop-anywhere]").count() == 0
