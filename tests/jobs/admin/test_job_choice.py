"""Choosing a job among thousands."""

import pytest

from jobs.models import DriveJob
from tests import hiring
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db


def suggested(browser, model, words=""):
    asked = {"app_label": "jobs", "model_name": model, "field_name": "job", "term": words}
    return {one["text"].partition(" (")[0] for one in browser.get("/autocomplete/", asked).json()["results"]}


@pytest.fixture
def jobs(recruiter):
    for title, status in (("Open", "open"), ("Held", "on_hold"), ("Closed", "closed"), ("Old", "archived")):
        JobFactory(title=title, status=status)
    JobFactory(title="Secret", status="open", confidential=True)
    JobFactory(title="Our secret", status="open", confidential=True, team={recruiter: "recruiter"})


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ("application", {"Open", "Our secret"}),
        ("requisition", {"Open", "Held", "Our secret"}),
        ("drivejob", {"Open", "Held", "Closed"}),
        ("hiringteammember", {"Open", "Held", "Closed", "Old", "Our secret"}),
    ],
)
def test_each_field_suggests_what_it_takes_and_the_user_sees(jobs, recruiter, client_as, model, taken):
    assert suggested(client_as(recruiter), model) == taken


def test_words_narrow_what_is_suggested(jobs, recruiter, client_as):
    assert suggested(client_as(recruiter), "requisition", "hel") == {"Held"}


@pytest.mark.parametrize("path", ["/jobs/application/add/", "/jobs/requisition/add/", "/reports/funnel/"])
def test_without_scripts_the_newest_are_offered_and_never_one_that_is_not_seen(jobs, recruiter, client_as, path):
    page = client_as(recruiter).get(path).content.decode()
    assert ">Open" in page
    assert ">Our secret" in page
    assert ">Secret" not in page


def test_a_job_beyond_the_offered_is_chosen_all_the_same(jobs, recruiter, client_as, monkeypatch):
    monkeypatch.setattr("jobs.admin.job_choice.OFFERED", 1)
    drive, wanted = hiring.DriveFactory(), JobFactory(title="Oldest", status="open")
    JobFactory(title="Newest", status="open")
    browser, act = client_as(recruiter), f"/jobs/recruitmentdrive/{drive.pk}/act/"
    assert "Oldest" not in browser.get(f"/jobs/recruitmentdrive/{drive.pk}/change/").content.decode()
    browser.post(act, {"do": "put", "job": wanted.pk})
    assert DriveJob.objects.get().job == wanted


@pytest.mark.parametrize("key", ["", "nonsense", "01a214c9-fdc3-7700-a56e-a69a77787477"])
def test_what_is_no_job_is_not_found(recruiter, client_as, key):
    drive = hiring.DriveFactory()
    answer = client_as(recruiter).post(f"/jobs/recruitmentdrive/{drive.pk}/act/", {"do": "put", "job": key})
    assert answer.status_code == 404


def test_a_job_that_a_drive_does_not_take_is_not_found(jobs, recruiter, client_as):
    drive, hidden = hiring.DriveFactory(), JobFactory(confidential=True, team={recruiter: "recruiter"})
    answer = client_as(recruiter).post(f"/jobs/recruitmentdrive/{drive.pk}/act/", {"do": "put", "job": hidden.pk})
    assert answer.status_code == 404
    assert not DriveJob.objects.exists()


@pytest.mark.parametrize("said", [{"candidate": "x", "job": "y"}, {"candidate": "\x00", "job": "[1]"}])
def test_a_form_with_keys_that_are_none_is_shown_again(jobs, recruiter, client_as, said):
    answer = client_as(recruiter).post("/jobs/application/add/", {**said, "source": "recruiter"})
    assert answer.status_code == 200
    assert "not a valid" in answer.content.decode() or "not one of the available" in answer.content.decode()


def test_two_of_one_name_are_told_apart_by_their_place(recruiter, client_as):
    for city in ("Kyiv", "Porto"):
        JobFactory(title="Nurse", status="open", city=city, country="")
    browser = client_as(recruiter)
    asked = {"app_label": "jobs", "model_name": "application", "field_name": "job", "term": "nurse"}
    told = {one["text"] for one in browser.get("/autocomplete/", asked).json()["results"]}
    assert told == {"Nurse (Kyiv)", "Nurse (Porto)"}
    assert "Nurse (Kyiv)</option>" in browser.get("/jobs/application/add/").content.decode()


@pytest.mark.parametrize(("path", "empty"), [("/jobs/application/add/", "Choose a job"), ("/reports/", "All jobs")])
def test_no_job_is_chosen_before_somebody_chooses(jobs, recruiter, client_as, path, empty):
    page = client_as(recruiter).get(path).content.decode()
    select = page[page.index('<select name="job"') :].partition("</select>")[0]
    assert f'data-placeholder="{empty}"' in select
    assert 'value="" selected' in select or "selected" not in select.partition(">")[2]
    assert select.index('value=""') < select.index(">Open")
