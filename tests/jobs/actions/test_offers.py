from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.utils import timezone

from candidates.actions import uploads
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification
from jobs.actions import applications, offer_letters, offers
from jobs.actions.approvals import NotYourTurn
from jobs.models import Application, Message, Offer
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory, UserFactory
from tests.hiring import OfferFactory

pytestmark = pytest.mark.django_db
Status = Offer.Status
FACTS = {"position_title": "Engineer", "salary": Decimal(65_000), "currency": "eur"}


@pytest.fixture
def boss():
    return UserFactory(username="bea", role="Hiring manager")


def written(by, application=None, **facts):
    return offers.create(application=application or ApplicationFactory(), facts=FACTS | facts, by=by, now=NOON)


def approved(by, boss, **facts):
    offer = written(by, **facts)
    offers.submit(offer=offer, approvers=[boss], by=by, now=NOON)
    return offers.decide(offer=offer, approve=True, by=boss, now=NOON)


def sent(by, boss):
    offer = approved(by, boss)
    offers.send(offer=offer, subject="Our offer", body="See the letter.", by=by, now=NOON)
    offer.refresh_from_db()
    return offer


def told(user):
    return list(Notification.objects.filter(user=user).values_list("kind", flat=True))


def test_from_draft_to_accepted(recruiter, boss, events, deferred_tasks):
    second = UserFactory(role="Recruiter")
    offer = written(recruiter)
    assert (offer.version, offer.status, offer.currency) == (1, Status.DRAFT, "EUR")
    offers.submit(offer=offer, approvers=[boss, second], by=recruiter, now=NOON)
    assert told(boss) == ["approval_asked"]
    assert told(second) == []
    with pytest.raises(NotYourTurn):
        offers.decide(offer=offer, approve=True, by=second, now=NOON)
    assert offers.decide(offer=offer, approve=True, by=boss, now=NOON).status == Status.APPROVAL_SENT
    assert told(second) == ["approval_asked"]
    assert offers.decide(offer=offer, approve=True, by=second, now=NOON).status == Status.APPROVED
    assert told(recruiter) == ["approval_decided"]
    message = offers.send(offer=offer, subject="Our offer", body="See the letter.", by=recruiter, now=NOON)
    assert message.offer == offer
    assert message.attachments[0]["filename"].endswith("-1.pdf")
    assert len(deferred_tasks("send_message")) == 1
    answered = offers.record_answer(offer=offer, accepted=True, by=recruiter, now=NOON + timedelta(days=1))
    assert answered.status == Status.SIGNED
    # Nobody is hired by an answer.
    assert Application.objects.get(pk=offer.application_id).status == Application.Status.ACTIVE
    said = [event.action for event in events("offer.")]
    assert said == [
        "offer.created", "offer.letter_made", "offer.submitted", "offer.decided", "offer.decided", "offer.sent",
        "offer.answered",
    ]  # fmt: skip
    assert "65000" not in "".join(str(event.changes) for event in events("offer."))


def test_a_no_needs_a_reason_and_makes_it_a_draft_again(recruiter, boss):
    offer = written(recruiter)
    offers.submit(offer=offer, approvers=[boss], by=recruiter, now=NOON)
    with pytest.raises(DomainError) as refused:
        offers.decide(offer=offer, approve=False, by=boss, now=NOON)
    assert refused.value.code == "no_comment"
    back = offers.decide(offer=offer, approve=False, comment="Too much.", by=boss, now=NOON)
    assert back.status == Status.DRAFT
    assert told(recruiter) == ["approval_decided"]


def test_a_new_version_replaces_the_one_before_and_needs_approval_of_its_own(recruiter, boss):
    first = approved(recruiter, boss)
    second = written(recruiter, first.application, salary=Decimal(70_000))
    first.refresh_from_db()
    assert (second.version, second.status, first.status) == (2, Status.DRAFT, Status.DEPRECATED)
    with pytest.raises(Conflict):
        offers.send(offer=second, subject="x", body="y", by=recruiter, now=NOON)


def test_after_a_no_of_the_candidate_another_offer_can_be_made(recruiter, boss):
    first = sent(recruiter, boss)
    offers.record_answer(offer=first, accepted=False, by=recruiter, now=NOON)
    assert written(recruiter, first.application).version == 2
    first.refresh_from_db()
    assert first.status == Status.DENIED


def test_an_accepted_offer_is_not_replaced(recruiter, boss):
    first = sent(recruiter, boss)
    offers.record_answer(offer=first, accepted=True, by=recruiter, now=NOON)
    with pytest.raises(Conflict) as refused:
        written(recruiter, first.application)
    assert refused.value.code == "offer_accepted"


def test_who_no_longer_applies_gets_no_offer(recruiter):
    one = ApplicationFactory()
    applications.withdraw(application=one, by=recruiter, now=NOON)
    with pytest.raises(Conflict) as refused:
        written(recruiter, one)
    assert refused.value.code == "application_ended"


ACTS = {
    Status.APPROVAL_SENT: lambda offer, by: offers.submit(offer=offer, approvers=[by], by=by, now=NOON),
    Status.SENT: lambda offer, by: offers.send(offer=offer, subject="x", body="y", by=by, now=NOON),
    Status.SIGNED: lambda offer, by: offers.record_answer(offer=offer, accepted=True, by=by, now=NOON),
    Status.DENIED: lambda offer, by: offers.record_answer(offer=offer, accepted=False, by=by, now=NOON),
    Status.DEPRECATED: lambda offer, by: offers.deprecate(offer=offer, by=by, now=NOON),
}


@pytest.mark.parametrize(
    ("status", "to"), [(one, to) for one, to in product(Status, ACTS) if to not in Offer.MOVES.get(one, ())]
)
def test_no_act_does_what_the_table_does_not_allow(recruiter, status, to):
    offer = OfferFactory(status=status, letter_pdf_key="clean/x", letter_docx_key="clean/y")
    with pytest.raises(Conflict):
        ACTS[to](offer, recruiter)
    offer.refresh_from_db()
    assert offer.status == status
    assert not Message.objects.exists()


def test_two_people_who_change_a_draft_are_told_of_each_other(recruiter):
    offer = written(recruiter)
    seen = offer.updated_at
    offers.update(offer=offer, facts={"bonus": "Ten days"}, by=recruiter, now=NOON, expected_updated_at=seen)
    with pytest.raises(offers.OfferChanged):
        offers.update(offer=offer, facts={"bonus": "None"}, by=recruiter, now=NOON, expected_updated_at=seen)
    with pytest.raises(offers.OfferChanged):
        offers.submit(offer=offer, approvers=[recruiter], by=recruiter, now=NOON, expected_updated_at=seen)


def test_only_a_draft_is_changed(recruiter, boss):
    offer = approved(recruiter, boss)
    with pytest.raises(Conflict):
        offers.update(offer=offer, facts={"salary": Decimal(1)}, by=recruiter, now=NOON)


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"salary": Decimal(0)}, "salary"), ({"position_title": " "}, "position_title"), ({"currency": "€"}, "currency")],
)  # fmt: skip
def test_an_offer_says_what_and_how_much(recruiter, facts, field):
    with pytest.raises(DomainError) as refused:
        written(recruiter, **facts)
    assert field in refused.value.fields


def test_who_may_not_approve_is_not_asked(recruiter, interviewer):
    with pytest.raises(DomainError) as refused:
        offers.submit(offer=written(recruiter), approvers=[interviewer], by=recruiter, now=NOON)
    assert refused.value.code == "may_not_approve"


def test_the_letter_is_made_once_and_stays_as_it_was_approved(recruiter, boss, django_capture_on_commit_callbacks):
    offer = written(recruiter)
    offers.submit(offer=offer, approvers=[boss], by=recruiter, now=NOON)
    offer.refresh_from_db()
    key, before = offer.letter_pdf_key, offer.updated_at
    assert storage.clean().head(key) is not None
    offer.application.candidate.full_name = "Another Name"
    offer.application.candidate.save()
    assert offer_letters.ensure_letter(offer=offer, by=recruiter, now=NOON).letter_pdf_key == key
    assert offer.updated_at == before
    offers.withdraw(offer=offer, by=recruiter, now=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        offers.update(offer=offer, facts={"bonus": "Ten days"}, by=recruiter, now=NOON)
    assert storage.clean().head(key) is None
    offer.refresh_from_db()
    assert offer.letter_pdf_key == ""


def test_a_letter_is_never_swept_from_the_store(recruiter, boss):
    offer = approved(recruiter, boss)
    offer.refresh_from_db()
    store = storage.clean()
    orphan = "clean/orphan"
    store.put(orphan, b"x", content_type="text/plain")
    found = set(store.list_older_than(timezone.now() + timedelta(days=1)))
    assert found == {orphan, offer.letter_pdf_key, offer.letter_docx_key}
    # Seen from ten days later, as the sweep looks at it.
    assert uploads.sweep(now=timezone.now() + timedelta(days=10)).orphans == (orphan,)
    assert store.head(offer.letter_pdf_key) is not None


def test_pay_is_seen_by_the_team_that_may_and_by_approvers_for_theirs_alone(
    recruiter, coordinator, interviewer, hiring_manager, boss
):
    job = JobFactory(team={interviewer: "interviewer", hiring_manager: "hiring_manager"})
    mine = written(recruiter, ApplicationFactory(job=job))
    other = written(recruiter)
    offers.submit(offer=other, approvers=[boss], by=recruiter, now=NOON)
    seen = {
        user.username: set(Offer.objects.visible_to(user))
        for user in (recruiter, coordinator, interviewer, hiring_manager, boss)
    }
    assert seen == {"rosa": {mine, other}, "cora": set(), "ines": set(), "hugo": {mine}, "bea": {other}}
    assert set(Offer.objects.waiting_for(boss)) == {other}
    assert not Offer.objects.waiting_for(recruiter)
