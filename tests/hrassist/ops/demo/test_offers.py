import pytest
from django.core import mail
from django.utils import timezone

from hrassist.ops.demo import accounts, offers
from jobs.models import Message, Offer
from tests.factories import ApplicationFactory, JobFactory

pytestmark = pytest.mark.django_db


def test_the_demo_shows_offers_and_mails_in_every_state_once_and_sends_nothing(recruiter):
    job = JobFactory()
    late = job.stages.get(kind="offer")
    for _ in range(8):
        ApplicationFactory(job=job, stage=late)
    approver = accounts.ensure_colleagues()[0]
    for added in ((7, 8), (0, 0)):
        now = timezone.now()
        assert (
            offers.ensure_offers(by=recruiter, approver=approver, now=now),
            offers.ensure_messages(by=recruiter, now=now),
        ) == added
    assert set(Offer.objects.values_list("status", flat=True)) == set(Offer.Status)
    assert {"queued", "sent", "bounced", "cancelled"} <= set(Message.objects.values_list("state", flat=True))
    assert not mail.outbox
