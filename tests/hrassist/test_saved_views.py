import pytest

from hrassist import saved_views
from hrassist.models import SavedView
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/candidates/candidate/"
MODEL = "candidates.candidate"


def save(browser, name="Nurses", query="q=nurse&cursor=x", model=MODEL, **more):
    return browser.post("/views/", {"name": name, "query": query, "model": model} | more)


def tabs(answer):
    return [(tab.name, tab.current) for tab in answer.context["views"].tabs]


def test_a_search_is_kept_under_a_name_and_is_a_tab_from_then_on(recruiter, client_as, events):
    CandidateFactory(full_name="Nora Nurse")
    CandidateFactory(full_name="Other")
    browser = client_as(recruiter)
    answer = save(browser)
    view = SavedView.objects.get()
    assert view.query == "q=nurse"
    assert answer["Location"] == f"{LIST}?q=nurse&view={view.pk}"
    page = browser.get(answer["Location"])
    assert tabs(page) == [("All candidates", False), ("Nurses", True)]
    assert [row.full_name for row in page.context["cl"].result_list] == ["Nora Nurse"]
    assert [event.target_id for event in events("savedview.created")] == [str(view.pk)]


@pytest.mark.parametrize("path", ["/candidates/candidate/", "/jobs/job/", "/jobs/application/", "/candidates/tag/"])
def test_every_list_has_views_and_survives_one(recruiter, client_as, path):
    browser = client_as(recruiter)
    model = ".".join(path.strip("/").split("/"))
    save(browser, model=model, query="q=x&o=1")
    view = SavedView.objects.get()
    answer = browser.get(f"{path}?{view.query}&view={view.pk}")
    assert answer.status_code == 200
    assert tabs(answer)[-1] == ("Nurses", True)


def test_a_view_that_shows_something_else_by_now_can_be_brought_up_to_date(recruiter, client_as):
    browser = client_as(recruiter)
    save(browser)
    view = SavedView.objects.get()
    page = browser.get(f"{LIST}?q=doctor&view={view.pk}")
    assert page.context["views"].changed
    browser.post(f"/views/{view.pk}/", {"do": "update", "query": page.context["views"].query})
    view.refresh_from_db()
    assert view.query == "q=doctor"


def test_a_view_is_renamed_and_forgotten_by_its_owner_alone(recruiter, coordinator, client_as):
    browser = client_as(recruiter)
    save(browser, shared="1")
    view = SavedView.objects.get()
    client_as(coordinator).post(f"/views/{view.pk}/", {"do": "delete"})
    client_as(coordinator).post(f"/views/{view.pk}/", {"do": "rename", "name": "Mine"})
    view.refresh_from_db()
    assert view.name == "Nurses"
    browser.post(f"/views/{view.pk}/", {"do": "rename", "name": "Wards"})
    view.refresh_from_db()
    assert view.name == "Wards"
    browser.post(f"/views/{view.pk}/", {"do": "delete"})
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_and_the_refusal_says_so(recruiter, client_as):
    browser = client_as(recruiter)
    save(browser)
    page = browser.get(save(browser, name="nurses")["Location"])
    assert "You have a view of this name" in str([str(one) for one in page.context["messages"]])
    assert SavedView.objects.count() == 1


def test_only_who_may_share_shares(coordinator, recruiter, client_as):
    assert save(client_as(coordinator), shared="1").status_code == 403
    save(client_as(coordinator))
    view = SavedView.objects.get()
    assert client_as(coordinator).post(f"/views/{view.pk}/", {"do": "share"}).status_code == 403
    assert client_as(recruiter).post(f"/views/{view.pk}/", {"do": "update", "query": ""}).status_code == 404


def test_a_shared_view_shows_everybody_only_what_they_may_see(recruiter, interviewer, client_as):
    CandidateFactory(full_name="Nora Nurse")
    mine = ApplicationFactory(
        job=JobFactory(team={interviewer: "interviewer"}), candidate__full_name="Nils Nurse"
    ).candidate
    save(client_as(recruiter), shared="1")
    save(client_as(recruiter), name="Private")
    view = SavedView.objects.get(shared=True)
    page = client_as(interviewer).get(f"{LIST}?{view.query}&view={view.pk}")
    assert tabs(page) == [("All candidates", False), ("Nurses", True)]
    assert [row.pk for row in page.context["cl"].result_list] == [mine.pk]
    assert page.context["cl"].result_count == 1


def test_a_list_that_one_may_not_open_has_no_views_for_one(auditor, client_as):
    assert save(client_as(auditor)).status_code == 403
    assert save(client_as(auditor), model="no.such").status_code == 404


def test_what_a_view_keeps_is_always_written_the_same_way():
    assert saved_views.kept("b=2&cursor=zz&a=1&p=3&view=4&e=1&c=") == "a=1&b=2"


def test_the_tabs_cost_one_query(recruiter, django_assert_num_queries):
    for number in range(3):
        SavedView.objects.create(model=MODEL, name=f"v{number}", owner=UserFactory(), shared=True)
    with django_assert_num_queries(1):
        assert [view.owner.display_name for view in saved_views.of_list(recruiter, MODEL)]
