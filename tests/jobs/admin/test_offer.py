from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from jobs.actions import offers
from jobs.models import Message, Offer
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.hiring import EmailTemplateFactory, OfferFactory

pytestmark = pytest.mark.django_db
FORM = {
    "position_title": "Engineer", "salary": "65000", "currency": "eur", "period": "year", "bonus": "",
    "starts_on": "2027-02-01", "answer_by": "2026-12-10", "employer": "", "benefits": "A bicycle", "terms": "",
}  # fmt: skip


@pytest.fixture
def boss():
    """May approve, and sees neither the job nor the person."""
    return UserFactory(username="bea", first_name="Bea", last_name="Boss", role="Hiring manager")


@pytest.fixture
def application(recruiter):
    person = CandidateFactory(full_name="Amara Okafor")
    return ApplicationFactory(candidate=person, job=JobFactory(title="Nurse", team={recruiter: "recruiter"}))


def step(client, offer, **said):
    offer.refresh_from_db()
    return client.post(f"/jobs/offer/{offer.pk}/step/", {"seen": offer.updated_at.isoformat(), **said}, follow=True)


def page(client, offer):
    answer = client.get(f"/jobs/offer/{offer.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_offer_is_written_approved_sent_and_answered_by_the_pages(recruiter, boss, client_as, application):
    browser = client_as(recruiter)
    browser.post(f"/jobs/application/{application.pk}/offers/new/", FORM)
    offer = Offer.objects.get()
    assert (offer.salary, offer.currency, offer.status) == (Decimal(65_000), "EUR", "draft")
    step(browser, offer, do="submit", approvers=[boss.pk, "", ""])
    assert "Bea Boss decides now" in page(browser, offer)
    step(client_as(boss), offer, do="decide", decision="approve")
    assert "Send the offer" in page(browser, offer)
    template = EmailTemplateFactory(kind="offer", subject="Offer: {{ offer.title }}", body="{{ offer.salary }}")
    form = browser.get(f"/jobs/offer/{offer.pk}/send/?template={template.pk}").content.decode()
    assert "Offer: Engineer" in form
    assert "65,000 EUR" in form
    browser.post(
        f"/jobs/offer/{offer.pk}/send/",
        {"do": "send", "subject": "Offer", "body": "Hello {{ candidate.first_name }}", "template": template.pk},
    )
    message = Message.objects.get()
    assert (message.body, message.offer, len(message.attachments)) == ("Hello Amara", offer, 1)
    step(browser, offer, do="answer", answer="accepted", note="By phone")
    offer.refresh_from_db()
    assert (offer.status, offer.answer_note) == ("signed", "By phone")
    assert "Fills an opening of Nurse" in page(browser, offer)


def test_an_approver_sees_their_offer_and_nothing_else_of_the_person(recruiter, boss, client_as, application):
    mine, other = (
        offers.create(application=one, facts={"position_title": "Engineer", "salary": Decimal(1), "currency": "EUR"},
                      by=recruiter, now=NOON)
        for one in (application, ApplicationFactory())
    )  # fmt: skip
    offers.submit(offer=mine, approvers=[boss], by=recruiter, now=NOON)
    browser = client_as(boss)
    assert "Your approval" in page(browser, mine)
    assert browser.get(f"/jobs/offer/{mine.pk}/letter.pdf").status_code == 200
    for hidden in (
        f"/jobs/offer/{other.pk}/change/", f"/jobs/offer/{other.pk}/letter.pdf",
        f"/jobs/application/{application.pk}/offers/", f"/candidates/candidate/{application.candidate_id}/change/",
    ):  # fmt: skip
        assert browser.get(hidden).status_code == 404
    assert [one.pk for one in browser.get("/jobs/offer/").context["cl"].result_list] == [mine.pk]
    assert "Your approval" in browser.get("/").content.decode()


def test_who_interviews_or_coordinates_finds_no_trace_of_an_offer(recruiter, interviewer, coordinator, client_as, boss):
    job = JobFactory(team={interviewer: "interviewer", coordinator: "coordinator"})
    offer = OfferFactory(application=ApplicationFactory(job=job), salary=Decimal(76_543), status="approved")
    offers.ensure_letter(offer=offer, by=recruiter, now=NOON)
    offers.send(offer=offer, subject="Our secret offer", body="76,543", by=recruiter, now=NOON)
    application = offer.application
    for user in (interviewer, coordinator):
        browser = client_as(user)
        for hidden in (f"/jobs/offer/{offer.pk}/change/", f"/jobs/offer/{offer.pk}/letter.pdf"):
            assert browser.get(hidden).status_code == 404
        for path in (
            "/", "/jobs/message/", f"/jobs/application/{application.pk}/change/",
            f"/jobs/application/{application.pk}/messages/",
            f"/candidates/candidate/{application.candidate_id}/change/",
            f"/jobs/application/{application.pk}/messages/new/?template=", "/search/?q=secret",
        ):  # fmt: skip
            said = browser.get(path).content.decode()
            assert "76,543" not in said
            assert "secret offer" not in said
            assert "/offers/" not in said


def test_two_recruiters_who_change_one_draft_are_told_of_each_other(recruiter, client_as, application):
    browser = client_as(recruiter)
    browser.post(f"/jobs/application/{application.pk}/offers/new/", FORM)
    offer = Offer.objects.get()
    seen = offer.updated_at.isoformat()
    browser.post(f"/jobs/offer/{offer.pk}/edit/", FORM | {"seen": seen, "bonus": "First"})
    answer = browser.post(f"/jobs/offer/{offer.pk}/edit/", FORM | {"seen": seen, "bonus": "Second"})
    assert answer.status_code == 409
    assert "changed this offer since you opened it" in answer.content.decode()
    assert "Second" in answer.content.decode()
    offer.refresh_from_db()
    assert offer.bonus == "First"


def test_a_version_shows_what_it_changes(recruiter, client_as, application):
    OfferFactory(application=application, status="deprecated", salary=Decimal(60_000))
    second = OfferFactory(application=application, version=2, salary=Decimal(66_000))
    said = page(client_as(recruiter), second)
    assert "60,000 EUR" in said
    assert "66,000 EUR" in said
    assert "Changes are against version 1" in said


def test_the_letter_is_saved_never_shown_and_on_record(recruiter, client_as, application, events):
    offer = OfferFactory(application=application)
    for format, kind in (("pdf", "application/pdf"), ("docx", "application/vnd.openxml")):
        answer = client_as(recruiter).get(f"/jobs/offer/{offer.pk}/letter.{format}")
        assert answer["Content-Type"].startswith(kind)
        assert answer["Content-Disposition"] == f'attachment; filename="offer-amara-okafor-1.{format}"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer.streaming_content)[:2] in {b"%P", b"PK"}
    assert len(events("offer.letter_opened")) == 2


def test_an_answer_that_is_overdue_is_found(recruiter, client_as):
    today = timezone.localdate()
    late = OfferFactory(status="sent", answer_by=today - timedelta(days=1))
    OfferFactory(status="sent", answer_by=today + timedelta(days=1))
    answer = client_as(recruiter).get("/jobs/offer/?waiting=late")
    assert [one.pk for one in answer.context["cl"].result_list] == [late.pk]
    assert "overdue" in answer.content.decode()


def test_the_list_and_a_version_cost_the_same_for_many(recruiter, client_as, assert_queries):
    browser = client_as(recruiter)
    for count in (3, 12):
        rows = OfferFactory.create_batch(count)
        browser.get("/")
        with assert_queries("admin_offer_list"):
            assert browser.get("/jobs/offer/").status_code == 200
    with assert_queries("admin_offer"):
        page(browser, rows[0])
