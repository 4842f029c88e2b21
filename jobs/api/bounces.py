"""What a mail provider reports about mails of ours: its signature is checked by anymail, its facts by the action."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason, tracking
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from jobs.actions import messages
from jobs.emails.reports import WRONG_ADDRESS, Report, Verdict
from jobs.models import Message

BAD_NEWS = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED, EventType.DEFERRED}


@csrf_exempt
def sendgrid(request: HttpRequest) -> HttpResponseBase:
    """Reports of SendGrid; without a secret to know it by there is no such address."""
    if not settings.MAIL_REPORTS_SECRET:
        raise Http404
    answer: HttpResponseBase = SendGridTrackingWebhookView.as_view()(request)
    return answer


@receiver(tracking, dispatch_uid="jobs.bounces")
def take_report(sender: Any, event: AnymailTrackingEvent, esp_name: str, **_kwargs: Any) -> None:
    """Write down bad news about a mail of ours; everything else is left alone."""
    del sender, esp_name
    if event.event_type not in BAD_NEWS:
        return
    message = _message_of(event)
    if message is not None:
        messages.record_bounce(report=_report(event, message), now=timezone.now())


def _message_of(event: AnymailTrackingEvent) -> UUID | None:
    try:
        return UUID(str((event.metadata or {}).get("message", "")))
    except ValueError:
        return Message.objects.filter(message_id=event.message_id or "-").values_list("pk", flat=True).first()


def _report(event: AnymailTrackingEvent, message: UUID) -> Report:
    said = " ".join(str(event.mta_response or event.description or event.reject_reason or "refused").split())
    return Report(message, (event.recipient or "").lower(), _verdict(event, said), said[:300])


def _verdict(event: AnymailTrackingEvent, said: str) -> Verdict:
    if event.event_type == EventType.DEFERRED or event.reject_reason == RejectReason.TIMED_OUT:
        return Verdict.LATE
    if event.reject_reason == RejectReason.INVALID or WRONG_ADDRESS.search(said):
        return Verdict.WRONG_ADDRESS
    return Verdict.REFUSED


urlpatterns = [path("mail/reports/sendgrid", sendgrid)]
