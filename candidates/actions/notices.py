"""Notices: drafted, published in versions that stay, and put down with everybody who was shown one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from audit import actions as audit
from candidates.models import Candidate, Notice, NoticeDelivery
from hrassist.lib import jurisdictions
from hrassist.lib.errors import Conflict, DomainError, NotFound

if TYPE_CHECKING:
    from hrassist.models import User

Kind = Notice.Kind
# What a text may hold in braces: the installation's own facts, put in when it is shown.
PLACEHOLDERS = {
    "my_page": "the address where people ask for the link to their own page",
    "contact": "whom people write to",
    "grievance_contact": "who answers a grievance",
    "grievance_days": "within how many days",
    "alternative": "how to ask for another selection process",
    "business_days": "how long a ranking waits",
    "qualifications": "the requirements of the job",
    "bias_audit_on": "the day of the last bias audit",
    "bias_audit_url": "where its summary stands",
    "months": "how long a talent pool keeps people",
    "reasons": "what was found about each requirement, after a rejection",
}


def read(kind: str, jurisdiction: str, language: str) -> Notice:
    """The latest published version of a text; where none is, our own as it would be published, which is not a row yet.

    A language that nobody wrote falls back to English. Raises NotFound.
    """
    found = _latest(kind, jurisdiction, language)
    if found is not None:
        return found
    own = jurisdictions.written(kind, jurisdiction, language)
    mine = own is not None and own != jurisdictions.written(kind, jurisdiction, "en")
    if language != "en" and not mine:
        return read(kind, jurisdiction, "en")
    if own is None:
        raise NotFound("There is no text of this notice. Write one and publish it.")
    return Notice(
        kind=kind, jurisdiction=jurisdiction, language=language, title=own.title, text=own.text,
        sha256=Notice.digest(own.title, own.text),
    )  # fmt: skip


def standing(kind: str, jurisdiction: str, language: str, *, now: datetime) -> Notice:
    """What `read` gives, as a row that somebody can be shown to have read: our own text becomes version 1.

    Where somebody is writing version 1, ours goes before it as version 0: nobody who applies waits for a draft.
    """
    found = read(kind, jurisdiction, language)
    if found.is_published:
        return found
    found.created_at = found.published_at = now
    same = Notice.objects.filter(kind=kind, jurisdiction=jurisdiction, language=found.language)
    found.version = 0 if same.exists() else 1
    try:
        with transaction.atomic():
            found.save(force_insert=True)
            audit.record("notice.published", target=found, sha256=found.sha256, version=found.version)
    except IntegrityError:
        # Two at once: the other one's row says the same, or is a draft that was begun at this moment.
        return standing(kind, jurisdiction, language, now=now)
    return found


def _latest(kind: str, jurisdiction: str, language: str) -> Notice | None:
    published = Notice.objects.published().filter(kind=kind, jurisdiction=jurisdiction, language=language)
    return published.order_by("-version").first()


@transaction.atomic
def draft(*, kind: str, jurisdiction: str, language: str, title: str, text: str, by: User, now: datetime) -> Notice:
    """Begin the next version of a text. Raises Conflict where a draft of it is there already."""
    if kind not in Kind.values or (jurisdiction and jurisdiction not in jurisdictions.everything()):
        raise DomainError("There is no such notice.", code="bad_notice")
    title, text, language = _texts(title, text, language)
    earlier = Notice.objects.filter(kind=kind, jurisdiction=jurisdiction, language=language)
    if earlier.filter(published_at__isnull=True).exists():
        raise Conflict("A draft of this notice is there already. Change that one.", code="notice_draft")
    newest = earlier.order_by("-version").values_list("version", flat=True).first() or 0
    try:
        with transaction.atomic():
            made = Notice.objects.create(
                kind=kind, jurisdiction=jurisdiction, language=language, version=newest + 1, title=title, text=text,
                sha256=Notice.digest(title, text), created_by=by, created_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(
            "Somebody began a draft of this notice just now. Change that one.", code="notice_draft"
        ) from None
    audit.record("notice.drafted", target=made, by=by, version=made.version)
    return made


@transaction.atomic
def change(
    *, notice: Notice, title: str, text: str, by: User, now: datetime, expected_updated_at: datetime | None = None
) -> Notice:
    """Rewrite a draft. Raises Conflict for a published version, or where somebody else changed it meanwhile."""
    row = _draft_locked(notice)
    if expected_updated_at is not None and row.updated_at != expected_updated_at:
        raise Conflict("Somebody changed this draft since you read it. Read it again.", code="notice_changed")
    row.title, row.text, _ = _texts(title, text, row.language)
    row.sha256 = Notice.digest(row.title, row.text)
    row.save(update_fields=["title", "text", "sha256", "updated_at"])
    audit.record("notice.changed", target=row, by=by, version=row.version)
    del now
    return row


@transaction.atomic
def publish(*, notice: Notice, by: User, now: datetime) -> Notice:
    """Let a draft be what people read from now on; it never changes again. Raises Conflict."""
    row = _draft_locked(notice)
    row.published_at, row.published_by = now, by
    row.save(update_fields=["published_at", "published_by", "updated_at"])
    audit.record("notice.published", target=row, by=by, sha256=row.sha256, version=row.version)
    return row


@transaction.atomic
def deliver(
    *, candidate: Candidate, notice: Notice, channel: str, at: datetime, by: User | None = None,
    job: UUID | None = None, begins_at: datetime | None = None,
) -> NoticeDelivery:  # fmt: skip
    """Put down that somebody was shown or sent a notice; shown the same version for the same job again, the first
    time counts. Raises Conflict for a draft."""
    if not notice.is_published:
        raise Conflict("A draft is shown to nobody. Publish it first.", code="notice_draft")
    earlier = NoticeDelivery.objects.filter(candidate=candidate, notice=notice, job_ref=job).order_by("at").first()
    if earlier is not None:
        return earlier
    made = NoticeDelivery.objects.create(
        candidate=candidate, notice=notice, job_ref=job, channel=channel, at=at, begins_at=begins_at or at, by=by,
    )  # fmt: skip
    audit.record(
        "notice.delivered", target=notice, by=by, subject=candidate, job=job, channel=channel, version=notice.version
    )
    return made


def shown(notice: Notice, values: Mapping[str, object]) -> str:
    """The text with the facts of this installation in it."""
    return jurisdictions.filled(notice.text, values)


def _draft_locked(notice: Notice) -> Notice:
    row = Notice.objects.select_for_update().filter(pk=notice.pk).first()
    if row is None:
        raise NotFound("This notice is gone.")
    if row.is_published:
        raise Conflict("This version is published and stays as it is. Begin a new one.", code="notice_published")
    return row


def _texts(title: str, text: str, language: str) -> tuple[str, str, str]:
    title, text, language = " ".join(title.split())[:150], text.strip().replace("\r\n", "\n"), language.strip().lower()
    wrong: dict[str, list[str]] = {}
    if not title:
        wrong["title"] = ["Write a title."]
    if not text:
        wrong["text"] = ["Write what people are told."]
    if not language or len(language) > 8:
        wrong["language"] = ["Write a language as en, de or hi."]
    if unknown := sorted(jurisdictions.placeholders(text) - set(PLACEHOLDERS)):
        wrong["text"] = [f"There is no {{{unknown[0]}}}. Use one of the list."]
    if wrong:
        raise DomainError("The notice is not complete: " + " ".join(one for said in wrong.values() for one in said),
                          code="bad_notice", fields=wrong)  # fmt: skip
    return title, text, language
