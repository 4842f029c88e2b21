import pytest

from jobs.models import Application, Opening, RejectionReason
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def application(recruiter):
    return ApplicationFactory(job=JobFactory(team={recruiter: "recruiter"}))


def move(client, application, **data):
    headers = data.pop("headers", {})
    return client.post(f"/jobs/application/{application.pk}/move/", data, **headers)


def test_the_list_costs_the_same_for_three_as_for_thirty(recruiter, client_as, assert_queries):
    browser = client_as(recruiter)
    # The sources to choose from are asked for seldom.
    browser.get("/jobs/application/")
    for count in (3, 27):
        ApplicationFactory.create_batch(count)
        browser.get("/")
        with assert_queries("admin_application_list"):
            answer = browser.get("/jobs/application/")
    assert len(answer.context["cl"].result_list) == 30


def test_links_from_a_person_and_a_job_filter_the_list_and_say_so(recruiter, client_as, application):
    ApplicationFactory()
    browser = client_as(recruiter)
    for name, one in (("candidate", application.candidate), ("job", application.job)):
        changes = browser.get(f"/jobs/application/?{name}={one.pk}").context["cl"]
        assert [row.pk for row in changes.result_list] == [application.pk]
        assert [chip.value for chip in changes.chips] == [str(one)]
    for nonsense in ("nonsense", "01a2006a-a2af-7157-9472-5d608c4687a1"):
        assert browser.get(f"/jobs/application/?candidate={nonsense}").context["cl"].result_count == 0


def test_an_application_walks_through_its_stages_and_back(recruiter, client_as, application):
    browser, stages = client_as(recruiter), list(application.job.stages.all())
    move(browser, application, do="advance")
    application.refresh_from_db()
    assert application.stage == stages[1]
    answer = move(browser, application, do="move", stage=stages[3].pk, headers=JSON)
    told = answer.json()
    assert (told["stage"], told["stage_name"], told["status"]) == (stages[3].pk, "Offer", "active")
    assert told["step"] == application.transitions.last().pk
    page = browser.get(f"/jobs/application/{application.pk}/change/").content.decode()
    assert "Screening → Offer" in page


def test_a_board_that_is_behind_is_told_and_changes_nothing(recruiter, client_as, application):
    stages = list(application.job.stages.all())
    answer = move(client_as(recruiter), application, do="move", stage=stages[3].pk, seen=stages[2].pk, headers=JSON)
    assert answer.status_code == 409
    assert answer.json()["now"]["stage"] == stages[0].pk
    application.refresh_from_db()
    assert application.stage == stages[0]


def test_a_rejection_needs_a_reason_and_can_be_taken_back(recruiter, client_as, application):
    browser, reason = client_as(recruiter), RejectionReason.objects.create(name="No work permit")
    answer = browser.post(f"/jobs/application/{application.pk}/move/", {"do": "reject"}, follow=True)
    assert "Choose a reason" in answer.content.decode()
    move(browser, application, do="reject", reason=reason.pk, note="asked twice")
    application.refresh_from_db()
    assert (application.status, application.reason, application.ended_by) == ("rejected", reason, recruiter)
    move(browser, application, do="unreject")
    application.refresh_from_db()
    assert application.status == "active"


def test_hiring_fills_a_seat_and_without_one_says_so(recruiter, client_as, application):
    browser = client_as(recruiter)
    assert move(browser, application, do="hire", headers=JSON).status_code == 409
    Opening.objects.create(job=application.job)
    move(browser, application, do="hire")
    application.refresh_from_db()
    assert application.status == "hired"


def test_the_way_back_stays_on_this_site(recruiter, client_as, application):
    for back in ("https://evil.example/", "//evil.example/"):
        answer = move(client_as(recruiter), application, do="advance", back=back)
        assert answer["Location"] == f"/jobs/application/{application.pk}/change/"
    assert move(client_as(recruiter), application, do="advance", back="/jobs/job/")["Location"] == "/jobs/job/"


def test_a_person_is_put_into_an_open_job_by_form(recruiter, client_as, events):
    candidate, job = CandidateFactory(), JobFactory()
    data = {"candidate": str(candidate.pk), "job": str(job.pk), "source": "referral"}
    assert client_as(recruiter).post("/jobs/application/add/", data).status_code == 302
    made = Application.objects.get()
    assert (made.candidate, made.stage.name, made.source) == (candidate, "Applied", "referral")
    assert made.transitions.count() == 1
    assert len(events("application.created")) == 1


def test_jobs_that_one_may_not_see_or_that_are_shut_are_not_offered(recruiter, client_as):
    candidate = CandidateFactory()
    for job in (JobFactory(confidential=True), JobFactory(status="closed")):
        client_as(recruiter).post("/jobs/application/add/", {"candidate": str(candidate.pk), "job": str(job.pk)})
    assert not Application.objects.exists()


def test_an_interviewer_moves_nobody(interviewer, client_as):
    one = ApplicationFactory(job=JobFactory(team={interviewer: "interviewer"}))
    assert move(client_as(interviewer), one, do="advance").status_code == 403
    assert move(client_as(interviewer), ApplicationFactory(), do="advance").status_code == 404
