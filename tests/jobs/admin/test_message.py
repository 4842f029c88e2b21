import json
from datetime import timedelta

import pytest
from django.utils import timezone

from hrassist.models import LongTask
from jobs.models import EmailTemplate, Message
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.hiring import EmailTemplateFactory, MessageFactory, OfferFactory

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def application(recruiter):
    person = CandidateFactory(full_name="Amara Okafor", email="amara@example.org")
    return ApplicationFactory(candidate=person, job=JobFactory(title="Nurse", team={recruiter: "recruiter"}))


def write(client, application, **said):
    form = {"do": "send", "subject": "Hello", "body": "Dear {{ candidate.first_name }}", "when": "undo"} | said
    return client.post(f"/jobs/application/{application.pk}/messages/new/", form)


def test_a_mail_is_written_from_a_template_looked_at_and_taken_back(recruiter, client_as, application):
    template = EmailTemplateFactory()
    browser = client_as(recruiter)
    address = f"/jobs/application/{application.pk}/messages/new/"
    assert "Dear Amara," in browser.get(f"{address}?template={template.pk}").content.decode()
    looked = browser.post(address, {"do": "preview", "subject": "Hi", "body": "{{ candidate.full_name }}"})
    assert "Amara Okafor" in looked.content.decode()
    assert not Message.objects.exists()
    assert write(browser, application, template=template.pk).status_code == 302
    message = Message.objects.get()
    assert (message.body, message.to, message.template) == ("Dear Amara", "amara@example.org", template)
    assert timedelta(minutes=9) < message.send_at - timezone.now() < timedelta(minutes=11)
    assert "Take back" in browser.get(f"/jobs/application/{application.pk}/messages/").content.decode()
    browser.post(f"/jobs/message/{message.pk}/step/", {"do": "take_back"})
    message.refresh_from_db()
    assert message.state == Message.State.CANCELLED


def test_what_is_missing_is_told_before_anything_leaves(recruiter, client_as, application):
    answer = write(client_as(recruiter), application, body="We meet {{ interview.when }}")
    assert answer.status_code == 422
    assert "interview.when" in answer.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize("send_at", ["", "yesterday", "2020-01-01T10:00", "9999-99-99T99:99"])
def test_a_time_that_is_none_or_over_is_refused_with_the_text_kept(recruiter, client_as, application, send_at):
    answer = write(client_as(recruiter), application, when="at", send_at=send_at, body="My long text")
    assert answer.status_code == 422
    assert "Choose a day and a time to come." in answer.content.decode()
    assert "My long text" in answer.content.decode()


def test_a_time_is_meant_in_ones_own_zone(recruiter, client_as, application):
    recruiter.time_zone = "America/New_York"
    recruiter.save()
    day = (timezone.now() + timedelta(days=30)).date()
    write(client_as(recruiter), application, when="at", send_at=f"{day}T10:00")
    assert Message.objects.get().send_at.hour in {14, 15}


def test_the_letter_of_the_offer_goes_with_it_only_when_chosen(recruiter, client_as, application):
    OfferFactory(application=application, status="sent", letter_pdf_key="clean/x", letter_docx_key="clean/y")
    browser = client_as(recruiter)
    write(browser, application)
    write(browser, application, attach_letter="on")
    plain, with_letter = Message.objects.order_by("created_at")
    assert (plain.attachments, plain.offer) == ([], None)
    assert with_letter.attachments[0]["key"] == "clean/x"
    assert with_letter.offer is not None


def test_pay_that_somebody_types_makes_it_a_mail_about_the_offer(recruiter, client_as, application):
    offer = OfferFactory(application=application, status="sent")
    write(client_as(recruiter), application, body="We said {{ offer.salary }}")
    message = Message.objects.get()
    assert "65,000 EUR" in message.body
    assert message.offer == offer


def test_who_may_not_see_offers_cannot_fill_in_pay(coordinator, client_as, application):
    OfferFactory(application=application, status="sent")
    answer = write(client_as(coordinator), application, body="We said {{ offer.salary }}")
    assert answer.status_code == 422
    assert "65,000" not in answer.content.decode()


def test_the_preview_of_the_script_is_the_mail_as_data(recruiter, client_as, application):
    address = f"/jobs/application/{application.pk}/messages/new/"
    said = client_as(recruiter).post(address, {"subject": "S", "body": "{{ candidate.first_name }} {{ x }}"}, **JSON)
    assert said.json()["body"] == "Amara {{ x }}"
    assert said.json()["missing"] == ["x ({{ x }})"]


def test_an_unclear_mail_asks_what_to_do(recruiter, client_as, application):
    one = MessageFactory(
        candidate=application.candidate, application=application, to="amara@example.org", state="unclear",
        claimed_at=timezone.now(), failed_at=timezone.now(), failed_for="The work stopped.",
    )  # fmt: skip
    browser = client_as(recruiter)
    said = browser.get(f"/jobs/message/{one.pk}/change/").content.decode()
    assert "Nobody knows whether it left" in said
    browser.post(f"/jobs/message/{one.pk}/step/", {"do": "retry"})
    one.refresh_from_db()
    assert one.state == "queued"


def test_a_mail_that_came_back_is_written_again_to_another_address(recruiter, client_as, application):
    one = MessageFactory(
        candidate=application.candidate, application=application, state="bounced", bounced_at=timezone.now(),
        bounced_for="5.1.1 unknown", body="The very same words",
    )  # fmt: skip
    browser = client_as(recruiter)
    again = f"/jobs/application/{application.pk}/messages/new/?again={one.pk}"
    assert again in browser.get(f"/jobs/message/{one.pk}/change/").content.decode()
    assert "The very same words" in browser.get(again).content.decode()
    other = MessageFactory(body="To somebody else")
    said = browser.get(f"/jobs/application/{application.pk}/messages/new/?again={other.pk}").content.decode()
    assert "To somebody else" not in said


def test_the_list_is_filtered_by_what_became_of_it(recruiter, client_as):
    failed = MessageFactory(state="failed", failed_at=timezone.now(), failed_for="x", by=recruiter)
    MessageFactory(state="sent")
    browser = client_as(recruiter)
    for query in ("state__exact=failed", f"by={recruiter.pk}", f"by={recruiter.pk}&written=7"):
        rows = browser.get(f"/jobs/message/?{query}").context["cl"].result_list
        assert [one.pk for one in rows] == [failed.pk]
    assert browser.get("/jobs/message/?template=nonsense").status_code == 200


def test_mail_about_a_confidential_job_is_not_there_for_others(recruiter, client_as):
    hidden = MessageFactory(
        application=ApplicationFactory(job=JobFactory(confidential=True, team={UserFactory(): "recruiter"}))
    )
    browser = client_as(recruiter)
    assert browser.get("/jobs/message/").context["cl"].result_count == 0
    assert browser.get(f"/jobs/message/{hidden.pk}/change/").status_code == 404
    assert browser.post(f"/jobs/message/{hidden.pk}/step/", {"do": "take_back"}).status_code == 404


def test_many_are_written_to_after_the_first_three_were_looked_at(recruiter, client_as):
    rows = ApplicationFactory.create_batch(4)
    hidden = ApplicationFactory(job=JobFactory(confidential=True))
    browser = client_as(recruiter)
    assert "Write a mail…" in browser.get("/jobs/application/").content.decode()
    page = browser.post(
        "/jobs/application/",
        {"action": "write_to_them", "_selected_action": [str(one.pk) for one in [*rows, hidden]]},
    )
    assert "Mail to 4 people" in page.content.decode()
    keys = ",".join(str(one.pk) for one in [*rows, hidden])
    said = {"applications": keys, "subject": "About {{ job.title }}", "body": "Dear {{ candidate.first_name }}"}
    looked = browser.post("/jobs/messages/bulk/", said | {"do": "preview"})
    assert len(looked.context["looked_at"]) == 3
    assert looked.context["rest"] == 1
    browser.post("/jobs/messages/bulk/", said | {"do": "send"})
    task = LongTask.objects.get()
    assert (task.kind, task.total) == ("jobs.bulk_mail", 4)
    assert str(hidden.pk) not in json.dumps(task.params)


def test_a_template_with_an_unknown_placeholder_is_not_saved(recruiter, client_as):
    browser = client_as(recruiter)
    form = {"name": "New", "kind": "general", "subject": "S", "body": "{{ candidate.frist_name }}", "language": "en"}
    answer = browser.post("/jobs/emailtemplate/add/", form)
    assert "Did you mean {{ candidate.first_name }}?" in answer.content.decode()
    browser.post("/jobs/emailtemplate/add/", form | {"body": "{{ candidate.first_name }}", "active": "on"})
    made = EmailTemplate.objects.get(name="New")
    assert made.created_by == recruiter
    browser.post(f"/jobs/emailtemplate/{made.pk}/duplicate/")
    copy = EmailTemplate.objects.get(name="New (copy)")
    assert not copy.active


def test_two_people_who_change_one_template_are_told_of_each_other(recruiter, client_as):
    one = EmailTemplateFactory()
    browser = client_as(recruiter)
    form = {
        "name": one.name, "kind": "general", "language": "en", "subject": "S", "body": "First",
        "seen": one.updated_at.isoformat(),
    }  # fmt: skip
    browser.post(f"/jobs/emailtemplate/{one.pk}/change/", form)
    answer = browser.post(f"/jobs/emailtemplate/{one.pk}/change/", form | {"body": "Second"})
    assert "Somebody changed this template" in answer.content.decode()
    one.refresh_from_db()
    assert one.body == "First"


def test_a_template_is_looked_at_with_a_real_person_whom_one_sees(recruiter, client_as, application):
    browser = client_as(recruiter)
    said = {"subject": "{{ job.title }}", "body": "{{ candidate.first_name }}"}
    assert browser.post("/jobs/emailtemplates/preview/", said).json()["subject"] == "Backend Engineer"
    shown = browser.post("/jobs/emailtemplates/preview/", said | {"application": application.pk}).json()
    assert (shown["subject"], shown["body"]) == ("Nurse", "Amara")
    hidden = ApplicationFactory(job=JobFactory(confidential=True))
    assert browser.post("/jobs/emailtemplates/preview/", said | {"application": hidden.pk}).status_code == 404


def test_lists_of_mail_cost_the_same_for_many(recruiter, client_as, assert_queries, application):
    browser = client_as(recruiter)
    for count in (3, 12):
        MessageFactory.create_batch(count, candidate=application.candidate, application=application, by=recruiter)
        browser.get("/")
        with assert_queries("admin_message_list"):
            assert browser.get("/jobs/message/").status_code == 200
        with assert_queries("admin_messages_of_application"):
            assert browser.get(f"/jobs/application/{application.pk}/messages/").status_code == 200
    with assert_queries("admin_compose"):
        browser.get(f"/jobs/application/{application.pk}/messages/new/")
    with assert_queries("admin_emailtemplate_list"):
        browser.get("/jobs/emailtemplate/")
