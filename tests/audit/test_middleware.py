import pytest
from django.contrib.auth.models import Group

from hrassist.models import User


def test_every_answer_carries_a_fresh_request_id(client, db):
    first, second = (client.get("/login/")["X-Request-ID"] for _ in range(2))
    assert len(first) == 32
    assert first != second


def test_a_request_id_of_anybody_is_not_believed(client, db):
    assert client.get("/login/", HTTP_X_REQUEST_ID="chosen-by-somebody")["X-Request-ID"] != "chosen-by-somebody"


def test_a_trusted_proxys_request_id_is_kept_when_well_formed(client, db, settings):
    settings.TRUSTED_PROXIES = 1
    assert client.get("/login/", HTTP_X_REQUEST_ID="abcdef-123456")["X-Request-ID"] == "abcdef-123456"
    assert client.get("/login/", HTTP_X_REQUEST_ID="<script>alert(1)")["X-Request-ID"] != "<script>alert(1)"


def test_a_forbidden_page_is_on_record(client_as, outsider, events):
    assert client_as(outsider).get("/jobs/job/").status_code == 403
    (event,) = events("request.denied")
    assert (event.outcome, event.http_status, event.actor_id) == ("deny", 403, str(outsider.pk))
    assert event.route.startswith("jobs/job/")


def test_a_refused_cross_site_form_is_on_record(db, events):
    from django.test import Client

    assert Client(enforce_csrf_checks=True).post("/login/", {"username": "rosa"}).status_code == 403
    assert events("request.denied")[0].actor_type == "anonymous"


def test_asking_for_a_thing_that_is_absent_or_hidden_is_on_record(api_as, outsider, recruiter, events):
    unknown = "0192f7a0-0000-7000-8000-000000000000"
    assert api_as(recruiter).get(f"/api/v1/candidates/{unknown}").status_code == 404
    (event,) = events("request.not_found")
    assert (event.actor_type, event.actor_id, event.http_status) == ("token", str(recruiter.pk), 404)
    assert unknown in event.changes["asked"].values()


def test_a_mistyped_address_is_no_event(client_as, recruiter, events):
    assert client_as(recruiter).get("/nothing-here").status_code in {301, 302, 404}
    assert events("request.") == []


def test_a_permission_changed_in_the_admin_names_the_operator(client_as, operator, outsider, events):
    client = client_as(operator)
    page = client.get(f"/hrassist/user/{outsider.pk}/change/")
    if page.status_code == 404:
        pytest.fail("the user page of the admin is gone")
    form = page.context["adminform"].form
    data = {name: value for name in form.fields if (value := form[name].value()) not in (None, False)}
    data |= {"groups": [str(Group.objects.get(name="Auditor").pk)], "last_login_0": "", "last_login_1": ""}
    answer = client.post(f"/hrassist/user/{outsider.pk}/change/", data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert User.objects.get(pk=outsider.pk).groups.get().name == "Auditor"
    (event,) = events("user.groups_added", target_id=str(outsider.pk))
    assert (event.actor_type, event.actor_id, event.actor_display) == ("user", str(operator.pk), "otto")
    assert event.request_id == answer["X-Request-ID"]
