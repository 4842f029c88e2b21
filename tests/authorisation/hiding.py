"""What somebody may not see, woven into everything they may see, and the questions that could bring it to light."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.utils import timezone

from candidates.models import CandidateTag, Source
from hrassist.api.schema import document
from hrassist.models import Notification, SavedView, User
from jobs.models import (
    DriveJob,
    EmailTemplate,
    HumanDecision,
    IntakeSubmission,
    MatchRun,
    Opening,
    RejectionReason,
    StageTransition,
)
from tests import factories, hiring
from tests.authorisation.planting import WORDS
from tests.world import World

ENDING, DIGITS = "hdn", "77"


@dataclass(frozen=True, slots=True)
class Shared:
    """What everybody at work uses: hidden rows hang on the same tags, pools, drives, sources and colleagues."""

    colleague: User
    tag: Any
    pool: Any
    drive: Any
    source: Any
    template: EmailTemplate
    reason: RejectionReason


def shared(seen: World) -> Shared:
    """Made before anything is hidden; the drive also holds a job that the visitor sees."""
    colleague = factories.UserFactory(first_name="Cora", last_name="Lind", role="Recruiter")
    drive = hiring.DriveFactory(created_by=colleague)
    # Without a job that everybody sees, a drive of hidden jobs would be hidden itself.
    DriveJob.objects.create(drive=drive, job=seen.job)
    return Shared(
        colleague=colleague,
        tag=hiring.TagFactory(),
        pool=hiring.TalentPoolFactory(),
        drive=drive,
        source=Source.objects.create(name="A fair"),
        template=hiring.EmailTemplateFactory(created_by=colleague),
        reason=RejectionReason.objects.get_or_create(name="Withdrew")[0],
    )


@dataclass(frozen=True, slots=True)
class Hidden:
    """A whole hiring that the visitor has nothing to do with: its words and its identifiers."""

    words: dict[str, str]
    ids: dict[str, str]

    def in_text(self, text: str) -> list[str]:
        """Which words and identifiers a text tells; pay counts only where it stands as a number by itself."""
        words = [
            word
            for word in self.words.values()
            if re.search(rf"(?<!\d){word[:-3]},?{word[-3:]}(?!\d)" if word.isdigit() else re.escape(word), text)
        ]
        return words + [pk for pk in self.ids.values() if len(pk) > 30 and pk in text]


def hide(common: Shared, visitor: User, *, confidential: bool) -> Hidden:
    """Make it, with a notification to the visitor from the time when they still saw it."""
    words = {kind: word + (DIGITS if word[-1].isdigit() else ENDING) for kind, word in WORDS.items()}
    by, now = common.colleague, timezone.now()
    job = factories.JobFactory(
        title=words["job"], department="Skunkworks", city=words["place"], confidential=confidential,
        team={by: "recruiter"},
    )  # fmt: skip
    person = factories.CandidateFactory(
        full_name=f"{words['name']} Doe", headline=words["headline"], city=words["place"],
        source=common.source.name, email=f"{words['email']}@example.org",
    )  # fmt: skip
    person.phones.create(number=words["phone"], e164=words["phone"].replace(" ", ""))
    text = f"{words['name']} Doe\nStaff Engineer\nAcme, {words['text']} of Python and PostgreSQL\n"
    resume = factories.ResumeFactory(
        candidate=person, content=b"%PDF-1.7 hidden", pages=1, parse={}, text=text, vector=[0.05] * 384,
        filename=f"{words['name']}.pdf",
    )  # fmt: skip
    stages = list(job.stages.order_by("position"))
    one = factories.ApplicationFactory(candidate=person, job=job, stage=stages[1])
    StageTransition.objects.create(application=one, from_stage=stages[0], to_stage=stages[1], by=by)
    interview = hiring.InterviewFactory(
        application=one, created_by=by, interviewers=[by], title=words["meeting"],
        starts_at=now + timedelta(hours=3), ends_at=now + timedelta(hours=4),
    )  # fmt: skip
    link = hiring.TrackingLinkFactory(job=job, created_by=by, label="A link of it")
    DriveJob.objects.create(drive=common.drive, job=job)
    CandidateTag.objects.create(candidate=person, tag=common.tag)
    about = {"application": one}
    run = MatchRun.objects.create(
        job=job, model_hash="", weights={}, criteria=[], considered=1, ranked=0, milliseconds=0, created_by=by
    )
    offer = hiring.OfferFactory(**about, created_by=by, salary=int(words["salary"]), status="sent")
    sent = IntakeSubmission.objects.create(
        link=link, job=job, full_name=person.full_name, email="sent@example.org", consented_at=now,
        application=one, candidate=person, message=words["sent"],
    )  # fmt: skip
    note = hiring.NoteFactory(**about, candidate=person, by=by, text=words["note"])
    card = hiring.ScorecardFactory(**about, by=by, interview=interview, takeaways=words["card"])
    mail = hiring.MessageFactory(**about, candidate=person, by=by, body=words["mail"], template=common.template)
    decision = HumanDecision.objects.create(application=one, verdict="shortlist", note=words["decision"], by=by)
    requisition = hiring.RequisitionFactory(
        job=job, created_by=by, title=words["job"], department="Skunkworks", budget_from=int(words["budget"])
    )
    hiring.PoolMembershipFactory(candidate=person, pool=common.pool)
    Opening.objects.create(job=job, number=1)
    Notification.objects.create(
        user=visitor, kind=Notification.Kind.MENTION, text=f"{words['name']} Doe waits",
        url=f"/candidates/candidate/{person.pk}/change/", subject_ref=person.pk, job_ref=job.pk,
    )  # fmt: skip
    post = hiring.JobPostFactory(job=job, title=words["job"], body=words["job"])
    rows = {
        "job": job, "candidate": person, "resume": resume, "application": one, "interview": interview, "link": link,
        "run": run, "offer": offer, "submission": sent, "note": note, "card": card, "mail": mail, "post": post,
        "requisition": requisition, "decision": decision, "stage": stages[1],
    }  # fmt: skip
    return Hidden(words=words, ids={name: str(row.pk) for name, row in rows.items()})


def questions(html_of: dict[str, str], hidden: Hidden) -> list[str]:
    """Addresses that ask every list for what is hidden: search, filters, orders, months, suggestions, the API's own."""
    asked = [f"{path}?{query}" for path, query in _of_lists(html_of, hidden)]
    for words in _said(hidden):
        quoted = urlencode({"q": words})
        asked += [f"/search/?{quoted}"]
    return list(dict.fromkeys([*asked, *_of_the_api(hidden)]))


def _said(hidden: Hidden) -> Iterable[str]:
    return (hidden.words[kind] for kind in ("name", "email", "text", "job"))


def _of_lists(html_of: dict[str, str], hidden: Hidden) -> Iterable[tuple[str, str]]:
    """For each list: what its own links ask, then the same with hidden things put in."""
    for model, model_admin in admin.site._registry.items():
        path = f"/{model._meta.app_label}/{model._meta.model_name}/"
        if path not in html_of:
            continue
        for query in sorted(set(re.findall(r'href="\?([^"]+)"', html_of[path]))):
            yield path, query.replace("&amp;", "&")
        for number in range(1, len(model_admin.list_display) + 1):
            yield path, f"o={number}"
            yield path, f"o=-{number}"
        for words in _said(hidden):
            yield path, urlencode({"q": words})
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            name = str(getattr(target, "_meta", None) and target._meta.model_name)
            if name in hidden.ids:
                yield path, urlencode({field.name: hidden.ids[name]})
                yield path, urlencode({f"{field.name}__id__exact": hidden.ids[name]})
                yield path, urlencode({f"{field.name}__title__startswith": "F"})


def _of_the_api(hidden: Hidden) -> Iterable[str]:
    paths: dict[str, Any] = document()["paths"]
    for path, verbs in paths.items():
        if "get" not in verbs or "{" in path:
            continue
        for one in verbs["get"].get("parameters", []):
            name = one["name"]
            if one["in"] != "query":
                continue
            known = next((pk for noun, pk in hidden.ids.items() if noun in name), None)
            values = one["schema"].get("enum") or [known or hidden.words["name"], hidden.words["job"]]
            for value in values:
                yield f"{path}?{urlencode({name: value})}"


def shared_view(common: Shared, hidden: Hidden) -> SavedView:
    """A view that somebody who sees more shared with everybody; its name is what they chose to tell."""
    return SavedView.objects.create(
        model="candidates.candidate", name="Ours", owner=common.colleague, shared=True,
        query=urlencode({"job": hidden.ids["job"]}),
    )  # fmt: skip
