"""The ledger on a person's privacy tab: what they were told and agreed to, written down or withdrawn by us."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from candidates.actions import consents, notices, self_service
from candidates.models import Candidate, Channel, ConsentRecord, Notice, NoticeDelivery, SelfServiceLink
from hrassist.admin import pages, person_cards
from hrassist.admin.person_cards import Flags, PrivacyCard
from hrassist.admin.site import add_page
from hrassist.lib.at_once import Question, Row
from hrassist.lib.errors import DomainError

# How one of ours hears of a consent; the other ways write it down by themselves.
HEARD = (Channel.PHONE, Channel.IN_PERSON, Channel.MAIL, Channel.REFERRAL)
SHOWN = 30


def ledger(request: HttpRequest, candidate: Candidate) -> dict[str, Any]:
    """What stands on record of consents and notices, and whether the person has a link to their page."""
    user: Any = request.user
    now = timezone.now()
    given = ConsentRecord.objects.visible_to(user).filter(candidate=candidate).select_related("notice", "recorded_by")
    told = NoticeDelivery.objects.visible_to(user).filter(candidate=candidate).select_related("notice", "by")
    links = list(SelfServiceLink.objects.filter(candidate=candidate).order_by("-created_at"))
    return {
        "candidate": candidate,
        "consents": [(one, one.stands(now)) for one in given[:SHOWN]],
        "notices": list(told[:SHOWN]),
        "link": links[0] if links else None,
        "link_works": any(one.is_usable(now) for one in links),
        "now": now,
        "purposes": [(one.value, one.label) for one in ConsentRecord.Purpose],
        "channels": [(one.value, one.label) for one in HEARD],
        "can_add": user.has_perm("candidates.add_consentrecord"),
        "can_withdraw": user.has_perm("candidates.change_consentrecord"),
        "can_send": user.has_perm("candidates.add_selfservicelink"),
    }


def consents_view(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    """Write a consent down, withdraw one, or have the person's link mailed or taken back."""
    candidate: Candidate = pages.load(request, "candidate", candidate_id)
    back = reverse("admin:candidates_candidate_privacy", args=[candidate.pk])
    if request.method != "POST":
        return HttpResponseRedirect(back)
    user: Any = request.user
    do, now = request.POST.get("do", ""), timezone.now()
    needed = {"give": "candidates.add_consentrecord", "withdraw": "candidates.change_consentrecord",
              "link": "candidates.add_selfservicelink", "revoke": "candidates.add_selfservicelink"}  # fmt: skip
    if do not in needed:
        raise Http404
    if not user.has_perm(needed[do]):
        raise PermissionDenied
    try:
        messages.success(request, _do(request, candidate, do, by=user, now=now))
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(back)


def _do(request: HttpRequest, candidate: Candidate, do: str, *, by: Any, now: datetime) -> str:
    said = request.POST
    if do == "give":
        purpose = said.get("purpose", "")
        kind = Notice.Kind.TALENT_POOL if purpose == ConsentRecord.Purpose.TALENT_POOL else Notice.Kind.PRIVACY
        consents.give(
            candidate=candidate, purpose=purpose, notice=notices.standing(kind, "", "en", now=now),
            channel=said.get("channel", ""), evidence=said.get("evidence", ""), now=now, by=by,
            given_at=_day(said.get("given_on", ""), now=now),
        )  # fmt: skip
        return f"The consent of {candidate} is on record."
    if do == "withdraw":
        channel = said.get("channel", "") or Channel.PHONE
        consents.withdraw(candidate=candidate, purpose=said.get("purpose", ""), channel=channel, now=now, by=by)
        return f"{candidate} has withdrawn. What rested on it has ended."
    if do == "link":
        self_service.send_to(candidate=candidate, by=by, now=now)
        return f"The link to their own page is on its way to {candidate}."
    self_service.revoke(candidate=candidate, now=now, by=by)
    return f"No link of {candidate} works any more."


def _day(text: str, *, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DomainError("This is not a day. Write it as 2026-11-30.", code="bad_day") from None
    if day == timezone.localdate(now):
        return now
    return timezone.make_aware(datetime.combine(day, time(12)))


def _newest_consent(_user: Any, candidate: Candidate) -> Question:
    mine = ConsentRecord.objects.filter(candidate=candidate, purpose=ConsentRecord.Purpose.TALENT_POOL)
    return mine.order_by("-given_at").values("withdrawn_at")[:1]


def withdrawn_flags(candidate: Candidate, newest: list[Row]) -> list[dict[str, str]]:
    """A badge for somebody who does not want to be kept for later jobs."""
    if not newest or newest[0]["withdrawn_at"] is None:
        return []
    return [
        {
            "label": "Consent withdrawn",
            "colour": "warn",
            "icon": "ban",
            "url": reverse("admin:candidates_candidate_privacy", args=[candidate.pk]),
            "title": "Not to be considered for later jobs",
        }
    ]


add_page("candidates/candidate/<uuid:candidate_id>/consents/", consents_view, name="candidates_candidate_consents")
person_cards.add_card(
    PrivacyCard(
        name="consents", template="candidates/ledger.html", permission="candidates.view_consentrecord", load=ledger,
        order=10,
    )
)  # fmt: skip
person_cards.add_flags(
    Flags(permission="candidates.view_consentrecord", ask=_newest_consent, tell=withdrawn_flags, order=60)
)
