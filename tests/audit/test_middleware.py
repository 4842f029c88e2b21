import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path

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


def give_role(request, pk):
    with transaction.atomic():
        User.objects.get(pk=pk).groups.add(Group.objects.get(name="Auditor"))
    return HttpResponse("done")


def lose_everything(request):
    with transaction.atomic():
        User.objects.update(is_active=False)
        raise PermissionDenied


def break_down(request):
    with transaction.atomic():
        User.objects.update(is_active=False)
        raise RuntimeError


urlpatterns = [
    path("break", break_down, name="break"),
    path("people/<int:pk>/role", give_role, name="role"),
    path("lose", lose_everything, name="lose"),
]


@pytest.mark.urls(__name__)
def test_a_role_given_in_a_request_is_on_record_with_its_actor_and_request(client_as, operator, outsider, events):
    answer = client_as(operator).get(f"/people/{outsider.pk}/role")
    (event,) = events("user.groups_added", target_id=str(outsider.pk))
    assert (event.actor_type, event.actor_id, event.actor_display) == ("user", str(operator.pk), "otto")
    assert (event.request_id, event.route) == (answer["X-Request-ID"], "people/<int:pk>/role")


@pytest.mark.urls(__name__)
def test_after_a_request_nobody_is_named_any_more(client_as, operator, outsider, events):
    client_as(operator).get(f"/people/{outsider.pk}/role")
    User.objects.filter(pk=outsider.pk).update(is_staff=False)
    assert events("user.changed", target_id=str(outsider.pk))[-1].actor_type == "service"


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_a_refusal_is_kept_although_what_the_request_did_is_undone(
    separate_audit_connection, client_as, operator, events
):
    assert client_as(operator).get("/lose").status_code == 403
    operator.refresh_from_db()
    assert operator.is_active
    assert [event.actor_id for event in events("request.denied")] == [str(operator.pk)]
    assert events("user.changed", target_id=str(operator.pk)) == []


@pytest.mark.urls(__name__)
def test_a_request_that_breaks_down_is_on_record(operator, events):
    client = Client(raise_request_exception=False)
    client.force_login(operator)
    assert client.get("/break").status_code == 500
    (event,) = events("request.failed")
    assert (event.outcome, event.http_status, event.actor_id, event.route) == ("error", 500, str(operator.pk), "break")
