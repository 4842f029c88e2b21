"""The pages of interviews: who opens them, what they show to whom, and what their buttons do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Absence, Interview, Message
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.hiring import InterviewFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(recruiter):
    return ApplicationFactory(
        candidate__full_name="Jane Doe", job=JobFactory(title="Baker", team={recruiter: "recruiter"})
    )


@pytest.fixture
def interview(application, interviewer, recruiter):
    return InterviewFactory(application=application, interviewers=[interviewer], created_by=recruiter)


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def filled(interviewer, **others):
    day = timezone.now() + timedelta(days=3)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return {
        "do": "schedule", "title": "Technical interview", "date": day.date().isoformat(), "time": "10:00",
        "minutes": "45", "time_zone": "UTC", "interviewers": str(interviewer.pk), "invite_candidate": "on",
    } | others  # fmt: skip


def test_the_list_costs_the_same_for_three_as_for_thirty(recruiter, client_as, application, assert_queries):
    browser = client_as(recruiter)
    people = UserFactory.create_batch(2, role="Interviewer")
    for count in (3, 27):
        InterviewFactory.create_batch(count, application=application, interviewers=people)
        browser.get("/")
        with assert_queries("admin_interview_list"):
            answer = browser.get("/jobs/interview/")
    assert sum(len(rows) for _, rows in answer.context["days"]) == 30


def test_the_page_and_the_form_take_few_queries(recruiter, client_as, interview, application, assert_queries):
    browser = client_as(recruiter)
    # What a process looks up once, like the number of a permission, is known from here on.
    browser.get(f"/jobs/interview/{interview.pk}/edit/")
    with assert_queries("admin_interview"):
        browser.get(f"/jobs/interview/{interview.pk}/change/")
    with assert_queries("admin_interview_schedule"):
        browser.get(f"/jobs/interview/{interview.pk}/edit/")
    with assert_queries("admin_interview_plan"):
        browser.get(f"/jobs/job/{application.job_id}/interview-plan/")


def test_a_long_list_is_walked_forth_and_back(recruiter, client_as, application):
    now = timezone.now()
    for number in range(60):
        InterviewFactory(application=application, starts_at=now + timedelta(hours=number // 2 + 1))
    browser = client_as(recruiter)

    def ids(answer):
        return [row.interview.pk for _, rows in answer.context["days"] for row in rows]

    first = browser.get("/jobs/interview/")
    second = browser.get(f"/jobs/interview/?cursor={first.context['older']}")
    assert [len(ids(first)), len(ids(second))] == [50, 10]
    assert not set(ids(first)) & set(ids(second))
    back = browser.get(f"/jobs/interview/?cursor={second.context['newer']}")
    assert ids(back) == ids(first)
    assert browser.get("/jobs/interview/?cursor=nonsense&interviewer=99999999999999999999").status_code == 200


def test_filters_narrow_the_list(recruiter, interviewer, client_as, application, interview):
    past = InterviewFactory(application=application, interviewers=[interviewer], status="done",
                            starts_at=timezone.now() - timedelta(days=2))  # fmt: skip
    browser = client_as(recruiter)

    def found(query):
        return [row.interview for _, rows in browser.get(f"/jobs/interview/?{query}").context["days"] for row in rows]

    assert found("") == [interview]
    assert found("when=past") == found("when=card") == [past]
    assert found("whose=mine") == []
    assert found(f"interviewer={interviewer.pk}&when=week") == [interview]
    assert found(f"interviewer={recruiter.pk}") == []
    assert found(f"job={application.job_id}") == [interview]
    assert found("job=nonsense") == []
    assert [
        row.interview for _, rows in client_as(interviewer).get("/jobs/interview/").context["days"] for row in rows
    ] == [interview]


def test_an_interviewer_opens_what_they_need_and_nothing_else(interviewer, client_as, interview, application):
    other = ApplicationFactory(job=application.job)
    browser = client_as(interviewer)
    for address in (
        f"/jobs/interview/{interview.pk}/change/",
        f"/jobs/interview/{interview.pk}/scorecard/",
        f"/jobs/application/{application.pk}/change/",
        f"/jobs/application/{application.pk}/interviews/",
        f"/jobs/application/{application.pk}/scorecards/",
        f"/candidates/candidate/{application.candidate_id}/change/",
    ):
        assert "Jane Doe" in page(browser, address)
    page(browser, f"/jobs/application/{other.pk}/interviews/", 404)
    page(browser, f"/candidates/candidate/{other.candidate_id}/interviews/", 404)
    page(browser, f"/jobs/job/{application.job_id}/interview-plan/", 404)
    for address in ("edit", "cancel"):
        page(browser, f"/jobs/interview/{interview.pk}/{address}/", 403)
    page(browser, f"/jobs/application/{application.pk}/interviews/schedule/", 403)
    assert "Reschedule" not in page(browser, f"/jobs/interview/{interview.pk}/change/")


def test_who_may_not_see_the_job_finds_no_interview_anywhere(hiring_manager, coordinator, client_as, recruiter):
    job = JobFactory(confidential=True, team={recruiter: "recruiter"})
    secret = InterviewFactory(application=ApplicationFactory(job=job, candidate__full_name="Famous Person"))
    for user in (hiring_manager, coordinator):
        browser = client_as(user)
        for name in ("change", "scorecard"):
            page(browser, f"/jobs/interview/{secret.pk}/{name}/", 404)
        assert "Famous" not in page(browser, "/jobs/interview/?whose=all")
        assert "Famous" not in page(browser, "/")
    page(client_as(coordinator), f"/jobs/interview/{secret.pk}/edit/", 404)


def test_scheduling_tells_a_clash_first_and_takes_a_yes(recruiter, interviewer, client_as, application):
    browser, address = client_as(recruiter), f"/jobs/application/{application.pk}/interviews/schedule/"
    said = filled(interviewer, time="06:00")
    answer = browser.post(address, said)
    assert answer.status_code == 409
    assert f"For {interviewer.display_name} this is outside 8:00 to 19:00" in answer.content.decode()
    assert not Interview.objects.exists()
    answer = browser.post(address, said | {"anyway": "on"}, follow=True)
    assert "Scheduled. The interviewers and the candidate get an invitation." in answer.content.decode()
    assert Interview.objects.get().created_by == recruiter
    assert Message.objects.get().attachments[0]["content_type"] == "text/calendar; method=REQUEST; charset=utf-8"


def test_looking_at_calendars_changes_nothing_and_keeps_what_was_typed(recruiter, interviewer, client_as, application):
    browser, address = client_as(recruiter), f"/jobs/application/{application.pk}/interviews/schedule/"
    answer = browser.post(address, filled(interviewer, do="schedule", slot="2028-05-08T09:30", place="Room 9"))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="2028-05-08"' in text
    assert 'value="09:30"' in text
    assert "Room 9" in text
    assert answer.context["week"].days[0].isoformat() == "2028-05-08"
    answer = browser.post(address, {"week": "2028-06-14", "interviewers": interviewer.pk, "time_zone": "UTC"})
    assert answer.context["week"].days[0].isoformat() == "2028-06-12"
    assert not Interview.objects.exists()


@pytest.mark.parametrize(
    ("day", "at", "words"),
    [
        ("2027-03-28", "02:30", "there is no 02:30"),
        ("2027-10-31", "02:30", "comes twice"),
        ("2027-13-31", "02:30", "valid date"),
    ],
)
def test_a_time_that_no_clock_shows_once_is_told(recruiter, interviewer, client_as, application, day, at, words):
    answer = client_as(recruiter).post(
        f"/jobs/application/{application.pk}/interviews/schedule/",
        filled(interviewer, date=day, time=at, time_zone="Europe/Berlin"),
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_of_a_time_that_comes_twice_the_chosen_one_is_taken(recruiter, interviewer, client_as, application):
    client_as(recruiter).post(
        f"/jobs/application/{application.pk}/interviews/schedule/",
        filled(interviewer, date="2027-10-31", time="02:30", time_zone="Europe/Berlin", which="second", anyway="on"),
    )
    assert Interview.objects.get().starts_at.isoformat() == "2027-10-31T01:30:00+00:00"


def test_two_who_reschedule_at_once_do_not_overwrite_each_other(recruiter, interviewer, client_as, interview):
    browser, address = client_as(recruiter), f"/jobs/interview/{interview.pk}/edit/"
    seen = browser.get(address).context["seen"]
    said = filled(interviewer, seen=seen, place="Room 1")
    assert browser.post(address, said).status_code == 302
    answer = browser.post(address, said | {"place": "Room 2"})
    assert answer.status_code == 409
    assert "Somebody changed this interview" in answer.content.decode()
    interview.refresh_from_db()
    assert (interview.place, interview.sequence) == ("Room 1", 1)


def test_cancelling_names_who_is_told_and_wants_a_reason(recruiter, interviewer, client_as, interview):
    browser, address = client_as(recruiter), f"/jobs/interview/{interview.pk}/cancel/"
    text = page(browser, address)
    assert interviewer.display_name in text
    assert interview.application.candidate.emails.get().address in text
    assert browser.post(address, {"reason": ""}).status_code == 422
    answer = browser.post(address, {"reason": "Job is filled"}, follow=True)
    assert "Job is filled" in answer.content.decode()
    page(browser, f"/jobs/interview/{interview.pk}/change/")
    assert browser.post(address, {"reason": "again"}).status_code == 409


def test_an_interviewer_answers_and_only_their_own(recruiter, interviewer, client_as, interview):
    client_as(interviewer).post(f"/jobs/interview/{interview.pk}/respond/", {"response": "tentative"})
    assert interview.interviewers.get().response == "tentative"
    answer = client_as(recruiter).post(
        f"/jobs/interview/{interview.pk}/respond/", {"response": "accepted"}, follow=True
    )
    assert "not an interviewer" in answer.content.decode()


def test_both_clocks_are_shown_where_they_differ(interviewer, client_as, interview):
    interviewer.time_zone = "Asia/Tokyo"
    interviewer.save()
    text = page(client_as(interviewer), f"/jobs/interview/{interview.pk}/change/")
    assert "(Europe/Berlin)" in text
    assert "(Asia/Tokyo)" in text


def test_absences_are_entered_in_a_zone_and_notes_are_ones_own(interviewer, coordinator, client_as):
    browser = client_as(interviewer)
    said = {"first_day": "2030-05-06", "last_day": "2030-05-07", "time_zone": "Europe/Berlin", "note": "Skiing"}
    browser.post("/jobs/absence/", said)
    one = Absence.objects.get()
    assert (one.user, one.ends_at - one.starts_at) == (interviewer, timedelta(days=2))
    assert "Skiing" in page(browser, "/jobs/absence/")
    assert "Skiing" not in page(client_as(coordinator), "/jobs/absence/")
    assert "before it begins" in browser.post("/jobs/absence/", said | {"last_day": "2030-05-01"}).content.decode()
    stranger = UserFactory(role="Interviewer")
    assert client_as(stranger).post(f"/jobs/absence/{one.pk}/remove/").status_code == 404
    browser.post(f"/jobs/absence/{one.pk}/remove/")
    assert not Absence.objects.exists()


def test_a_plan_is_built_on_its_tab(recruiter, hiring_manager, client_as, application):
    job, browser = application.job, client_as(recruiter)
    address = f"/jobs/job/{job.pk}/interview-plan/"
    stage = job.stages.get(kind="interview")
    for said in (
        {"do": "add_step", "stage": stage.pk, "name": "Technical", "minutes": "60", "instructions": "Ask."},
        {"do": "add_step", "stage": stage.pk, "name": "Values", "minutes": "45"},
        {"do": "propose"},
        {"do": "add_attribute", "name": "Curiosity", "category": "trait"},
    ):
        assert browser.post(address, said).status_code == 302
    browser.post(address, {"do": "move_step", "step": stage.plan.last().pk, "way": "up"})
    assert [step.name for step in stage.plan.order_by("position")] == ["Values", "Technical"]
    text = page(browser, address)
    assert "Curiosity" in text
    assert "PostgreSQL" in text
    foreign = JobFactory().stages.first()
    for wrong in ({"do": "add_step", "stage": foreign.pk, "name": "x", "minutes": "30"}, {"do": "nothing"}, {}):
        assert browser.post(address, wrong).status_code == 404
    job.team.create(user=hiring_manager, role="hiring_manager")
    assert client_as(hiring_manager).post(address, {"do": "propose"}).status_code == 403
    # The first step of the stage where somebody stands is what the form begins with.
    application.stage = stage
    application.save()
    form = page(browser, f"/jobs/application/{application.pk}/interviews/schedule/")
    assert 'value="Values"' in form
