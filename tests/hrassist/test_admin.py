from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.test import RequestFactory

from candidates.models import Candidate
from hrassist.admin import cells
from hrassist.admin.paging import Cursor, EstimatePaginator, in_words
from hrassist.models import ApiToken, User
from hrassist.templatetags.design import deed
from tests.conftest import NOON
from tests.factories import CandidateFactory, JobFactory, UserFactory


def test_the_default_site_is_the_recruiters_site():
    assert type(admin.site).__name__ == "DefaultAdminSite"
    assert admin.site.site_title == "hrassist"


# --- Pieces -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=4), "4 days ago"),
        (timedelta(days=30), "3 Oct"),
        (timedelta(days=700), "2 Dec 2024"),
        (-timedelta(minutes=15), "in 15 min"),
        (-timedelta(days=90), "31 Jan 2027"),
    ],
)
def test_times_are_told_as_people_tell_them(gap, words):
    assert cells.in_words(NOON - gap, now=NOON) == words


def test_a_time_carries_the_exact_one_in_its_title():
    assert 'title="2 Nov 2026, 12:00 UTC"' in cells.ago(NOON, now=NOON)


def test_what_somebody_is_called_is_never_markup():
    assert "<img" not in cells.person("<img src=x>", '"><script>')


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Jane van Doe", "JD"), ("Cher", "C"), ("李 小龙", "李小"), ("", "?"), ("123", "?"), ("jane (doe)", "J")],
)
def test_initials_come_from_the_first_and_last_word(name, letters):
    assert cells.initials(name) == letters


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("resume.viewed", "viewed resume"),
        ("match_run.created", "created match run"),
        ("user.logged_in", "logged in (user)"),
        ("upload.available", "read uploaded file"),
    ],
)
def test_an_action_reads_as_words_after_a_name(action, words):
    assert deed(action) == words


# --- Paging -----------------------------------------------------------------------------------------------------------


def test_counts_are_exact_up_to_ten_thousand_and_honest_beyond():
    assert in_words(9_999, is_estimate=False) == "9,999"
    assert in_words(41_234, is_estimate=True) == "about 41 k"
    assert in_words(1_230_000, is_estimate=True) == "about 1.2 M"


def test_a_cursor_comes_back_as_it_was_and_nonsense_is_none():
    cursor = Cursor(at=NOON, pk="abc", newer=True)
    assert Cursor.decode(cursor.encode()) == cursor
    for nonsense in ("", "x", "====", "bnVsbA", "WzEsMl0", "é"):
        assert Cursor.decode(nonsense) is None


@pytest.mark.django_db
def test_beyond_the_limit_the_planner_is_asked_instead_of_every_row(monkeypatch, django_assert_max_num_queries):
    CandidateFactory.create_batch(5)
    monkeypatch.setattr("hrassist.admin.paging.COUNTED_ROWS", 3)
    paginator = EstimatePaginator(Candidate.objects.order_by("-created_at"), 50)
    with django_assert_max_num_queries(2):
        assert paginator.count >= 4
        assert paginator.is_estimate


@pytest.mark.django_db
def test_small_lists_are_counted_exactly():
    CandidateFactory.create_batch(5)
    paginator = EstimatePaginator(Candidate.objects.order_by("-created_at"), 50)
    assert (paginator.count, paginator.is_estimate) == (5, False)
    assert isinstance(paginator, Paginator)


@pytest.mark.django_db
def test_older_and_newer_walk_through_everybody_once_and_back(recruiter, client_as, monkeypatch):
    monkeypatch.setattr("candidates.admin.candidate.CandidateAdmin.list_per_page", 4)
    CandidateFactory.create_batch(10, created_at=NOON)
    browser, path, seen, pages = client_as(recruiter), "/candidates/candidate/", [], []
    while path:
        changes = browser.get(path).context["cl"]
        seen += [row.pk for row in changes.result_list]
        pages.append(changes)
        path = f"/candidates/candidate/{changes.older_link}" if changes.older_link else ""
    assert len(seen) == len(set(seen)) == 10
    assert [len(page.result_list) for page in pages] == [4, 4, 2]
    assert not pages[0].newer_link
    back = browser.get(f"/candidates/candidate/{pages[2].newer_link}").context["cl"]
    assert [row.pk for row in back.result_list] == seen[4:8]


@pytest.mark.django_db
def test_a_broken_cursor_shows_the_first_page(recruiter, client_as):
    CandidateFactory()
    assert len(client_as(recruiter).get("/candidates/candidate/?cursor=nonsense").context["cl"].result_list) == 1


# --- The site ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (
            "Recruiter",
            [
                "Dashboard",
                "Review queue",
                "Candidates",
                "Duplicates",
                "Talent pools",
                "Uploads",
                "Corrections",
                "Privacy",
                "Jobs",
                "Requisitions",
                "Pipeline",
                "Reviews asked for",
                "Applications",
                "Interviews",
                "Offers",
                "Tailored resumes",
                "Messages",
                "Drives",
                "Received",
                "Reports",
                "Documents",
                "Tags",
                "Sources",
                "Retention rules",
                "Resume templates",
                "E-mail templates",
                "Rejection reasons",
                "Notices",
                "Privacy law",
            ],
        ),
        (
            "Hiring manager",
            [
                "Dashboard",
                "Review queue",
                "Candidates",
                "Jobs",
                "Requisitions",
                "Pipeline",
                "Reviews asked for",
                "Applications",
                "Interviews",
                "Offers",
                "Tailored resumes",
                "Messages",
                "Drives",
                "Reports",
                "Documents",
            ],
        ),
        ("Interviewer", ["Dashboard", "Candidates", "Jobs", "Pipeline", "Applications", "Interviews"]),
        (
            "Auditor",
            [
                "Dashboard",
                "Documents",
                "Audit log",
                "Seals",
                "Security",
                "Operation",
                "Backups",
                "Costs",
                "Log of rankings",
                "Breach report",
            ],
        ),
        (
            "Operator",
            [
                "Dashboard",
                "Uploads",
                "Security",
                "Operation",
                "Backups",
                "Costs",
                "Retention rules",
                "Language models",
                "Users",
                "Notices",
                "Roles",
                "Privacy law",
                "API tokens",
            ],
        ),
        (
            "Privacy officer",
            [
                "Dashboard",
                "Candidates",
                "Corrections",
                "Privacy",
                "Jobs",
                "Pipeline",
                "Reviews asked for",
                "Applications",
                "Interviews",
                "Documents",
                "Retention rules",
                "Notices",
                "Privacy law",
                "Log of rankings",
            ],
        ),
        ("", ["Dashboard"]),
    ],
)
def test_the_side_bar_offers_what_a_role_may_open_and_all_of_it_opens(client_as, role, labels):
    browser = client_as(UserFactory(role=role))
    sections = browser.get("/").context["nav_sections"]
    items = [item for section in sections for item in section.items]
    assert [item.label for item in items] == labels
    assert {browser.get(item.url).status_code for item in items} == {200}
    assert [item.label for item in items if item.current] == ["Dashboard"]


@pytest.mark.django_db
def test_nobody_gets_in_without_signing_in(client_as):
    for path in ("/", "/search/?q=jane", "/candidates/upload/", "/candidates/candidate/"):
        answer = client_as(None).get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")


@pytest.mark.django_db
def test_the_search_finds_people_and_jobs_only_where_they_may_be_seen(recruiter, interviewer, client_as):
    CandidateFactory(full_name="Amara Okafor")
    JobFactory(title="Okapi Keeper", confidential=True)
    found = client_as(recruiter).get("/search/?q=oka").json()
    assert [(group["label"], [hit["title"] for hit in group["hits"]]) for group in found["groups"]] == [
        ("People", ["Amara Okafor"])
    ]
    assert client_as(interviewer).get("/search/?q=oka").json()["groups"] == []


@pytest.mark.django_db
def test_a_search_for_people_is_on_record_without_its_words(recruiter, client_as, events):
    client_as(recruiter).get("/search/?q=jane@example.org")
    (event,) = events("candidate.searched")
    assert event.changes == {"by_what": "email"}
    assert event.actor_id == str(recruiter.pk)


@pytest.mark.django_db
def test_pages_carry_the_strict_policy(recruiter, client_as):
    policy = client_as(recruiter).get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.django_db
def test_a_missing_page_wears_the_theme(recruiter, client_as):
    answer = client_as(recruiter).get("/nowhere/")
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content


# --- Accounts and tokens ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_operator_sees_no_password_hash_and_makes_no_superuser(operator, client_as):
    other = UserFactory(username="otherone", password="argon2$secret-hash")
    answer = client_as(operator).get(f"/hrassist/user/{other.pk}/change/")
    assert b"secret-hash" not in answer.content
    assert b"is_superuser" not in answer.content
    data = {"username": "otherone", "time_zone": "UTC", "is_active": "on", "is_superuser": "on"}
    client_as(operator).post(f"/hrassist/user/{other.pk}/change/", data)
    other.refresh_from_db()
    assert not other.is_superuser


@pytest.mark.django_db
def test_an_operator_cannot_touch_a_superuser(operator, client_as):
    root = User.objects.create_superuser("root", password="x")
    assert client_as(operator).post(f"/hrassist/user/{root.pk}/change/", {"username": "mine"}).status_code == 403
    assert client_as(operator).get(f"/hrassist/user/{root.pk}/password/").status_code == 403


def access(user):
    user.refresh_from_db()
    return user.is_active, user.is_staff, {group.name for group in user.groups.all()}


@pytest.mark.django_db
def test_nobody_but_a_superuser_gives_themselves_a_role(operator, client_as):
    path, more = f"/hrassist/user/{operator.pk}/change/", Group.objects.get(name="Recruiter").pk
    data = {"username": operator.username, "time_zone": "UTC", "first_name": "Olga", "is_staff": "on", "groups": [more]}
    assert client_as(operator).post(path, data).status_code == 302
    assert access(operator) == (True, True, {"Operator"})
    assert operator.first_name == "Olga"
    page = client_as(operator).get(path).content
    assert b'name="groups"' not in page
    assert b'name="is_active"' not in page
    other = UserFactory(role="Operator")
    client_as(other).post(path, data)
    assert access(operator) == (False, True, {"Recruiter"})


@pytest.mark.django_db
def test_a_superuser_may_change_their_own_roles(client_as):
    root = User.objects.create_superuser("root", password="x")
    assert b'name="groups"' in client_as(root).get(f"/hrassist/user/{root.pk}/change/").content


@pytest.mark.django_db
def test_an_operator_may_ask_for_tokens_of_their_own_account_only(operator, recruiter, client_as):
    browser = client_as(operator)
    form = browser.get("/hrassist/apitoken/add/").context["form"]
    assert list(form.fields["user"].queryset) == [operator]
    answer = browser.post(
        "/hrassist/apitoken/add/", {"user": recruiter.pk, "name": "job board", "scopes": ["jobs:read"], "days": 30}
    )
    assert answer.context["form"].errors["user"]
    assert not ApiToken.objects.exists()
    root = User.objects.create_superuser("root", password="x")
    form = client_as(root).get("/hrassist/apitoken/add/").context["form"]
    assert set(form.fields["user"].queryset) == {operator, recruiter, root}


@pytest.mark.django_db
def test_nobody_is_shown_raw_tables_of_libraries(client_as):
    root = client_as(User.objects.create_superuser("root", password="x"))
    assert {model._meta.app_label for model in admin.site._registry} == {
        "audit", "auth", "candidates", "hrassist", "jobs",
    }  # fmt: skip
    for path in ("/auditlog/logentry/", "/procrastinate/procrastinatejob/"):
        assert root.get(path).status_code == 404


@pytest.mark.django_db
def test_a_token_is_shown_by_one_answer_and_never_again(operator, client_as):
    browser = client_as(operator)
    data = {"user": operator.pk, "name": "job board", "scopes": ["jobs:read"], "days": 30}
    answer = browser.post("/hrassist/apitoken/add/", data)
    text = answer.context["token"]
    token = ApiToken.objects.get()
    assert token.matches(text)
    assert "no-store" in answer["Cache-Control"]
    page = browser.get(f"/hrassist/apitoken/{token.pk}/change/")
    assert text.encode() not in page.content
    browser.post(f"/hrassist/apitoken/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.django_db
def test_only_who_looks_after_tokens_issues_them(recruiter, client_as):
    assert client_as(recruiter).get("/hrassist/apitoken/add/").status_code == 403


@pytest.mark.django_db
def test_roles_are_read_only(operator, client_as):
    assert client_as(operator).get("/auth/group/").status_code == 200
    assert client_as(operator).get("/auth/group/add/").status_code == 403
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    assert not admin.site._registry[ApiToken].has_delete_permission(request)
