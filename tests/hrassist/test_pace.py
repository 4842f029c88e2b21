"""Limits hold for requests at one moment, whatever the clients say of where they come from."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.db.models import Sum
from django.test import RequestFactory
from django.urls import get_resolver

from hrassist import pace
from hrassist.admin import security_sections
from hrassist.admin.security import Level
from hrassist.lib import limits, origin
from hrassist.models import Tally
from tests import hiring
from tests.factories import ApplicationFactory, JobFactory, ResumeFactory, api_token
from tests.repo.sources import MODULES, ROOT

PARALLEL, ALLOWED = 50, 7


# --- The table --------------------------------------------------------------------------------------------------------


def names_of_views() -> set[str]:
    def walk(resolver: Any, space: str = "") -> Any:
        for one in resolver.url_patterns:
            if hasattr(one, "url_patterns"):
                yield from walk(one, f"{space}{one.namespace}:" if one.namespace else space)
            else:
                yield space + (one.name or one.lookup_str)

    return set(walk(get_resolver()))


def test_every_address_that_is_limited_exists_and_every_limit_of_it_too():
    assert set(pace.PACE) - names_of_views() == set()
    assert {name for pairs in pace.PACE.values() for name, _ in pairs} - set(limits.LIMITS) == set()


def test_no_limit_is_of_nothing():
    """Each name of the table is asked for somewhere."""
    text = "\n".join(path.read_text() for path in MODULES if path.name != "limits.py")
    composed = {"login:": 'f"login:', "intake:": 'f"intake:', "reset:": 'f"reset:'}
    unused = {
        name
        for name in limits.LIMITS
        if f'"{name}"' not in text
        and not any(name.startswith(start) and code in text for start, code in composed.items())
    }
    assert unused == set()


def test_the_table_for_people_says_the_same():
    rows = re.findall(
        r"^\| `([^`]+)` \| (.+?) \| (\d+) in (\d+) s \| (\w+) \|$", (ROOT / "docs/limits.md").read_text(), re.MULTILINE
    )
    assert rows == [(one.name, one.label, str(one.count), str(one.per), one.whose) for one in limits.LIMITS.values()]


def test_a_setting_changes_one_limit(settings):
    settings.LIMITS = {"search": (2, 60)}
    assert limits.of("search") == (2, 60)
    assert limits.of("export") == (20, 3600)


# --- Whose a request is -----------------------------------------------------------------------------------------------

REAL = "198.51.100.7"


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        (0, REAL, "203.0.113.9", REAL),
        (0, REAL, "127.0.0.1", REAL),
        (1, "127.0.0.1", REAL, REAL),
        (1, "127.0.0.1", f"203.0.113.9, {REAL}", REAL),
        (1, "127.0.0.1", f"127.0.0.1, ::1, 10.0.0.1, {REAL}", REAL),
        (1, "127.0.0.1", ", , ,," + REAL, REAL),
        (1, "127.0.0.1", f"garbage, \"quoted\", {REAL}:51234", REAL),
        (1, "127.0.0.1", f"x, ::ffff:{REAL}", REAL),
        (1, "127.0.0.1", f"x, [::ffff:{REAL}]:443", REAL),
        (1, "127.0.0.1", ", ".join(f"203.0.113.{n % 250}" for n in range(1000)) + f", {REAL}", REAL),
        (1, "127.0.0.1", "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        (1, "127.0.0.1", "2001:db8:1:2:aaaa::1%eth0", "2001:db8:1:2::/64"),
        (2, "127.0.0.1", f"203.0.113.9, {REAL}, 10.0.0.2", REAL),
        # Fewer entries than proxies: somebody came in behind them, and the peer is all that is known.
        (2, REAL, "203.0.113.9", REAL),
        (1, REAL, "", REAL),
        (1, "127.0.0.1", f"{REAL}, not-an-address", "unknown"),
        (1, "127.0.0.1", f"{REAL}, 999.1.1.1", "unknown"),
        (1, "127.0.0.1", f"{REAL}, 1.2.3.4\x00", "unknown"),
        (0, "", "", "unknown"),
    ],
)  # fmt: skip
def test_the_address_is_what_the_outermost_proxy_of_ours_saw(settings, proxies, peer, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded} if forwarded else {}, REMOTE_ADDR=peer)
    assert origin.network_of(request) == expected


def test_a_person_is_one_however_many_addresses_they_come_from(recruiter):
    request = RequestFactory().get("/", REMOTE_ADDR=REAL)
    request.user = recruiter
    assert pace.whose(request, "search") == f"user:{recruiter.pk}"
    assert pace.whose(request, "policy") == f"address:{REAL}"
    request.user = AnonymousUser()
    assert pace.whose(request, "search") == f"address:{REAL}"


# --- Fifty at one moment ----------------------------------------------------------------------------------------------


@dataclass
class Ask:
    """One request, sent as often as it takes; `refused` tells a refusal where it is not a 429."""

    limit: str
    path: str
    method: str = "GET"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    refused: Callable[[int, bytes], bool] = lambda status, _body: status == 429


def _form(**fields: str) -> dict[str, Any]:
    from urllib.parse import urlencode

    return {"body": urlencode(fields).encode(), "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


def _asks(recruiter: Any) -> dict[str, Ask]:
    job = JobFactory(team={recruiter: "recruiter"})
    resume = ResumeFactory(content=b"%PDF-1.7", pages=1)
    offer = hiring.OfferFactory(application=ApplicationFactory(job=job), created_by=recruiter)
    link = hiring.TrackingLinkFactory(job=job, created_by=recruiter)
    bearer = {"Authorization": f"Bearer {api_token(recruiter)}", "Content-Type": "application/json"}
    csrf = {"csrfmiddlewaretoken": "c" * 32}
    every = [
        Ask("search", "/search/?q=mara"),
        Ask("download", f"/files/resumes/{resume.pk}"),
        Ask("picture", f"/files/resumes/{resume.pk}/pages/1"),
        Ask("letter", f"/jobs/offer/{offer.pk}/letter.docx"),
        Ask("export", "/exports/?export_list=candidates.candidate", "POST", **_form(**csrf)),
        Ask("import", "/candidates/import/", "POST", **_form(**csrf)),
        Ask("rank", f"/jobs/job/{job.pk}/rank/", "POST", **_form(**csrf)),
        Ask("report", "/reports/"),
        Ask("password:person", "/password_change/", "POST", **_form(**csrf)),
        Ask("ticket", "/api/v1/uploads", "POST", b"{}", bearer),
        Ask("policy", "/policy-reports", "POST", b"{}", {"Content-Type": "application/csp-report"}),
        Ask("bounces", "/mail/reports/sendgrid", "POST", b"[]", {"Content-Type": "application/json"}),
        Ask("intake:page", f"/apply/{link.token}/"),
        Ask("intake:ticket_address", f"/apply/{link.token}/ticket/", "POST", headers={"X-CSRFToken": "c" * 32}),
        Ask("upload", "/storage/incoming/not-a-ticket", "PUT", b"x"),
        Ask("login:account_at_address", "/login/", "POST", **_form(username="rosa", password="guess", **csrf),
            refused=lambda _status, body: b"Too many sign-in attempts" in body),
    ]  # fmt: skip
    return {one.limit: one for one in every}


class Crowd:
    """Fifty clients at a live server that ask for the same at the same moment."""

    def __init__(self, live_server: Any, cookie: str) -> None:
        self._where = urlsplit(live_server.url)
        self._cookie = f"{django_settings.SESSION_COOKIE_NAME}={cookie}; {django_settings.CSRF_COOKIE_NAME}={'c' * 32}"

    def send(self, ask: Ask, *, forwarded: Callable[[int], str] | None = None) -> Counter[str]:
        def one(number: int) -> str:
            # The server of the tests queues few connections and resets the rest; a request that counted would be
            # missed in the sum if it were sent a second time.
            for _ in range(20):
                with suppress(ConnectionResetError):
                    return once(number)
                time.sleep(0.05)
            return "never answered"

        def once(number: int) -> str:
            connection = HTTPConnection(self._where.hostname or "", self._where.port, timeout=60)
            headers = {"Cookie": self._cookie, **ask.headers}
            if forwarded is not None:
                headers["X-Forwarded-For"] = forwarded(number)
            try:
                connection.request(ask.method, ask.path, ask.body or None, headers)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status >= 500:
                    return f"broken with {answer.status}"
                if not ask.refused(answer.status, body):
                    return "passed"
                if answer.status == 429:
                    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
                return "refused"
            finally:
                connection.close()

        with ThreadPoolExecutor(PARALLEL) as pool:
            return Counter(pool.map(one, range(PARALLEL)))


@pytest.fixture
def crowd(live_server, client_as, recruiter, settings) -> Crowd:
    # Each of fifty threads of the server holds two connections to the database; a worker of production has few threads.
    settings.MAIL_REPORTS_SECRET = "user:a-long-secret-of-the-provider"
    return Crowd(live_server, client_as(recruiter).cookies[django_settings.SESSION_COOKIE_NAME].value)


LIMITED = [
    "search", "download", "picture", "letter", "export", "import", "rank", "report", "password:person", "ticket",
    "policy", "bounces", "intake:page", "intake:ticket_address", "upload", "login:account_at_address",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
@pytest.mark.parametrize("name", LIMITED)
def test_of_fifty_at_one_moment_exactly_so_many_pass(name, crowd, recruiter, settings):
    """Each with another forged X-Forwarded-For, which nobody believes."""
    settings.LIMITS = {name: (ALLOWED, 3600)}
    found = crowd.send(_asks(recruiter)[name], forwarded=lambda number: f"203.0.113.{number}")
    assert found == {"passed": ALLOWED, "refused": PARALLEL - ALLOWED}
    # One row for each hour: the fifty may come around its end.
    told = Tally.objects.filter(kind="throttled", what=name).aggregate(all=Sum("count"))
    assert told["all"] == PARALLEL - ALLOWED


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_behind_a_proxy_each_address_that_it_saw_has_its_own(crowd, recruiter, settings):
    settings.TRUSTED_PROXIES = 1
    settings.LIMITS = {"policy": (ALLOWED, 3600)}
    ask = _asks(recruiter)["policy"]
    # Two clients, each of whom forges another beginning of the chain every time.
    found = crowd.send(ask, forwarded=lambda number: f"203.0.113.{number}, 10.9.9.9, 198.51.100.{number % 2}")
    assert found == {"passed": 2 * ALLOWED, "refused": PARALLEL - 2 * ALLOWED}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_a_person_has_a_limit_once_by_pages_and_by_the_api(crowd, recruiter, settings):
    settings.LIMITS = {"download": (ALLOWED, 3600)}
    by_page = _asks(recruiter)["download"]
    resume = by_page.path.rpartition("/")[2]
    by_token = Ask(
        "download", f"/api/v1/resumes/{resume}/file", headers={"Authorization": f"Bearer {api_token(recruiter)}"}
    )
    assert crowd.send(by_page)["passed"] == ALLOWED
    assert crowd.send(by_token)["passed"] == 0


def test_every_limit_that_is_not_tried_here_is_tried_elsewhere():
    elsewhere = {
        "login:address", "login:account", "intake:ticket_link", "intake:submit_address", "intake:submit_link",
        "export:file", "mail:preview", "factor", "factor:day", "proof", "sso", "reset:address", "reset:account",
        "own:ask_address", "own:ask", "own:open", "own:change", "own:copy",
    }  # fmt: skip
    assert set(limits.LIMITS) - set(LIMITED) == elsewhere


# --- What operators see -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_security_page_counts_refusals_and_calls_many_sign_ins_serious(settings):
    settings.LIMITS = {"search": (1, 60), "login:account": (1, 60)}
    assert security_sections.throttled()[0].level == Level.GOOD
    for name in ("search", "login:account"):
        for _ in range(3):
            limits.take(name, "somebody")
    by_level = {one.what: one.level for one in security_sections.throttled()}
    assert by_level == {"Searches: 2 times": Level.GOOD, "Sign-ins to one account from anywhere: 2 times": Level.NOTICE}
    Tally.objects.filter(what="login:account").update(count=200)
    assert security_sections.throttled()[0].level == Level.SERIOUS


@pytest.mark.django_db
def test_a_refusal_that_cannot_be_counted_is_a_refusal_all_the_same(settings, caplog):
    from django.db import connection

    settings.LIMITS = {"search": (1, 60)}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE hrassist_tally RENAME TO gone")
    assert [limits.take("search", "x").allowed for _ in range(2)] == [True, False]
    assert "could not be counted" in caplog.text


@pytest.mark.django_db
def test_the_api_says_which_limit_will_be_met_first(recruiter, api_as, settings):
    settings.LIMITS = {"ticket": (2, 60)}
    client = api_as(recruiter)
    answers = [client.post("/api/v1/uploads", {}, format="json") for _ in range(3)]
    assert [one.status_code for one in answers] == [400, 400, 429]
    assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    assert json.loads(answers[2].content)["code"] == "throttled"
    assert int(answers[2].headers["Retry-After"]) >= 1
    connections.close_all()
