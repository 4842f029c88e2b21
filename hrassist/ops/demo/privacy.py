"""What the demo's people were told, agreed to and asked for, and what became of it, through the real actions."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from candidates import disclosure, erasure
from candidates.actions import (
    candidates,
    consents,
    correction_requests,
    data_exports,
    erasures,
    legal_holds,
    notices,
    retention,
    self_service,
)
from candidates.models import (
    Candidate,
    Channel,
    ConsentRecord,
    CorrectionRequest,
    DataExport,
    Erasure,
    LegalHold,
    Notice,
    NoticeDelivery,
    RetentionDue,
    SelfServiceLink,
)
from hrassist import scans, security_alerts
from hrassist.lib import tally
from hrassist.models import Scan, SecurityAlert, Tally, User
from jobs.actions import applications, job_notices, privacy_settings, ranking_choices, review_requests
from jobs.models import (
    Application,
    Job,
    JobPrivacy,
    JurisdictionSetting,
    RankingOptOut,
    RejectionReason,
    ReviewRequest,
)

CONTACT, GRIEVANCES = "privacy@example.com", "grievances@example.com"
# The places of the demo's jobs, with what their switches need.
PLACES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("eu", {"contact": CONTACT}),
    ("in", {"contact": CONTACT, "grievance_contact": GRIEVANCES}),
    ("us-il", {"contact": CONTACT, "alternative": "Write to people@example.com for a talk in place of the ranking."}),
)
NOT_RANKED = "demo-job-10"
TOLD = 24
# Whose rights are used here: people of their own, whom no file brings back once they are erased.
ASKED, WAITS, SECOND = "demo-privacy-erased", "demo-privacy-waits", "demo-privacy-second"
UPHELD, OPEN = "demo-privacy-upheld", "demo-privacy-review"
DUE, SOON, HELD = "demo-privacy-due", "demo-privacy-soon", "demo-privacy-held"
# External id, name, headline, city, country, and how many days ago their record was made.
PEOPLE = (
    (ASKED, "Vera Lindholm", "Warehouse lead", "Gothenburg", "SE", 40),
    (WAITS, "Casper Nygaard", "Accountant", "Aarhus", "DK", 33),
    (SECOND, "Ottilie Brandt", "Event manager", "Cologne", "DE", 61),
    (UPHELD, "Yusuf Adeyemi", "Support specialist", "London", "GB", 48),
    (OPEN, "Lucía Ferrer", "Financial analyst", "Valencia", "ES", 37),
    (DUE, "Hanna Kowalczyk", "Buyer", "Gdańsk", "PL", 176),
    (SOON, "Matteo Ricci", "Sales assistant", "Turin", "IT", 164),
    (HELD, "Greta Solheim", "Team assistant", "Bergen", "NO", 179),
)
SAID = (
    "The reason that I was given does not fit: I have done this work for six years.",
    "I believe that a program sorted my application out. I ask that somebody reads it.",
)
CONSENTING = 7
# How long the demo waits for an erasure to be certified; a worker does it otherwise.
PATIENCE = timedelta(seconds=12)
# What two scanners wrote: one with nothing, one with a weakness that the security page tells operators of.
CLEAN: dict[str, list[str]] = {"results": []}
WEAK = {"Results": [{"Target": "hrassist", "Vulnerabilities": [
    {"VulnerabilityID": "DEMO-2026-0001", "PkgName": "an-invented-package", "InstalledVersion": "1.4.2",
     "Severity": "HIGH"},
]}]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts: the recruiter, a second one who looks again, and the privacy officer."""

    recruiter: User
    second: User
    officer: User


def ensure(*, jobs: Sequence[Job], cast: Cast, now: datetime) -> None:
    """Add what is missing; each part is there whole or not at all."""
    _law(jobs, cast, now=now)
    people = _people(cast, now=now)
    _told(now=now)
    _reviews(people, jobs, cast, now=now)
    applicants = _applicants(jobs)
    _consents(applicants, cast, now=now)
    _asked_for(applicants, cast, now=now)
    _held(people, cast, now=now)
    if not RetentionDue.objects.exists():
        retention.forecast(now=now)
    _watched(now=now)
    _finish_erasures(cast, now=now)


def _law(jobs: Sequence[Job], cast: Cast, *, now: datetime) -> None:
    """The switches of the jobs' places, a job without a ranking, and a notice that somebody is rewriting."""
    if not JurisdictionSetting.objects.filter(updated_by=cast.officer).exists():
        for code, facts in PLACES:
            privacy_settings.set_jurisdiction(code=code, enabled=True, by=cast.officer, now=now, **facts)
    for job in jobs:
        if job.external_id == NOT_RANKED and not JobPrivacy.objects.filter(job=job).exists():
            privacy_settings.set_job(
                job=job, ranking_off=True, why="Few people apply: we read every resume.", codes=None,
                by=cast.recruiter, now=now,
            )  # fmt: skip
    if not Notice.objects.filter(created_by=cast.officer).exists():
        standing = notices.standing(Notice.Kind.PRIVACY, "", "en", now=now)
        text = standing.text.replace("to decide about your application", "to decide about your application with you")
        notices.draft(
            kind=standing.kind, jurisdiction="", language="en", title=standing.title, text=text, by=cast.officer,
            now=now,
        )  # fmt: skip


@transaction.atomic
def _people(cast: Cast, *, now: datetime) -> dict[str, Candidate]:
    """Those of PEOPLE who are still there; made once, with what they ask for: an erased one does not come back."""
    if not Erasure.objects.filter(requested_by=cast.officer).exists():
        made = {
            key: _person(
                key, name=name, headline=headline, place=(city, country), days=days, by=cast.recruiter, now=now
            )
            for key, name, headline, city, country, days in PEOPLE
        }
        _erasures(made, cast, now=now)
    return {one.external_id: one for one in Candidate.objects.filter(external_id__in=[key for key, *_ in PEOPLE])}


def _person(
    key: str, *, name: str, headline: str, place: tuple[str, str], days: int, by: User, now: datetime
) -> Candidate:  # fmt: skip
    """Their mail address is one that leads nowhere; who waits for an answer has none, so that nothing is sent."""
    first, last = name.lower().split()
    address = f"{first}.{last}@example.net".encode("ascii", "ignore").decode()
    city, country = place
    return candidates.create(
        by=by, now=now - timedelta(days=days),
        facts={"full_name": name, "headline": headline, "city": city, "country": country, "source": "Job fair",
               "external_id": key},
        contacts={} if key in {UPHELD, OPEN} else {"emails": [{"value": address}]},
    )  # fmt: skip


def _erasures(people: Mapping[str, Candidate], cast: Cast, *, now: datetime) -> None:
    """One that runs at once, one that can be taken back for months, one that a second person has to agree to."""
    asked: tuple[tuple[str, str, str, timedelta, bool], ...] = (
        (ASKED, Erasure.Channel.MAIL, "Asked for it by letter.", timedelta(0), False),
        (WAITS, Erasure.Channel.MAIL, "Asked for it by mail, after our last answer.", timedelta(hours=12), False),
        (SECOND, Erasure.Channel.ADMIN, "Came twice into the system, and is known under another name.",
         timedelta(hours=12), True),
    )  # fmt: skip
    for key, channel, reason, wait, second in asked:
        erasures.request(
            candidate=people[key], by=cast.officer, channel=channel, reason=reason, now=now, wait=wait,
            needs_second=second,
        )  # fmt: skip


def _finish_erasures(cast: Cast, *, now: datetime) -> None:
    """What is due goes to its certificate, which takes a second look some seconds later."""
    due = Erasure.objects.open().filter(requested_by=cast.officer, needs_second=False)
    for pk in list(due.filter(run_after__lte=now + PATIENCE).values_list("pk", flat=True)):
        until = time.monotonic() + PATIENCE.total_seconds()
        while time.monotonic() < until:
            try:
                erasure.run(pk)
                break
            except erasure.Later as wait:
                time.sleep(min(wait.seconds, 2))


@transaction.atomic
def _told(*, now: datetime) -> None:
    """What the newest applicants read on the form, each at the moment they applied."""
    newest = Application.objects.filter(external_id__startswith="demo-").select_related("candidate", "job")
    if NoticeDelivery.objects.filter(candidate__in=newest.values("candidate")).exists():
        return
    for one in newest.order_by("-applied_at", "pk")[:TOLD]:
        texts = job_notices.kept_of_job(one.job, now=now)
        job_notices.tell(
            candidate=one.candidate, job=one.job, notice_ids=[str(text.pk) for text in texts],
            channel=Channel.APPLY_FORM, at=one.applied_at,
        )  # fmt: skip


@transaction.atomic
def _reviews(people: Mapping[str, Candidate], jobs: Sequence[Job], cast: Cast, *, now: datetime) -> None:
    """Two who were refused and ask that a person looks again: one has the answer, one waits for it."""
    if ReviewRequest.objects.exists() or not {UPHELD, OPEN} <= people.keys():
        return
    reason = RejectionReason.objects.filter(kind=RejectionReason.Kind.WE_REJECTED).order_by("pk").first()
    if reason is None:
        return
    for number, key in enumerate((UPHELD, OPEN)):
        applied = now - timedelta(days=30 - 4 * number)
        one = applications.apply(
            candidate=people[key], job=jobs[number % len(jobs)], by=cast.recruiter, now=applied, applied_at=applied,
            source="Career page", credited_to=cast.recruiter,
        )  # fmt: skip
        one = applications.reject(application=one, reason=reason, by=cast.recruiter, now=now - timedelta(days=12))
        asked = review_requests.ask(
            application=one, channel=Channel.PHONE, message=SAID[number], now=now - timedelta(days=6 - 2 * number)
        )
        if key == UPHELD:
            review_requests.answer(
                request=asked, changes=False, by=cast.second, now=now - timedelta(days=2),
                text="I read your application again with the manager of the team. Two of the must-haves are missing, "
                "and we stay with our decision. Thank you for asking.",
            )  # fmt: skip


@transaction.atomic
def _consents(applicants: Sequence[Candidate], cast: Cast, *, now: datetime) -> None:
    """Some agreed to be kept in mind, on the form or on the phone; one has changed their mind since."""
    if ConsentRecord.objects.filter(purpose=ConsentRecord.Purpose.TALENT_POOL).exists():
        return
    notice = job_notices.kept_pool_consent(now=now)
    for number, one in enumerate(applicants[:CONSENTING]):
        at = now - timedelta(days=20 - number)
        by_phone = number % 3 == 2
        consents.give(
            candidate=one, purpose=ConsentRecord.Purpose.TALENT_POOL, notice=notice, now=now, given_at=at,
            channel=Channel.PHONE if by_phone else Channel.APPLY_FORM, by=cast.recruiter if by_phone else None,
            evidence=f"Call of {at:%-d %B}, with {cast.recruiter.first_name}" if by_phone else "",
        )  # fmt: skip
    for one in applicants[1:2]:
        consents.withdraw(
            candidate=one, purpose=ConsentRecord.Purpose.TALENT_POOL, channel=Channel.SELF_SERVICE,
            now=now - timedelta(days=1),
        )  # fmt: skip


def _asked_for(applicants: Sequence[Candidate], cast: Cast, *, now: datetime) -> None:
    """Corrections, copies, links to their own page, and one who is to be read without a ranking."""
    if not CorrectionRequest.objects.exists():
        _corrections(applicants, cast, now=now)
    if not DataExport.objects.exists():
        asked = [
            data_exports.request(candidate=one, by=by, channel=channel, now=now)
            for one, by, channel in zip(
                applicants[:2], (None, cast.recruiter), (Erasure.Channel.SELF_SERVICE, Erasure.Channel.MAIL),
                strict=False,
            )
        ]  # fmt: skip
        for copy in asked[:1]:
            disclosure.make(copy.pk)
    if not SelfServiceLink.objects.exists():
        for one in [one for one in applicants if one.emails.filter(status="current").exists()][:3]:
            self_service.send_to(candidate=one, by=cast.recruiter, now=now)
    if not RankingOptOut.objects.exists():
        for one in applicants[-1:]:
            ranking_choices.opt_out(candidate=one, channel=Channel.SELF_SERVICE, now=now - timedelta(hours=20))


@transaction.atomic
def _corrections(applicants: Sequence[Candidate], cast: Cast, *, now: datetime) -> None:
    asked: tuple[tuple[dict[str, str], str], ...] = (
        ({"city": "Leipzig", "country": "DE"}, "I moved in October."),
        ({"headline": "Team lead"}, "This is my title since summer."),
        ({}, "My last employer is written wrongly in what you read from my resume."),
    )
    for number, (one, (proposed, message)) in enumerate(zip(applicants, asked, strict=False)):
        made = correction_requests.ask(
            candidate=one, proposed=proposed, message=message, now=now - timedelta(days=5 - number)
        )
        if number == 1:
            correction_requests.accept(request=made, by=cast.recruiter, now=now - timedelta(days=2))
        elif number == 2:
            correction_requests.decline(
                request=made, by=cast.recruiter, now=now - timedelta(days=1),
                answer="It stands in the file that you sent. Send us a new one, and we read that.",
            )  # fmt: skip


@transaction.atomic
def _held(people: Mapping[str, Candidate], cast: Cast, *, now: datetime) -> None:
    """Somebody whose time is over and who has to be kept, and somebody whose hold has ended."""
    if LegalHold.objects.exists():
        return
    for key, reason, since in (
        (HELD, "Complaint before the labour court, our reference 2026-118.", 25),
        (SOON, "Question of the data protection authority, answered.", 60),
    ):
        if key not in people:
            continue
        hold = legal_holds.place(
            scope=LegalHold.Scope.CANDIDATE, target_ref=people[key].pk, reason=reason, by=cast.officer,
            now=now - timedelta(days=since),
        )  # fmt: skip
        if key == SOON:
            legal_holds.release(hold=hold, by=cast.officer, now=now - timedelta(days=3))


def _watched(*, now: datetime) -> None:
    """What the operator's page shows: two scans, what was refused, and the alert that one of the scans led to."""
    if not Scan.objects.exists():
        for tool, target, report, hours in (("bandit", "", CLEAN, 20), ("trivy-image", "hrassist:demo", WEAK, 9)):
            at = now - timedelta(hours=hours)
            scans.record(tool=tool, content=json.dumps(report).encode(), target=target, ran_at=at, now=now)
    if not Tally.objects.exists():
        for _ in range(3):
            tally.add(tally.THROTTLED, "search")
    if not SecurityAlert.objects.exists():
        security_alerts.tell(now=now)


def _applicants(jobs: Sequence[Job]) -> list[Candidate]:
    """People of the demo who apply at the moment, the newest first, and behind them those who do not."""
    mine = Application.objects.active().filter(job__in=jobs, candidate__merged_into__isnull=True)
    first = list(mine.order_by("-applied_at", "pk").values_list("candidate", flat=True)[:TOLD])
    known = Candidate.objects.filter(merged_into__isnull=True, erased_at__isnull=True, resumes__isnull=False)
    others = known.exclude(pk__in=first).order_by("pk").values_list("pk", flat=True).distinct()[:TOLD]
    keys = list(dict.fromkeys([*first, *others]))
    people = Candidate.objects.in_bulk(keys)
    return [people[key] for key in keys]
