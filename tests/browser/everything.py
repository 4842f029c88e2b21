"""Rows of every noun as a busy week leaves them, and the address of every page that somebody may open over them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from candidates.actions import imports
from candidates.models import ResumeParse
from hrassist import long_tasks
from hrassist.models import LongTask, Notification, SavedView, User
from jobs.actions import intake, matching, requisitions
from jobs.models import (
    Application,
    EmailTemplate,
    HiringTeamMember,
    IntakeSubmission,
    JobPost,
    Message,
    Offer,
    Opening,
    Stage,
)
from tests import factories, hiring
from tests.jobs.matching.people import CHEF_RESUME, PYTHON_RESUME, resume_of
from tests.test_permissions import routes
from tests.world import World

SECRET = "a-secret-that-only-the-applicant-has"
# What answers programs, ends the visit, or serves a file.
NO_PAGES = (
    "api/",
    "storage/",
    "files/",
    "logout",
    "livez",
    "readyz",
    "r/",
    "mail/",
    "policy-reports",
    "apply/",
    "careers/",
)
PARSE = {
    "json_resume": {"work": [{"name": "Acme", "position": "Staff Engineer", "startDate": "2019"}]},
    "fields": [
        {
            "label": "EMPLOYER", "value": "Acme", "start": 36, "end": 40, "page": 1, "confidence": 0.9,
            "path": "/work/0/name",
        }
    ],
}  # fmt: skip
TABLE = "Name;E-Mail;Ort\nJörg Müller;joerg@example.org;Köln\n;nobody@example.org;\n"


class Everything(World):
    """One of every noun that belongs to this person's work, and around it what makes pages long and full."""

    def __init__(self, user: User):
        super().__init__(user, "own")
        self.person = user
        self.colleague = factories.UserFactory(first_name="Cora", last_name="Lind", role="Recruiter")
        HiringTeamMember.objects.create(job=self.job, user=self.colleague, role="recruiter")
        ResumeParse.objects.filter(resume=self.resume).update(**PARSE)
        self._people()
        self._paperwork()
        self._own_desk()
        self.tasks = self._imports() if user.has_perm("candidates.import_candidate") else []

    def _people(self) -> None:
        stages = list(Stage.objects.filter(job=self.job).order_by("position"))
        for number, text in enumerate((PYTHON_RESUME, CHEF_RESUME, PYTHON_RESUME)):
            candidate = resume_of(text, full_name=f"Mara Lindt {number}")
            factories.ApplicationFactory(candidate=candidate, job=self.job, stage=stages[number])
        Application.objects.filter(job=self.job).update(entered_stage_at=timezone.now() - timedelta(days=12))
        matching.rank_people(job_id=self.job.pk, by=self.colleague, now=timezone.now())
        hiring.CandidateTagFactory(candidate=self.candidate, tag=self.hiring["tag"])
        hiring.PoolMembershipFactory(candidate=self.candidate, pool=self.hiring["talentpool"])

    def _paperwork(self) -> None:
        asked = hiring.RequisitionFactory(created_by=self.colleague, headcount=2)
        if self.person.has_perm(requisitions.APPROVE):
            requisitions.submit(requisition=asked, approvers=[self.person], by=self.colleague, now=timezone.now())
        Opening.objects.create(job=self.job, number=1)
        for number in range(3):
            attribute = hiring.ScorecardAttributeFactory(job=self.job, name=f"Trait {number}")
            self.hiring["scorecard"].ratings.create(attribute=attribute, rating=number + 1)
        for status in (Offer.Status.APPROVED, Offer.Status.SENT):
            one = factories.ApplicationFactory(job=self.job)
            hiring.OfferFactory(application=one, created_by=self.colleague, status=status)
        for state in Message.State.values:
            about = {"candidate": self.candidate, "application": self.application}
            hiring.MessageFactory(**about, by=self.colleague, state=state)
        hiring.EmailTemplateFactory(kind=EmailTemplate.Kind.REJECTION)
        now = timezone.now()
        self.post = hiring.JobPostFactory(
            job=self.job, language="de", status=JobPost.Status.LIVE, published_at=now, title="Bäcker (m/w/d)"
        )
        IntakeSubmission.objects.update(secret_digest=intake.digest(SECRET))

    def _own_desk(self) -> None:
        for kind in Notification.Kind.values:
            Notification.objects.create(user=self.person, kind=kind, text="Mara Lindt waits for you", url="/")
        SavedView.objects.create(model="candidates.candidate", name="Ours", owner=self.colleague, shared=True)
        LongTask.objects.create(kind="test", title="Tagging", created_by=self.person, total=80)

    def _imports(self) -> list[LongTask]:
        """A table at each step of its way: read, checked, imported."""
        by = self.person
        file = io.BytesIO(TABLE.encode())
        size = len(TABLE.encode())
        read = imports.receive(file=file, filename="people.csv", size=size, by=by, now=timezone.now())
        long_tasks.run(read.pk)
        read.refresh_from_db()
        checked = imports.check(
            read=read, mapping=["full_name", "email", "city"], existing="fill", source="Fair", goal="", goal_key="",
            by=by, now=timezone.now(),
        )  # fmt: skip
        long_tasks.run(checked.pk)
        checked.refresh_from_db()
        done = imports.run(checked=checked, by=by, now=timezone.now())
        long_tasks.run(done.pk)
        return [read, checked, done]

    def paths(self) -> list[str]:
        """One address of every kind, and those that a question makes, whether this person may open them or not."""
        plain = [
            "/" + self.path(route) for route, methods in routes() if "GET" in methods and not route.startswith(NO_PAGES)
        ]
        return list(dict.fromkeys([*plain, *self._asked()]))

    def addresses(self, paths: Iterable[str] | None = None) -> list[str]:
        """Those of all paths, or of these, that answer this person with a page."""
        client = Client(raise_request_exception=False)
        client.force_login(self.person)
        return [path for path in (self.paths() if paths is None else paths) if is_page(client, path)]

    def _asked(self) -> list[str]:
        person, job = self.candidate.pk, self.job.pk
        return [
            f"/candidates/candidate/{person}/change/?edit=1",
            f"/candidates/candidate/{person}/resume/?q=python",
            f"/candidates/candidate/{person}/merge/?q=Doe",
            "/candidates/candidate/?q=python",
            "/candidates/candidate/?q=skil:python",
            "/candidates/candidate/?q=nobody-is-called-that",
            f"/jobs/job/{job}/ranked/?unranked=1",
            f"/jobs/job/{job}/why-not/?person={person}",
            f"/jobs/candidate/{person}/messages/new/?template={self.hiring['emailtemplate'].pk}",
            "/exports/?export_list=candidates.candidate",
            "/reports/funnel/?department=Nothing",
            *(f"/tasks/{task.pk}/" for task in self.tasks),
            *(f"/candidates/import/{task.pk}/" for task in self.tasks),
        ]

    def public_addresses(self) -> list[str]:
        link = self.hiring["trackinglink"]
        return [
            "/careers/",
            f"/careers/{self.post.pk}/",
            f"/apply/{link.token}/",
            f"/apply/status/{SECRET}/",
            "/apply/a-link-that-never-was/",
            "/login/",
        ]


def is_page(client: Client, path: str) -> bool:
    answer = client.get(path)
    assert answer.status_code < 500, f"{path} answers {answer.status_code}"
    return (
        answer.status_code == 200
        and "text/html" in answer["Content-Type"]
        and not answer.streaming
        and b"<html" in answer.content
    )


def somebody(role: str) -> User:
    assert Group.objects.filter(name=role).exists(), role
    return factories.UserFactory(first_name="Sam", last_name=role, role=role)
