from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Application, EmailTemplate, Message, Opening, RejectionReason
from tests import hiring
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def job(recruiter):
    return JobFactory(team={recruiter: "recruiter"})


def board(client, job, query=""):
    return client.get(f"/jobs/job/{job.pk}/pipeline/{query}")


def move(client, one, **data):
    return client.post(f"/jobs/application/{one.pk}/move/", data, **JSON)


def names(column):
    return [card.application.candidate.full_name for card in column.cards]


def add(job, name, *, days=0, stage="applied", **columns):
    since = timezone.now() - timedelta(days=days)
    return ApplicationFactory(
        job=job, candidate=CandidateFactory(full_name=name), stage=job.stages.get(kind=stage), entered_stage_at=since,
        applied_at=since, **columns,
    )  # fmt: skip


def test_who_waits_longest_stands_on_top_and_long_waits_are_marked(recruiter, client_as, job):
    for name, days in (("New", 0), ("Old", 20), ("Older than a week", 8)):
        add(job, name, days=days)
    cards = board(client_as(recruiter), job).context["board"].columns[0].cards
    assert [(card.application.candidate.full_name, card.waits) for card in cards] == [
        ("Old", "too-long"),
        ("Older than a week", "long"),
        ("New", ""),
    ]


def test_a_board_of_500_takes_the_statements_of_a_small_one(recruiter, client_as, job, assert_queries):
    people = CandidateFactory._meta.model.objects.bulk_create(
        CandidateFactory._meta.model(full_name=f"Person {number}") for number in range(500)
    )
    stages = list(job.stages.all())
    Application.objects.bulk_create(
        Application(job=job, candidate=one, stage=stages[number % 4], source=("fair", "referral")[number % 2])
        for number, one in enumerate(people)
    )
    hiring.CandidateTagFactory.create_batch(20, candidate=people[0])
    for one in Application.objects.all()[:20]:
        hiring.InterviewFactory(application=one)
        hiring.ScorecardFactory(application=one)
    browser = client_as(recruiter)
    browser.get("/")
    with assert_queries("admin_pipeline"):
        shown = board(browser, job).context["board"]
    assert (shown.count, [len(column.cards) for column in shown.columns]) == (500, [30, 30, 30, 30, 0])


def test_the_next_thirty_of_a_column_follow_without_a_gap_or_a_double(recruiter, client_as, job):
    same = timezone.now() - timedelta(days=1)
    for number in range(65):
        one = add(job, f"Person {number}")
        Application.objects.filter(pk=one.pk).update(entered_stage_at=same)
    browser = client_as(recruiter)
    column = board(browser, job).context["board"].columns[0]
    seen = names(column)
    while column.more:
        query = f"?stage={column.stage.pk}&after={column.after.replace('+', '%2B')}"
        column = board(browser, job, query).context["column"]
        seen += names(column)
    assert len(seen) == len(set(seen)) == 65


def test_cards_tell_tags_the_next_interview_and_scorecards_that_one_may_read(recruiter, interviewer, client_as, job):
    one = add(job, "Jane")
    hiring.CandidateTagFactory(candidate=one.candidate, tag=hiring.TagFactory(name="ICU", colour="blue"))
    hiring.InterviewFactory(application=one, starts_at=timezone.now() + timedelta(days=9))
    soon = hiring.InterviewFactory(application=one, starts_at=timezone.now() + timedelta(days=2))
    hiring.InterviewFactory(application=one, status="cancelled", cancelled_at=timezone.now(), cancelled_by=recruiter)
    hiring.ScorecardFactory(application=one, recommendation="no")
    hiring.ScorecardFactory(application=one, recommendation="yes")
    hiring.ScorecardFactory(application=one, submitted_at=None)
    (card,) = board(client_as(recruiter), job).context["board"].columns[0].cards
    assert (card.tags, card.interview) == ([("ICU", "blue")], soon.starts_at)
    assert (card.votes_for, card.votes_against) == (1, 1)
    job.team.create(user=interviewer, role="interviewer")
    hiring.ScorecardFactory(application=one, by=interviewer, submitted_at=None, recommendation="")
    (card,) = board(client_as(interviewer), job).context["board"].columns[0].cards
    assert (card.votes_for, card.votes_against) == (0, 0)


def test_the_board_is_narrowed_by_name_tag_and_source(recruiter, client_as, job):
    jane = add(job, "Jane Doe", source="fair")
    add(job, "John Roe", source="referral")
    tag = hiring.CandidateTagFactory(candidate=jane.candidate).tag
    browser = client_as(recruiter)
    for query in ("?q=jan", f"?tag={tag.pk}", "?source=fair", f"?q=doe&tag={tag.pk}&source=fair"):
        shown = board(browser, job, query).context["board"]
        assert (names(shown.columns[0]), shown.columns[0].count) == (["Jane Doe"], 1)
        assert shown.sources == ["fair", "referral"]
    assert board(browser, job, "?tag=nonsense&q=%00").status_code == 200


def test_who_is_out_of_the_pipeline_is_counted_and_listed_on_demand(recruiter, client_as, job):
    one, reason = add(job, "Jane"), RejectionReason.objects.create(name="Too junior")
    browser = client_as(recruiter)
    move(browser, one, do="reject", reason=reason.pk)
    shown = board(browser, job).context["board"]
    assert (shown.count, shown.closed_count, shown.closed) == (0, 1, [])
    assert [row.pk for row in board(browser, job, "?closed=1").context["board"].closed] == [one.pk]


def test_the_board_and_its_list_show_no_job_that_one_may_not_see(
    recruiter, hiring_manager, outsider, client_as, job, events
):
    secret = JobFactory(confidential=True, title="Secret successor")
    assert board(client_as(recruiter), secret).status_code == 404
    assert board(client_as(hiring_manager), job).status_code == 404
    assert client_as(outsider).get("/pipeline/").status_code == 403
    mine = JobFactory(team={hiring_manager: "hiring_manager"}, title="My own")
    page = client_as(hiring_manager).get("/pipeline/").content.decode()
    assert (mine.title in page, job.title in page) == (True, False)
    page = client_as(recruiter).get("/pipeline/").content.decode()
    assert (page.index(job.title) < page.index(mine.title), secret.title in page) == (True, False)
    board(client_as(recruiter), job)
    assert [event.target_id for event in events("job.pipeline_viewed")] == [str(job.pk)]


def test_the_list_of_boards_costs_the_same_for_two_jobs_as_for_twelve(recruiter, client_as, assert_queries):
    browser = client_as(recruiter)
    for count in (2, 10):
        for one in JobFactory.create_batch(count, team={recruiter: "recruiter"}):
            ApplicationFactory(job=one)
        browser.get("/")
        with assert_queries("admin_pipelines"):
            browser.get("/pipeline/")


def test_who_was_slower_is_told_who_moved_it_where_and_where_it_stands(recruiter, coordinator, client_as, job):
    coordinator.first_name, coordinator.last_name = "Cora", "Lind"
    coordinator.save()
    one, stages = add(job, "Jane"), list(job.stages.all())
    move(client_as(coordinator), one, do="move", stage=stages[2].pk, seen=stages[0].pk)
    answer = move(client_as(recruiter), one, do="move", stage=stages[1].pk, seen=stages[0].pk)
    told = answer.json()
    assert (answer.status_code, told["now"]["stage"], told["now"]["status"]) == (409, stages[2].pk, "active")
    assert told["message"].startswith("Cora Lind moved Jane to Interview just now.")
    move(client_as(coordinator), one, do="reject", reason=RejectionReason.objects.create(name="No").pk)
    told = move(client_as(recruiter), one, do="move", stage=stages[1].pk, seen=stages[2].pk).json()
    assert told["message"] == "Cora Lind rejected Jane just now."
    assert told["now"]["status"] == "rejected"


def test_the_board_takes_back_its_own_step(recruiter, client_as, job):
    Opening.objects.create(job=job)
    one, browser = add(job, "Jane", days=5), client_as(recruiter)
    since = one.entered_stage_at
    step = move(browser, one, do="hire").json()["step"]
    answer = move(browser, one, do="undo", step=step)
    one.refresh_from_db()
    assert (answer.json()["status"], one.stage.kind, one.entered_stage_at) == ("active", "applied", since)
    assert move(browser, one, do="undo", step=step).status_code == 409


def test_the_mail_of_a_rejection_is_previewed_filled_and_waits_half_an_hour(recruiter, client_as, job):
    reason, one = RejectionReason.objects.create(name="Too junior"), add(job, "Jane Doe")
    template = EmailTemplate.objects.get(name="Rejection after review")
    browser = client_as(recruiter)
    page = browser.get(f"/jobs/application/{one.pk}/reject/?template={template.pk}")
    assert page.context["body"].startswith("Dear Jane,")
    assert "{{" not in page.context["subject"] + page.context["body"]
    data = {"subject": page.context["subject"], "body": page.context["body"], "template": template.pk, "wait": "1"}
    move(browser, one, do="reject", reason=reason.pk, send_mail="1", **data)
    message = Message.objects.get()
    assert (message.state, message.template, message.application) == ("queued", template, one)
    assert message.send_at - message.created_at > timedelta(minutes=29)
    page = browser.get(f"/jobs/application/{one.pk}/change/").content.decode()
    assert "Undo" in page
    move(browser, one, do="undo")
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_without_a_tick_no_mail_is_written(recruiter, client_as, job):
    reason, one = RejectionReason.objects.create(name="Too junior"), add(job, "Jane Doe")
    move(client_as(recruiter), one, do="reject", reason=reason.pk, subject="Hello", body="No.")
    assert not Message.objects.exists()


def test_the_form_to_reject_is_for_those_who_may(recruiter, interviewer, client_as, job):
    one = add(job, "Jane")
    job.team.create(user=interviewer, role="interviewer")
    address = f"/jobs/application/{one.pk}/reject/"
    assert client_as(interviewer).get(address).status_code == 403
    secret = ApplicationFactory(job=JobFactory(confidential=True))
    assert client_as(recruiter).get(f"/jobs/application/{secret.pk}/reject/").status_code == 404
    assert client_as(recruiter).get(address).status_code == 200


def test_who_may_not_write_to_candidates_rejects_without_a_mail(hiring_manager, client_as, job):
    reason, one = RejectionReason.objects.create(name="Too junior"), add(job, "Jane Doe")
    job.team.create(user=hiring_manager, role="hiring_manager")
    browser = client_as(hiring_manager)
    assert browser.get(f"/jobs/application/{one.pk}/reject/").context["templates"] == []
    mail = {"send_mail": "1", "subject": "Hello", "body": "No."}
    assert move(browser, one, do="reject", reason=reason.pk, **mail).json()["code"] == "not_allowed"
    assert move(browser, one, do="reject", reason=reason.pk).json()["status"] == "rejected"
    assert not Message.objects.exists()


def test_a_mail_with_a_placeholder_left_in_it_does_not_leave(recruiter, client_as, job):
    reason, one = RejectionReason.objects.create(name="Too junior"), add(job, "Jane Doe")
    mail = {"send_mail": "1", "subject": "Hello", "body": "See you {{ interview.when }}."}
    assert move(client_as(recruiter), one, do="reject", reason=reason.pk, **mail).json()["code"] == "placeholder_left"
    one.refresh_from_db()
    assert one.status == "active"
