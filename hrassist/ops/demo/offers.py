"""The demo's offers in every state, and mails with what became of them, by way of the actions a recruiter uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hrassist.models import User
from jobs.actions import messages, offers
from jobs.emails import render, reports
from jobs.models import Application, EmailTemplate, Message, Offer, Stage

WRITTEN_TO = 12
BENEFITS = "30 days of holiday\nWork from home as you like\nA public transport pass\n1,500 EUR a year for learning"
TERMS = (
    "The first six months are a probation period, in which either side may give two weeks' notice.\n\n"
    "Everything else is settled in the contract, which you receive with your acceptance."
)


def ensure_offers(*, by: User, approver: User, now: datetime) -> int:
    """Offers for people in the offer stage, one in each state; the number of those that were added."""
    waiting = Application.objects.active().filter(job__status="open").select_related("candidate", "job", "stage")
    late = list(waiting.filter(stage__kind__in=[Stage.Kind.OFFER, Stage.Kind.INTERVIEW]).order_by("applied_at")[:40])
    # Those who stand at the offer come first; a small demo has few of them.
    late.sort(key=lambda one: one.stage.kind != Stage.Kind.OFFER)
    steps: tuple[Callable[..., object], ...] = (_draft, _in_approval, _approved, _sent, _accepted, _declined, _second)
    made = [
        step(one, by=by, approver=approver, now=now)
        for step, one in zip(steps, late, strict=False)
        if not Offer.objects.filter(application=one).exists()
    ]
    return len(made)


def ensure_messages(*, by: User, now: datetime) -> int:
    """Mails to people in pipelines: waiting, sent, refused and returned; the number of those that were added."""
    if Message.objects.filter(offer__isnull=True).exists():
        return 0
    template = EmailTemplate.objects.filter(kind=EmailTemplate.Kind.RECEIVED).first()
    if template is None:
        return 0
    rows = Application.objects.active().filter(candidate__emails__status="current").distinct()
    people = list(rows.select_related("candidate", "job", "stage").order_by("-applied_at", "pk")[:WRITTEN_TO])
    for number, one in enumerate(people):
        made = render(template, candidate=one.candidate, application=one, sender=by)
        message = messages.queue(
            candidate=one.candidate, application=one, template=template, subject=made.subject, body=made.body, by=by,
            # Nothing of the demo leaves: what is sent stands so in the row, what waits waits for months.
            now=now, send_at=now + timedelta(days=80),
        )  # fmt: skip
        _settle(message, number=number, by=by, now=now)
    return len(people)


def _settle(message: Message, *, number: int, by: User, now: datetime) -> None:
    if number % 6 == 0:
        return
    if number % 6 == 5:
        messages.take_back(message=message, by=by, now=now)
        return
    at = message.created_at
    Message.objects.filter(pk=message.pk).update(
        state=Message.State.SENT, claimed_at=at, sent_at=at, message_id=f"<{message.pk}@demo.invalid>"
    )
    if number % 6 == 4:
        report = reports.Report(
            message.pk, message.to, reports.Verdict.REFUSED, "5.2.2 The mailbox is full and takes no more mail"
        )
        messages.record_bounce(report=report, now=now)


def _facts(one: Application, **other: Any) -> dict[str, Any]:
    return {
        "position_title": one.job.title, "salary": Decimal(64_000), "currency": "EUR", "period": Offer.Period.YEAR,
        "bonus": "Up to 8 % of the yearly pay", "benefits": BENEFITS, "terms": TERMS,
    } | other  # fmt: skip


def _draft(one: Application, *, by: User, approver: User, now: datetime, **other: Any) -> Offer:
    del approver
    days = {"starts_on": (now + timedelta(days=70)).date(), "answer_by": (now + timedelta(days=12)).date()}
    return offers.create(application=one, facts=_facts(one, **(days | other)), by=by, now=now)


def _in_approval(one: Application, *, by: User, approver: User, now: datetime) -> Offer:
    offer = _draft(one, by=by, approver=approver, now=now, salary=Decimal(71_500))
    return offers.submit(offer=offer, approvers=[approver, by], by=by, now=now)


def _approved(one: Application, *, by: User, approver: User, now: datetime, **other: Any) -> Offer:
    offer = _draft(one, by=by, approver=approver, now=now, **other)
    offers.submit(offer=offer, approvers=[approver], by=by, now=now)
    return offers.decide(offer=offer, approve=True, comment="Within the budget.", by=approver, now=now)


def _sent(one: Application, *, by: User, approver: User, now: datetime, **other: Any) -> Offer:
    offer = _approved(one, by=by, approver=approver, now=now, **other)
    template = EmailTemplate.objects.filter(kind=EmailTemplate.Kind.OFFER).first()
    subject, body = "Our offer", "The letter is attached."
    if template is not None:
        made = render(template, candidate=one.candidate, offer=offer, sender=by)
        subject, body = made.subject, made.body
    message = offers.send(offer=offer, subject=subject, body=body, template=template, by=by, now=now)
    Message.objects.filter(pk=message.pk).update(state=Message.State.SENT, claimed_at=now, sent_at=now)
    offer.refresh_from_db()
    return offer


def _accepted(one: Application, *, by: User, approver: User, now: datetime) -> Offer:
    offer = _sent(one, by=by, approver=approver, now=now, salary=Decimal(58_000))
    return offers.record_answer(offer=offer, accepted=True, note="Signed on paper, too.", by=by, now=now)


def _declined(one: Application, *, by: User, approver: User, now: datetime) -> Offer:
    offer = _sent(one, by=by, approver=approver, now=now, salary=Decimal(52_000))
    return offers.record_answer(offer=offer, accepted=False, note="Another offer was better paid.", by=by, now=now)


def _second(one: Application, *, by: User, approver: User, now: datetime) -> Offer:
    _sent(one, by=by, approver=approver, now=now - timedelta(days=4), salary=Decimal(60_000))
    return _sent(one, by=by, approver=approver, now=now, salary=Decimal(66_000), bonus="")
