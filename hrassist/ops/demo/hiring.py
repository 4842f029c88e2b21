"""The demo's requisitions, posts, and a drive with links through which people came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from candidates.models import Source
from hrassist.models import User
from jobs.actions import drives, job_posts, links, requisitions
from jobs.models import Application, Job, JobPost, RecruitmentDrive, Requisition, TrackingLink

DRIVE = "Autumn campus drive"
# External id, title, department, people, reason, why, pay from and to, and how far it has come.
WANTED = (
    ("demo-req-1", "Platform Engineer", "Engineering", 2, Requisition.Reason.NEW,
     "The payments team carries the platform beside its own work. Two people take over deployment and observability.",
     62000, 78000, "approved"),
    ("demo-req-2", "Payroll Specialist", "Finance", 1, Requisition.Reason.REPLACEMENT,
     "Replaces a colleague who retires in spring; a month of working side by side is planned.", 48000, 56000, "asked"),
    ("demo-req-3", "Support Agent, evenings", "Customer care", 4, Requisition.Reason.TEMPORARY,
     "Calls double from November to January. Contracts for four months.", 30000, 34000, "waits_for_recruiter"),
    ("demo-req-4", "Brand Designer", "Marketing", 1, Requisition.Reason.NEW,
     "Campaigns are bought from an agency today, which costs more than a position.", 50000, 60000, "declined"),
    ("demo-req-5", "Data Analyst", "Operations", 1, Requisition.Reason.NEW, "", 52000, 64000, "draft"),
)  # fmt: skip


def ensure(*, by: User, team: Sequence[User], jobs: Sequence[Job], now: datetime) -> None:
    """Add what is missing; each part is there whole or not at all."""
    manager = team[0]
    for number, wanted in enumerate(WANTED):
        _ensure_requisition(wanted, by=by, manager=manager, now=now - timedelta(days=20 - 3 * number))
    public = [job for job in jobs if not job.confidential and job.status == Job.Status.OPEN]
    for job in public[:6]:
        _ensure_post(job, by=by, now=now)
    if public:
        _ensure_drive(public[:4], by=by, colleague=manager, now=now)


@transaction.atomic
def _ensure_requisition(
    wanted: tuple[str, str, str, int, str, str, int, int, str], *, by: User, manager: User, now: datetime
) -> None:
    external_id, title, department, people, reason, why, low, high, state = wanted
    if Requisition.objects.filter(external_id=external_id).exists():
        return
    facts = {
        "external_id": external_id, "title": title, "department": department, "headcount": people, "reason": reason,
        "justification": why, "budget_from": Decimal(low), "budget_to": Decimal(high), "currency": "EUR",
        "city": "Berlin", "country": "DE", "wanted_by": (now + timedelta(days=75)).date(),
    }  # fmt: skip
    asks = by if state in {"asked", "approved", "draft"} else manager
    one = requisitions.create(by=asks, now=now, facts=facts)
    later = now + timedelta(days=1)
    if state == "draft":
        return
    chain = [by] if state == "waits_for_recruiter" else [manager, by] if asks == by else [by, manager]
    requisitions.submit(requisition=one, approvers=chain, by=asks, now=now)
    if state == "approved":
        requisitions.decide(requisition=one, by=manager, approve=True, now=later, comment="Agreed in the budget round.")
        requisitions.decide(requisition=one, by=by, approve=True, now=later + timedelta(days=1))
    elif state == "declined":
        requisitions.decide(
            requisition=one, by=by, approve=False, now=later, comment="Not before the new budget. Ask in January."
        )  # fmt: skip


@transaction.atomic
def _ensure_post(job: Job, *, by: User, now: datetime) -> None:
    if JobPost.objects.filter(job=job).exists():
        return
    post = job_posts.create(job=job, by=by, now=now - timedelta(days=5), facts={})
    job_posts.publish(post=post, by=by, now=now - timedelta(days=4))


@transaction.atomic
def _ensure_drive(jobs: Sequence[Job], *, by: User, colleague: User, now: datetime) -> None:
    """A running drive; applications that came from a fair or a colleague are counted with its links."""
    if RecruitmentDrive.objects.filter(name=DRIVE).exists():
        return
    began = now - timedelta(days=75)
    facts = {
        "name": DRIVE, "description": "Fairs at four universities, a newsletter, and colleagues who know somebody.",
        "starts_on": began.date(), "ends_on": (now + timedelta(days=30)).date(), "target_applications": 60,
        "target_hires": 8,
    }  # fmt: skip
    drive = drives.create(by=by, now=began, facts=facts)
    for job in jobs:
        drives.put_job(drive=drive, job=job, target_hires=2, by=by, now=began)
    drives.start(drive=drive, by=by, now=began)
    event = Source.objects.filter(kind=Source.Kind.EVENT).first()
    made = [
        links.create(drive=drive, by=by, now=began, facts={"label": label, "source": event})
        for label in ("University fair", "October newsletter")
    ]
    links.my_referral_link(job=jobs[0], by=colleague, now=began)
    _count_as_come(made, jobs)


def _count_as_come(made: Sequence[TrackingLink], jobs: Sequence[Job]) -> None:
    came = Application.objects.filter(job__in=jobs, source__in=("Job fair", "Career page"), tracking_link=None)
    keys = list(came.order_by("applied_at").values_list("pk", flat=True))
    for number, link in enumerate(made):
        mine = keys[number :: len(made)]
        Application.objects.filter(pk__in=mine).update(tracking_link=link)
        TrackingLink.objects.filter(pk=link.pk).update(visits=len(mine) * (7 - 2 * number) + 11)
