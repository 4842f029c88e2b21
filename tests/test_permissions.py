"""Every address × method × whose thing it is × role: the answer's status, held in tests/permissions.txt.

An address without a line fails. After a wanted change: HRASSIST_REWRITE=1 pytest tests/test_permissions.py, then read
the difference line by line, because it is what people may do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from audit.actions import seals
from audit.models import Event, Seal
from audit.sealing.keys import generate
from candidates.models import (
    Candidate,
    CandidateMerge,
    CorrectionRequest,
    DataExport,
    DuplicateGroup,
    DuplicateMember,
    Erasure,
    LegalHold,
    Notice,
    RetentionRule,
    Source,
)
from hrassist import roles
from hrassist.models import ApiToken, LongTask, Notification, SavedView, User
from jobs.models import Absence, DriveJob, IntakeSubmission, MatchRun, Referral, RejectionReason, ReviewRequest
from tests import hiring
from tests.factories import (
    ApplicationFactory,
    CandidateFactory,
    JobFactory,
    ResumeFactory,
    UploadTicketFactory,
    UserFactory,
    api_token,
)

TABLE = Path(__file__).parent / "permissions.txt"
ROLES = {
    "nobody": None,
    "outsider": "",
    "interviewer": "Interviewer",
    "manager": "Hiring manager",
    "coordinator": "Coordinator",
    "recruiter": "Recruiter",
    "auditor": "Auditor",
    "officer": "Privacy officer",
    "operator": "Operator",
}
# What stands in the table for a pattern that is a bare regular expression.
SAMPLES = {r"^(?P<app_label>": "jobs/", r"(?P<url>": "nothing-here"}
METHODS = {"storage/incoming/<str:token>": ["PUT"]}

# Of their own team's job; of an open job of others; of a confidential one of others.
WHOSE = ("own", "open", "other")

Key = tuple[str, str, str]


def routes() -> Iterator[tuple[str, list[str]]]:
    def walk(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            sample = next((path for start, path in SAMPLES.items() if route.startswith(start)), route)
            yield from walk(pattern, route) if hasattr(pattern, "url_patterns") else [(sample, pattern)]

    for route, pattern in walk(get_resolver()):
        view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
        if route in METHODS:
            yield route, METHODS[route]
        elif view is not None and route.startswith("api/"):
            yield route, [name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)]
        else:
            yield route, ["GET"] if view is not None else ["GET", "POST"]


def keys() -> list[Key]:
    return [
        (route, method, whose)
        for route, methods in routes()
        for method in methods
        for whose in (WHOSE if "<" in route else ("-",))
    ]


class World:
    """Things the person has to do with (`own`: their team's job) or not.

    `open` is somebody else's job that is no secret, `other` is somebody else's confidential one.
    """

    def __init__(self, user: User | None, whose: str):
        somebody = UserFactory()
        owner = user if user and whose == "own" else somebody
        roles = {"Interviewer": "interviewer", "Hiring manager": "hiring_manager", "Recruiter": "recruiter"}
        role = user.groups.first() if user else None
        team = {user: roles[role.name]} if user and role and role.name in roles and whose == "own" else {}
        self.job = JobFactory(confidential=whose == "other", team={somebody: "recruiter"} | team)
        self.candidate = CandidateFactory()
        self.resume = ResumeFactory(candidate=self.candidate, content=b"%PDF-1.7", pages=1, parse={})
        self.application = ApplicationFactory(job=self.job, candidate=self.candidate)
        self.upload = UploadTicketFactory(created_by=owner, filename="cv.pdf")
        self.run = MatchRun.objects.create(
            job=self.job,
            model_hash="",
            weights={},
            criteria=[],
            considered=0,
            ranked=0,
            milliseconds=0,
            created_by=owner,
        )
        self.user = owner
        self.hiring = hiring_rows(self.application, owner)
        api_token(owner)
        self.token = ApiToken.objects.filter(user=owner).latest("created_at")

    def path(self, route: str) -> str:
        values = self.values(route)
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), route)

    def values(self, route: str) -> dict[str, Any]:
        """What stands for each parameter of an address."""
        model = re.match(r"(\w+)/(\w+)/<path:object_id>", route)
        return {
            "candidate_id": self.candidate.pk,
            "resume_id": self.resume.pk,
            "job_id": self.job.pk,
            "application_id": self.application.pk,
            "upload_id": self.upload.pk,
            "run_id": self.run.pk,
            "user_id": self.job.team.first().user_id,
            "id": self.user.pk,
            "number": 1,
            "page": 1,
            "code": "eu",
            "token": "not-a-ticket",
            "factor_id": 2_000_000_001,
            "organization_slug": "nobody",
            "export_id": self.hiring["dataexport"].pk,
            "apitoken_id": self.token.pk,
            **{f"{name}_id": row.pk for name, row in self.hiring.items()},
            "content_type_id": ContentType.objects.get_for_model(Candidate).pk,
            "object_id": self._object(model[2]) if model else self.candidate.pk,
        }

    def _object(self, model: str) -> Any:
        made = {
            "candidate": self.candidate,
            "job": self.job,
            "application": self.application,
            "uploadticket": self.upload,
            "user": self.user,
            "apitoken": self.token,
            **self.hiring,
        }
        if model in made:
            return made[model].pk
        if model == "rejectionreason":
            return RejectionReason.objects.get_or_create(name="Withdrew")[0].pk
        if model == "seal":
            return sealed()
        rows: dict[str, Any] = {"group": Group, "event": Event}
        assert model in rows, f"tests/test_permissions.py does not know how to make a {model}"
        return rows[model].objects.first().pk


def sealed() -> int:
    """The number of some seal over the trail; an interval without events is sealed too."""
    if not Seal.objects.exists():
        seals.seal_next(ring=generate(), heartbeat=timedelta(0))
    return int(Seal.objects.values_list("pk", flat=True).first() or 0)


def hiring_rows(application: Any, owner: User) -> dict[str, Any]:
    """One row of every further noun, about this application or its person, by the name of its model."""
    about: dict[str, Any] = {"application": application}
    interview = hiring.InterviewFactory(**about, created_by=owner, interviewers=[owner])
    link = hiring.TrackingLinkFactory(job=application.job, created_by=owner)
    drive = hiring.DriveFactory(created_by=owner)
    DriveJob.objects.create(drive=drive, job=application.job)
    group = DuplicateGroup.objects.create(size=2)
    twin = CandidateFactory()
    ApplicationFactory(candidate=twin, job=application.job)
    for member in (application.candidate, twin):
        DuplicateMember.objects.create(group=group, candidate=member)
    gone = CandidateFactory(merged_into=application.candidate)
    now = timezone.now()
    return {
        "tag": hiring.TagFactory(),
        "talentpool": hiring.TalentPoolFactory(),
        "poolmembership": hiring.PoolMembershipFactory(candidate=application.candidate),
        "source": Source.objects.create(name=f"source of {application.pk}"),
        "duplicategroup": group,
        "candidatemerge": CandidateMerge.objects.create(kept=application.candidate, gone=gone, by=owner),
        "requisition": hiring.RequisitionFactory(job=application.job, created_by=owner),
        "jobpost": hiring.JobPostFactory(job=application.job),
        "recruitmentdrive": drive,
        "trackinglink": link,
        "intakesubmission": IntakeSubmission.objects.create(
            link=link, job=application.job, full_name="Jane", email="jane@example.org", consented_at=now,
            application=application, candidate=application.candidate,
        ),
        "interview": interview,
        "scorecard": hiring.ScorecardFactory(**about, by=owner, interview=interview),
        "absence": Absence.objects.create(user=owner, starts_at=now, ends_at=now + timedelta(days=1)),
        "offer": hiring.OfferFactory(**about, created_by=owner),
        "tailoringrun": hiring.TailoringRunFactory(**about, created_by=owner),
        "reportdocument": hiring.ReportDocumentFactory(job=application.job, owner=owner),
        "reportschedule": hiring.ReportScheduleFactory(job=application.job, created_by=owner),
        "modelendpoint": hiring.ModelEndpointFactory(updated_by=owner),
        "resumetemplate": hiring.ResumeTemplateFactory(created_by=owner),
        "emailtemplate": hiring.EmailTemplateFactory(),
        "message": hiring.MessageFactory(**about, candidate=application.candidate, by=owner),
        "note": hiring.NoteFactory(**about, candidate=application.candidate, by=owner),
        "humandecision": hiring.HumanDecisionFactory(**about, by=owner),
        "referral": Referral.objects.create(application=application, referred_by=owner),
        "notification": Notification.objects.create(
            user=owner, kind=Notification.Kind.MENTION, text="You were mentioned", url="/"
        ),
        "savedview": SavedView.objects.create(model="candidates.candidate", name="Mine", owner=owner),
        "longtask": LongTask.objects.create(kind="test", title="Test", created_by=owner),
        "task": LongTask.objects.create(kind="test", title="Test", created_by=owner),
        **privacy_rows(application, owner),
    }  # fmt: skip


def privacy_rows(application: Any, owner: User) -> dict[str, Any]:
    """What people asked for about their data, and what holds for it."""
    candidate, due = application.candidate, timezone.now() + timedelta(days=30)
    number = Notice.objects.count() + 2
    return {
        "dataexport": DataExport.objects.create(candidate=candidate, channel="mail", requested_by=owner, due_at=due),
        "erasure": Erasure.objects.create(
            candidate=application.candidate, channel=Erasure.Channel.values[0], requested_by=owner, run_after=due,
            due_at=due, reason="Asked by mail",
        ),
        "legalhold": LegalHold.objects.create(
            scope="application", target_ref=application.pk, reason="A dispute", placed_by=owner
        ),
        "retentionrule": RetentionRule.objects.create(
            name="Of one job", clock="rejected", months=12, job_ref=application.job_id
        ),
        "notice": Notice.objects.create(
            kind="privacy", jurisdiction="test", version=number, title="Notice", text="What we keep.",
            sha256=Notice.digest("Notice", "What we keep."), published_at=timezone.now(), published_by=owner,
        ),
        "correctionrequest": CorrectionRequest.objects.create(candidate=candidate, proposed={"city": "Bonn"}),
        "reviewrequest": ReviewRequest.objects.create(
            application=application, channel=ReviewRequest._meta.get_field("channel").choices[0][0], due_at=due
        ),
    }  # fmt: skip


class Person:
    """Somebody in a role, with things of their own and of others, who asks for one address after the other."""

    def __init__(self, role: str):
        group = ROLES[role]
        user = UserFactory(role=group) if group is not None else None
        self.worlds = {whose: World(user, whose) for whose in WHOSE}
        self.token = api_token(user) if user else ""
        client = Client()
        if user:
            client.force_login(user)
        self.cookies = client.cookies

    def ask(self, key: Key) -> int:
        """The status of one request, whose traces are undone."""
        route, method, whose = key
        with transaction.atomic():
            path = "/" + self.worlds["own" if whose == "-" else whose].path(route)
            if route.startswith("api/"):
                client: Any = APIClient(raise_request_exception=False)
                if self.token:
                    client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.token}")
                response = getattr(client, method.lower())(path, *([] if method == "GET" else [{}]), format="json")
            else:
                client = Client(raise_request_exception=False)
                client.cookies = SimpleCookie(self.cookies.output(header="", sep=";"))
                response = getattr(client, method.lower())(path)
            transaction.set_rollback(True)
        return int(response.status_code)


def table() -> dict[Key, dict[str, int]]:
    read: dict[Key, dict[str, int]] = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            method, whose, *statuses, route = line.split(None, len(ROLES) + 2)
            read["" if route == "(start)" else route, method, whose] = dict(zip(ROLES, map(int, statuses), strict=True))
    return read


def rewrite() -> None:
    widths = [max(4, len(role)) for role in ROLES]
    head = (
        "# method whose  " + " ".join(role.ljust(width) for role, width in zip(ROLES, widths, strict=True)) + " route"
    )
    lines, asked = [head], list(keys())
    # One after the other: pages that ask for a recent sign-in must not find one that is old because this took long.
    found = [[person.ask(key) for key in asked] for person in map(Person, ROLES)]
    for key, row in zip(asked, zip(*found, strict=True), strict=True):
        statuses = " ".join(str(status).ljust(width) for status, width in zip(row, widths, strict=True))
        lines.append(f"{key[1].ljust(8)} {key[2].ljust(6)} {statuses} {key[0] or '(start)'}")
    TABLE.write_text("\n".join(lines) + "\n")


if os.environ.get("HRASSIST_REWRITE"):

    @pytest.mark.django_db
    def test_the_table_was_rewritten():
        """Only after a wanted change."""
        rewrite()
        pytest.fail("permissions.txt was rewritten: read the difference, then run without HRASSIST_REWRITE")


def test_no_role_is_left_out():
    assert {group for group in ROLES.values() if group} == set(roles.ROLES)


def test_every_address_has_its_line_and_every_line_its_address():
    known, there = set(table()), set(keys())
    assert there - known == set(), "A new address: HRASSIST_REWRITE=1 pytest tests/test_permissions.py, read its line."
    assert known - there == set(), "An address is gone: HRASSIST_REWRITE=1 pytest tests/test_permissions.py."


@pytest.mark.django_db
@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_the_answers_of_the_table(role, half):
    person = Person(role)
    rows = list(table().items())[half::2]
    found = {key: status for key, row in rows if (status := person.ask(key)) != row[role]}
    assert found == {key: table()[key][role] for key in found}


def test_without_signing_in_nothing_but_the_doors_is_open():
    doors = {
        "livez",
        "readyz",
        "login/",
        "password/reset/",
        "my/",
        "careers/",
        "careers/<uuid:jobpost_id>/",
        "policy-reports",
    }
    open_to_all = {route for (route, _, _), row in table().items() if row["nobody"] < 300}
    assert open_to_all <= doors


def test_somebody_without_a_role_sees_no_record_of_anybody():
    own_account = {"", "api/v1/me", "password_change/", "password_change/done/", "logout/", "search/", "jsi18n/"} | {
        "notifications/", "notifications/latest/", "notifications/read/", "preferences/", "tasks/",
        "tasks/<uuid:task_id>/", "tasks/<uuid:task_id>/state/", "views/",
        "account/", "account/confirm/", "account/factors/add/", "account/signed-in-again/", "account/session/",
    }  # fmt: skip
    # The list of an app's pages shows only those that the person may open, here none.
    empty = {"jobs/", "api/v1/schema"}
    seen = {route for (route, _, _), row in table().items() if row["outsider"] < 300 and row["nobody"] >= 300}
    assert seen <= own_account | empty


def test_a_confidential_job_is_hidden_from_everybody_outside_its_team():
    things = r"job_id|application_id|resume_id|candidate_id|run_id|(jobs/(job|application)|candidates/candidate)/<path"
    leaks = {
        (key, role)
        for key, row in table().items()
        for role, status in row.items()
        if key[2] == "other" and re.search(things, key[0]) and status < 300
    }
    assert leaks == set()


def test_those_who_run_the_machine_or_audit_it_read_no_resume():
    leaks = {
        key
        for key, row in table().items()
        if re.search(r"resume|candidates/candidate/", key[0]) and (row["operator"] < 300 or row["auditor"] < 300)
    }
    assert leaks == set()


def test_no_answer_is_a_server_error():
    assert {key: row for key, row in table().items() if max(row.values()) >= 500} == {}
