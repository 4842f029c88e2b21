"""An offer from draft to accepted by two people, and a mail from its template to taken back."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from jobs.models import EmailTemplate, Message, Offer
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import EmailTemplateFactory, MessageFactory, OfferFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def application(recruiter, hiring_manager):
    job = JobFactory(title="Nurse", team={recruiter: "recruiter", hiring_manager: "hiring_manager"})
    return ApplicationFactory(candidate=CandidateFactory(full_name="Amara Okafor", email="amara@example.org"), job=job)


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in {"serious", "critical"}]


def test_an_offer_goes_from_draft_to_accepted(recruiter, hiring_manager, sign_in, application, violations, work_off):
    EmailTemplate.objects.filter(kind="offer").delete()
    EmailTemplateFactory(
        kind="offer", subject="Our offer: {{ offer.title }}", body="Dear {{ candidate.first_name }},\n\nsee the letter."
    )
    page = sign_in(recruiter)
    page.goto(f"/jobs/application/{application.pk}/change/")
    page.get_by_role("link", name="Offers").last.click()
    page.get_by_role("link", name="Write an offer").click()
    expect(page.get_by_label("Position")).to_have_value("Nurse")
    page.get_by_label("Pay", exact=True).fill("64000")
    page.get_by_label("Benefits").fill("30 days of holiday\nA bicycle")
    page.get_by_label("Answer by").fill("2027-01-10")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("heading", name="Version 1 Draft")).to_be_visible()
    page.locator("select[name=approvers]").first.select_option(label=hiring_manager.display_name)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_text(f"{hiring_manager.display_name} decides now.")).to_be_visible()

    boss = sign_in(hiring_manager)
    expect(boss.get_by_text("Your approval")).to_be_visible()
    card = boss.locator("section", has=boss.get_by_role("heading", name="Offers"))
    card.get_by_role("link", name=re.compile("Amara Okafor")).click()
    with boss.expect_download() as download:
        boss.get_by_role("link", name="PDF").click()
    assert download.value.suggested_filename == "offer-amara-okafor-1.pdf"
    boss.get_by_role("button", name="Decline").click()
    expect(boss.get_by_text("Say why: whoever asked has to know what to change.")).to_be_visible()
    boss.get_by_role("button", name="Approve").click()
    expect(boss.get_by_text("You approved the offer.")).to_be_visible()

    page.reload()
    page.get_by_role("link", name="Send the offer").click()
    expect(page.locator("[data-preview] [data-subject]")).to_have_text("Our offer: Nurse")
    expect(page.get_by_text("offer-amara-okafor-1.pdf is attached.")).to_be_visible()
    page.get_by_role("button", name="Send the offer").click()
    expect(page.get_by_text("The offer is on its way.")).to_be_visible()
    work_off()
    assert Message.objects.get().state == Message.State.SENT
    page.get_by_role("button", name="They accepted").click()
    expect(page.get_by_text("Fills an opening of Nurse")).to_be_visible()
    assert Offer.objects.get().status == Offer.Status.SIGNED
    assert violations == []
    assert serious(page) == []


def test_a_mail_is_filled_from_a_template_and_taken_back(recruiter, sign_in, application, violations):
    template = EmailTemplateFactory(subject="About {{ job.title }}", body="Dear {{ candidate.first_name }},\n\nhello.")
    other = EmailTemplateFactory(subject="Other", body="We meet {{ interview.when }}.")
    page = sign_in(recruiter)
    page.goto(f"/jobs/application/{application.pk}/messages/")
    page.get_by_role("link", name="Write a mail").click()
    page.get_by_label("Template").select_option(str(template.pk))
    expect(page.get_by_label("Subject")).to_have_value("About Nurse")
    text = page.get_by_label("Text")
    text.fill("Dear {{ candidate.full_name }}, see you.")
    preview = page.locator("[data-preview] [data-body]")
    expect(preview).to_have_text("Dear Amara Okafor, see you.")
    # What somebody wrote is not thrown away by a choice.
    page.get_by_label("Template").select_option(str(other.pk))
    expect(page.locator("[data-told]")).to_contain_text("You changed the text.")
    expect(text).to_have_value("Dear {{ candidate.full_name }}, see you.")
    page.get_by_role("button", name="Fill in").click()
    expect(page.locator("[data-missing]")).to_contain_text("interview.when")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("interview.when")
    page.get_by_label("Text").fill("We meet tomorrow.")
    # The refusal itself is an error to the browser; nothing else may be.
    assert [one for one in violations if "422" not in one] == []
    assert serious(page) == []
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Until then it can be taken back.")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("The mail was taken back. It did not leave.")).to_be_visible()
    assert Message.objects.get().state == Message.State.CANCELLED


def test_a_placeholder_is_put_in_by_keyboard_and_the_preview_follows(recruiter, sign_in, application, violations):
    template = EmailTemplateFactory(subject="Hello", body="")
    page = sign_in(recruiter)
    page.goto(f"/jobs/emailtemplate/{template.pk}/change/")
    page.get_by_label("Body").focus()
    page.get_by_role("button", name="{{ candidate.first_name }}").press("Enter")
    expect(page.get_by_label("Body")).to_be_focused()
    expect(page.get_by_label("Body")).to_have_value("{{ candidate.first_name }}")
    preview = page.locator("[data-template-page] [data-body]")
    expect(preview).to_have_text("Amara")
    page.get_by_label("Shown for").select_option(str(application.pk))
    page.get_by_label("Body").fill("{{ job.title }} {{ interview.when }}")
    expect(preview).to_contain_text("Nurse")
    expect(page.locator("[data-missing]")).to_contain_text("interview.when")
    page.get_by_label("Body").fill("{{ job.titel }}")
    expect(page.locator("[data-wrong]")).to_contain_text("Did you mean {{ job.title }}?")
    assert violations == []
    assert serious(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_nothing_of_it_is_wider_than_the_screen(recruiter, sign_in, application, theme):
    long = "Senior Principal Backend Engineer of Very Long Titles " * 2
    OfferFactory(application=application, status="deprecated", position_title=long)
    offer = OfferFactory(application=application, version=2, benefits="A" * 120, status="approved")
    draft = OfferFactory()
    message = MessageFactory(
        candidate=application.candidate, application=application, subject="B" * 150, body="C" * 300, by=recruiter
    )
    template = EmailTemplateFactory()
    page = sign_in(recruiter, viewport={"width": 390, "height": 844}, color_scheme=theme)
    for path in (
        "/", "/jobs/offer/", f"/jobs/offer/{offer.pk}/change/", f"/jobs/offer/{draft.pk}/change/",
        f"/jobs/offer/{draft.pk}/edit/", f"/jobs/offer/{offer.pk}/send/", "/jobs/message/",
        f"/jobs/message/{message.pk}/change/", f"/jobs/application/{application.pk}/messages/",
        f"/jobs/candidate/{application.candidate_id}/messages/new/?template={template.pk}", "/jobs/emailtemplate/",
        f"/jobs/emailtemplate/{template.pk}/change/",
    ):  # fmt: skip
        page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
