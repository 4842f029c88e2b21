"""The ledger of notices and consents: what was read stays as it was, what was given ends only by being withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from candidates.actions import consents, correction_requests, merging, notices
from candidates.models import (
    Channel,
    ConsentRecord,
    CorrectionRequest,
    Notice,
    NoticeDelivery,
    PoolMembership,
    erasing,
)
from hrassist.lib import jurisdictions
from hrassist.lib.errors import Conflict, DomainError, NotFound
from tests import hiring
from tests.factories import CandidateFactory, UserFactory

pytestmark = pytest.mark.django_db
Kind = Notice.Kind


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def pool_notice(now):
    return notices.standing(Kind.TALENT_POOL, "", "en", now=now)


@pytest.fixture
def consent(pool_notice, now):
    return consents.give(
        candidate=CandidateFactory(), purpose="talent_pool", notice=pool_notice, channel=Channel.APPLY_FORM, now=now
    )


def refused(change):
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        change()


# --- Notices ----------------------------------------------------------------------------------------------------------


def test_our_own_text_becomes_version_1_once(now):
    first = notices.standing(Kind.PRIVACY, "in", "hi", now=now)
    assert first == notices.standing(Kind.PRIVACY, "in", "hi", now=now)
    assert (first.version, first.language, first.is_published) == (1, "hi", True)
    assert first.sha256 == Notice.digest(first.title, first.text)


def test_reading_a_text_of_ours_makes_no_row(now):
    found = notices.read(Kind.PRIVACY, "in", "hi")
    assert (found.language, found.is_published, Notice.objects.count()) == ("hi", False, 0)
    assert notices.standing(Kind.PRIVACY, "in", "hi", now=now).sha256 == found.sha256


def test_nobody_who_applies_waits_for_a_draft_of_version_1(recruiter, now):
    draft = notices.draft(kind=Kind.PRIVACY, jurisdiction="", language="en", title="Mine", text="Mine",
                          by=recruiter, now=now)  # fmt: skip
    ours = notices.standing(Kind.PRIVACY, "", "en", now=now)
    assert (ours.version, ours.is_published, ours.title) == (0, True, "How we use your application")
    notices.publish(notice=draft, by=recruiter, now=now)
    assert notices.standing(Kind.PRIVACY, "", "en", now=now) == draft


def test_a_language_that_nobody_wrote_is_english(now):
    assert notices.standing(Kind.AI_USE, "us-nyc", "hi", now=now).language == "en"


def test_a_published_version_never_changes_by_whichever_way(pool_notice):
    refused(lambda: Notice.objects.filter(pk=pool_notice.pk).update(text="Other"))
    refused(lambda: Notice.objects.filter(pk=pool_notice.pk).delete())
    with pytest.raises(Conflict):
        notices.change(notice=pool_notice, title="x", text="y", by=hiring.UserFactory(), now=timezone.now())


def test_the_next_version_is_read_once_it_is_published(pool_notice, recruiter, now):
    text = "Keep me for {months} months."
    draft = notices.draft(kind=Kind.TALENT_POOL, jurisdiction="", language="en", title="Stay", text=text,
                          by=recruiter, now=now)  # fmt: skip
    assert notices.standing(Kind.TALENT_POOL, "", "en", now=now) == pool_notice
    notices.publish(notice=draft, by=recruiter, now=now)
    assert notices.standing(Kind.TALENT_POOL, "", "en", now=now).version == 2
    with pytest.raises(Conflict):
        notices.publish(notice=draft, by=recruiter, now=now)


def test_two_drafts_of_one_text_and_unknown_placeholders_are_refused(recruiter, now):
    said = {"kind": Kind.AI_USE, "jurisdiction": "eu", "language": "fr", "by": recruiter, "now": now}
    notices.draft(**said, title="Rang", text="Un programme.")
    with pytest.raises(Conflict):
        notices.draft(**said, title="Rang", text="Un programme.")
    with pytest.raises(DomainError, match="no \\{salary\\}"):
        notices.draft(**said | {"language": "it"}, title="Rango", text="{salary}")


def test_every_text_of_ours_is_there_and_fills_only_what_it_may():
    for code, place in jurisdictions.everything().items():
        for kind in place.notices:
            for language in place.languages:
                found = jurisdictions.written(kind, code, language)
                assert found is not None
                assert jurisdictions.placeholders(found.text) <= set(notices.PLACEHOLDERS)
    assert jurisdictions.written("privacy", "in", "hi") != jurisdictions.written("privacy", "in", "en")


@pytest.mark.parametrize(
    ("country", "city", "codes"),
    [
        ("DE", "Berlin", ["eu"]),
        ("IN", "Pune", ["in"]),
        ("US", "Brooklyn", ["us-nyc"]),
        ("US", "Chicago, IL", ["us-il"]),
        ("US", "Springfield, MO", []),
        ("US", "Denver", ["us-co"]),
        ("US", "Aurora, CO", ["us-co"]),
        ("US", "San Francisco", ["us-ca"]),
        ("JP", "Kyoto", []),
        ("", "", []),
    ],
)
def test_a_place_turns_its_law_on(country, city, codes):
    assert [one.code for one in jurisdictions.of_place(country=country, city=city)] == codes


# --- Consents ---------------------------------------------------------------------------------------------------------


def test_a_consent_says_which_text_was_read_and_when_it_ends(consent, pool_notice, events, now):
    assert consent.notice == pool_notice
    assert timedelta(days=360) < consent.expires_at - now < timedelta(days=370)
    (event,) = events("consent.given")
    assert event.changes["text"] == pool_notice.sha256
    assert event.subject_ref == str(consent.candidate_id)


def test_given_again_it_is_the_same_consent(consent, pool_notice, now):
    again = consents.give(candidate=consent.candidate, purpose="talent_pool", notice=pool_notice,
                          channel=Channel.APPLY_FORM, now=now)  # fmt: skip
    assert again == consent


def test_the_ledger_is_only_added_to(consent):
    row = ConsentRecord.objects.filter(pk=consent.pk)
    refused(lambda: row.update(purpose="contact"))
    refused(lambda: row.update(given_at=timezone.now()))
    refused(lambda: row.update(evidence="Told me so"))
    refused(row.delete)
    consents.withdraw(candidate=consent.candidate, purpose="talent_pool", channel=Channel.MAIL, now=timezone.now())
    refused(lambda: row.update(withdrawn_at=None, withdrawn_channel=""))
    refused(lambda: row.update(withdrawn_at=timezone.now()))


def test_what_was_told_stays_told(consent, pool_notice, now):
    made = notices.deliver(candidate=consent.candidate, notice=pool_notice, channel=Channel.MAIL, at=now)
    refused(lambda: NoticeDelivery.objects.filter(pk=made.pk).update(at=timezone.now()))
    refused(NoticeDelivery.objects.filter(pk=made.pk).delete)


def test_a_colleague_who_writes_a_consent_down_says_what_shows_it(pool_notice, recruiter, now):
    said = {"candidate": CandidateFactory(), "purpose": "talent_pool", "notice": pool_notice, "now": now,
            "channel": Channel.PHONE, "by": recruiter}  # fmt: skip
    with pytest.raises(DomainError, match="what shows it"):
        consents.give(**said)
    assert consents.give(**said, evidence="Call of 3 November").recorded_by == recruiter


def test_withdrawing_takes_somebody_out_of_every_pool_though_no_consent_was_written_down(events, now):
    inside = hiring.PoolMembershipFactory()
    assert consents.withdraw(candidate=inside.candidate, purpose="talent_pool", channel=Channel.MAIL, now=now) == []
    inside.refresh_from_db()
    assert inside.removed_for == PoolMembership.Left.WITHDRAWN
    assert events("talentpool.left")[0].reason_code == "withdrawn"


def test_consents_follow_a_merge_and_outlive_an_erasure_without_their_words(consent, recruiter, now):
    recruiter.is_superuser = True
    recruiter.save()
    kept = CandidateFactory()
    merging.merge(kept=kept, gone=consent.candidate, by=recruiter, now=now)
    consent.refresh_from_db()
    assert consent.candidate == kept
    told = consents.give(candidate=kept, purpose="contact", notice=consent.notice, channel=Channel.PHONE, now=now,
                         by=recruiter, evidence="Call with Rosa")  # fmt: skip
    eraser = {one.model: one for one in erasing.registered()}["candidates.consentrecord"]
    eraser.remove(erasing.Person(ids=(kept.pk,), erasure_id=told.pk, now=now))
    told.refresh_from_db()
    assert told.evidence == ""
    assert told.notice == consent.notice


# --- Corrections ------------------------------------------------------------------------------------------------------


def test_a_correction_is_taken_over_or_declined_with_a_reason(recruiter, now):
    person = CandidateFactory(full_name="Jane Doe", city="Berlin")
    asked = correction_requests.ask(candidate=person, message="", now=now, proposed={
        "full_name": "Jane Roe", "city": "Berlin", "email": "roe@example.org", "nonsense": "x"})  # fmt: skip
    assert asked.proposed == {"full_name": "Jane Roe", "email": "roe@example.org"}
    with pytest.raises(DomainError, match="why"):
        correction_requests.decline(request=asked, by=recruiter, now=now, answer=" ")
    correction_requests.accept(request=asked, by=recruiter, now=now)
    person.refresh_from_db()
    assert person.full_name == "Jane Roe"
    assert person.emails.filter(address="roe@example.org").exists()
    with pytest.raises(Conflict):
        correction_requests.decline(request=asked, by=recruiter, now=now, answer="No")
    assert CorrectionRequest.objects.get().state == "accepted"


def test_who_may_not_change_a_person_or_does_not_see_them_answers_no_correction(recruiter, interviewer, now):
    person = CandidateFactory(city="Berlin")
    asked = correction_requests.ask(candidate=person, message="", now=now, proposed={"city": "Leipzig"})
    elsewhere = UserFactory(is_staff=True)
    for name in ("change_correctionrequest", "change_candidate"):
        elsewhere.user_permissions.add(Permission.objects.get(codename=name))
    for who, refusal in ((interviewer, PermissionDenied), (elsewhere, NotFound)):
        with pytest.raises(refusal):
            correction_requests.accept(request=asked, by=who, now=now)
        with pytest.raises(refusal):
            correction_requests.decline(request=asked, by=who, now=now, answer="No")
    person.refresh_from_db()
    assert (person.city, CorrectionRequest.objects.get().state) == ("Berlin", "open")


@pytest.mark.parametrize(
    "said", [{"purpose": "talent_pool", "channel": "x" * 40}, {"purpose": "x", "channel": "phone"}]
)
def test_a_consent_is_withdrawn_for_a_purpose_and_by_a_way_that_there_are(now, said):
    with pytest.raises(DomainError, match="no such consent"):
        consents.withdraw(candidate=CandidateFactory(), now=now, **said)
