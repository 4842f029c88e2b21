"""Every answer of every address, and every page of an error, carries what keeps a browser from being turned on us."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from hrassist import headers, pace
from hrassist.lib.limits import TooFast
from hrassist.urls import urlpatterns as every_address
from tests.factories import ApplicationFactory, ResumeFactory
from tests.test_permissions import Person, World, routes

PARTS_OF_A_PAGE = {"default-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'", "object-src": "'none'"}
YEAR = 31_536_000


@pytest.fixture
def over_tls(settings) -> None:
    settings.SECURE_HSTS_SECONDS = YEAR


def missing(response) -> Iterator[str]:
    """What a response lacks of the set that all have."""
    for name, value in headers.ALWAYS.items():
        said = response.headers.get(name)
        # A file that strangers sent says even less of where one was.
        if said != value and (name, said) != ("Referrer-Policy", "no-referrer"):
            yield f"{name}: {said}"
    if not re.search(
        r"max-age=\d{8,}; includeSubDomains; preload", response.headers.get("Strict-Transport-Security", "")
    ):
        yield "Strict-Transport-Security"
    cached = response.headers.get("Cache-Control", "")
    if "no-store" not in cached or "private" not in cached:
        yield f"Cache-Control: {cached}"
    policy = dict(
        part.strip().partition(" ")[::2] for part in response.headers.get("Content-Security-Policy", "").split(";")
    )
    if "sandbox" not in policy:
        for directive in ("default-src", "frame-ancestors", "base-uri"):
            if policy.get(directive) != "'none'":
                yield f"{directive}: {policy.get(directive)}"
    if any("unsafe" in value or "*" in value.split() for value in policy.values()):
        yield f"the policy is weak: {policy}"
    if "Set-Cookie" in response.headers:
        yield "a cookie outside of response.cookies"


def address_in(world: World, route: str) -> str:
    """The address of the person's own thing, or of one that there is not where the world has none of its kind."""
    try:
        return world.path(route)
    except KeyError:
        absent = {"uuid": "00000000-0000-7000-8000-000000000000", "int": "1"}
        return re.sub(r"<(?:(\w+):)?\w+>", lambda found: absent.get(found[1] or "", "absent"), route)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["nobody", "recruiter", "operator"])
def test_every_address_answers_with_every_header(role, over_tls):
    person = Person(role)
    lacking: dict[str, list[str]] = {}
    asked = 0
    for route, methods in routes():
        address = "/" + address_in(person.worlds["own"], route)
        client = Client(raise_request_exception=False)
        client.cookies = person.cookies
        for method in methods:
            answer = client.generic(method, address, secure=True)
            asked += 1
            if found := list(missing(answer)):
                lacking[f"{method} {route} {answer.status_code}"] = found
    assert asked > 200
    assert lacking == {}


# --- Pages of errors --------------------------------------------------------------------------------------------------


def _raises(error: Exception):
    def view(_request):
        raise error

    return view


urlpatterns = [
    path("400", _raises(SuspiciousOperation())),
    path("403", _raises(PermissionDenied())),
    path("404", _raises(Http404())),
    path("500", _raises(RuntimeError("a secret of Mara Lindt"))),
    path("503", lambda _request: HttpResponse(status=503)),
    path("api/400", _raises(SuspiciousOperation())),
    path("api/403", _raises(PermissionDenied())),
    path("api/500", _raises(RuntimeError("a secret of Mara Lindt"))),
    *every_address,
]
handler400 = "hrassist.api.errors.bad_request"
handler403 = "hrassist.api.errors.permission_denied"
handler404 = "hrassist.api.errors.not_found"
handler500 = "hrassist.api.errors.server_error"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("where", "status"),
    [("", "400"), ("", "403"), ("", "404"), ("", "500"), ("", "503"), ("api/", "400"), ("api/", "403"), ("api/", "500"),
     ("api/v1/", "404")],
)  # fmt: skip
def test_pages_of_errors_carry_them_too(where, status, over_tls):
    with override_settings(ROOT_URLCONF=__name__):
        answer = Client(raise_request_exception=False).get(f"/{where}{status}", secure=True)
    assert answer.status_code == int(status)
    assert list(missing(answer)) == []
    assert b"Mara" not in answer.content
    kind = answer.headers["Content-Type"]
    assert kind.startswith("application/problem+json" if where else "text/html")
    # A page of ours: no style or script within it, which the policy would refuse.
    assert b"<style" not in answer.content


@pytest.mark.django_db
def test_a_wrong_host_is_refused_with_them(over_tls):
    answer = Client(raise_request_exception=False).get("/login/", headers={"host": "evil.example"}, secure=True)
    assert answer.status_code == 400
    assert [one for one in missing(answer) if one != "Strict-Transport-Security"] == []
    assert b"evil.example" not in answer.content


@pytest.mark.django_db
def test_a_forged_form_is_refused_with_a_page_of_ours(recruiter, over_tls):
    client = Client(enforce_csrf_checks=True)
    client.force_login(recruiter)
    answer = client.post("/preferences/", {"time_zone": "UTC"}, secure=True)
    assert answer.status_code == 403
    assert b"This form is too old" in answer.content
    assert list(missing(answer)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "accept", "kind"),
    [
        ("/search/", "text/html", "text/html; charset=utf-8"),
        ("/search/", "application/json", "application/json"),
        ("/api/v1/me", "*/*", "application/problem+json"),
    ],
)
def test_too_fast_is_said_so_that_whoever_asked_can_read_it(address, accept, kind):
    request = RequestFactory().get(address, headers={"accept": accept})
    request.user = AnonymousUser()
    answer = pace.answer(request, TooFast(seconds=7))
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Content-Type"]) == (429, "7", kind)
    assert b"7 seconds" in answer.content


# --- Methods ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "method", ["TRACE", "TRACK", "CONNECT", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO", "PROPFIND"]
)
def test_a_page_knows_reading_and_sending_forms_and_nothing_else(method, recruiter, client_as):
    client = client_as(recruiter)
    for address in ("/", "/login/", "/candidates/candidate/", "/careers/", "/logout/", "/password_change/"):
        answer = client.generic(method, address)
        assert answer.status_code == 405, address
        assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "FOO"])
def test_the_api_answers_no_method_that_it_does_not_have(method, recruiter, api_as):
    for address in ("/api/v1/me", "/api/v1/candidates", "/api/v1/nowhere"):
        assert api_as(recruiter).generic(method, address).status_code == 405


@pytest.mark.django_db
def test_a_changed_method_in_a_header_or_field_stays_what_it_was(recruiter, client_as):
    one = ApplicationFactory()
    client = client_as(recruiter)
    client.post(
        f"/candidates/candidate/{one.candidate_id}/change/",
        {"_method": "DELETE"},
        headers={"X-HTTP-Method-Override": "DELETE"},
    )
    one.candidate.refresh_from_db()
    answer = client.get("/candidates/candidate/", headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code == 200


# --- Cookies ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_cookies_are_for_this_host_over_tls_and_for_no_script(recruiter, settings):
    """As production sets them; the names are read by a test of the settings."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    recruiter.set_password("a-long-password-of-rosa")
    recruiter.save()
    client = Client()
    client.get("/login/", secure=True)
    answer = client.post("/login/", {"username": "rosa", "password": "a-long-password-of-rosa"}, secure=True)
    cookies = {**client.cookies, **answer.cookies}
    assert {"__Host-sessionid", "__Host-csrftoken"} <= set(cookies)
    for name, one in cookies.items():
        assert name.startswith("__Host-")
        assert (one["secure"], one["path"], one["domain"]) == (True, "/", ""), name
        assert one["samesite"] == "Lax", name
        assert one["httponly"], name


# --- What strangers' files leave with ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ['a"b.pdf', "a\r\nSet-Cookie: x=1.pdf", "ü\u202ecod.pdf", "a\x00b.pdf", "..\\..\\a.pdf"]
)
def test_the_name_of_a_file_cannot_become_a_header(name, recruiter, client_as):
    from candidates.models import Resume

    resume = ResumeFactory(content=b"%PDF-1.7")
    Resume.objects.filter(pk=resume.pk).update(filename=name.replace("\x00", ""))
    answer = client_as(recruiter).get(f"/files/resumes/{resume.pk}")
    assert answer.status_code == 200
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment")
    assert not re.search(r"[\r\n\x00]", said)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["abcdefgh\r\nX-Evil: 1", "abcdefgh\nX-Evil: 1", "x" * 41, "<script>alert(1)"])
def test_a_request_id_cannot_become_a_header(value, settings):
    settings.TRUSTED_PROXIES = 1
    answer = Client().get("/login/", headers={"X-Request-ID": value})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert "X-Evil" not in answer.headers


@pytest.mark.django_db
@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
        "/\r\nX-Evil: 1",
        "http://testserver@evil.example/",
        "///evil.example",
    ],
)
def test_signing_in_leads_to_a_page_of_this_site(following, recruiter):
    recruiter.set_password("a-long-password-of-rosa")
    recruiter.save()
    answer = Client().post("/login/", {"username": "rosa", "password": "a-long-password-of-rosa", "next": following})
    assert answer.status_code == 302
    assert answer.headers["Location"] in {"/", "/%0D%0AX-Evil:%201"}
    assert "X-Evil" not in answer.headers


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "Forwarded"])
def test_no_header_names_another_host_for_links(header, recruiter, api_as):
    ResumeFactory.create_batch(2)
    answer = api_as(recruiter).get("/api/v1/resumes?limit=1", headers={header: "evil.example"})
    assert answer.status_code == 200
    assert b"evil.example" not in answer.content
