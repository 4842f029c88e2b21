"""The letter of an offer: made once for each version, kept in the store, opened on record."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.text import slugify

from audit import actions as audit
from hrassist.lib import storage, typesetting
from hrassist.lib.errors import NotFound
from hrassist.lib.serving import OpenFile
from jobs.models import Offer
from jobs.reports import offer_letter

if TYPE_CHECKING:
    from hrassist.models import User

Format = Literal["pdf", "docx"]
TYPES = {"pdf": typesetting.PDF, "docx": offer_letter.DOCX}


def ensure_letter(*, offer: Offer, by: User, now: datetime) -> Offer:
    """Make both files of this version and keep them, unless they are there.

    The object first, the row last: a file that no row names is swept, a row without its file is never seen.
    """
    offer = _with_context(offer.pk)
    if offer.letter_pdf_key:
        return offer
    files = make(offer)
    keys = {format: f"clean/{uuid4().hex}" for format in files}
    for format, content in files.items():
        storage.clean().put(keys[format], content, content_type=TYPES[format])
    with transaction.atomic():
        # Only for what was read: a draft that was changed meanwhile has another letter.
        same = Offer.objects.filter(pk=offer.pk, updated_at=offer.updated_at, letter_pdf_key="")
        # The keys are no change of the offer: `updated_at` stays, or every open form would be told of a conflict.
        kept = same.update(letter_pdf_key=keys["pdf"], letter_docx_key=keys["docx"], letter_made_at=now)
        if kept:
            audit.record(
                "offer.letter_made", target=offer, by=by, subject=offer.application.candidate_id,
                job=offer.application.job_id,
            )  # fmt: skip
        else:
            transaction.on_commit(lambda: _delete(*keys.values()))
    offer.refresh_from_db(fields=["letter_pdf_key", "letter_docx_key", "letter_made_at"])
    return offer


def make(offer: Offer) -> dict[Format, bytes]:
    """Both files as they would be now. Raises NoFont."""
    said = offer_letter.context(offer)
    return {
        "pdf": offer_letter.pdf(said, made_at=offer.created_at),
        "docx": offer_letter.word(said, made_at=offer.created_at),
    }


def forget_letter(offer: Offer) -> None:
    """Drop the letter of a draft that changes; the caller saves the offer in its transaction."""
    keys = [key for key in (offer.letter_pdf_key, offer.letter_docx_key) if key]
    offer.letter_pdf_key = offer.letter_docx_key = ""
    offer.letter_made_at = None
    transaction.on_commit(lambda: _delete(*keys))


def open_letter(*, offer_id: UUID, format: Format, by: User) -> OpenFile:
    """The letter to be saved, on record before its first byte; of a draft without one, as it would be now."""
    seen = Offer.objects.visible_to(by).filter(pk=offer_id).exists()
    if not seen:
        audit.denied("offer.letter_opened", by=by, reason_code="absent_or_hidden", http_status=404, asked=offer_id)
        raise NotFound("There is no such offer, or you may not see it.")
    offer = _with_context(offer_id)
    audit.viewed(
        "offer.letter_opened", target=offer, by=by, subject=offer.application.candidate_id,
        job=offer.application.job_id, format=format,
    )  # fmt: skip
    key = offer.letter_pdf_key if format == "pdf" else offer.letter_docx_key
    content = b"".join(storage.clean().open(key)) if key else make(offer)[format]
    return OpenFile(
        filename=filename(offer, format), content_type=TYPES[format], size=len(content), content=io.BytesIO(content)
    )


def filename(offer: Offer, format: Format) -> str:
    """offer-amara-okafor-2.pdf; a name without Latin letters is left out."""
    name = slugify(offer.application.candidate.full_name)[:60]
    return "-".join(part for part in ("offer", name, str(offer.version)) if part) + f".{format}"


def attachment(offer: Offer) -> dict[str, str]:
    """The stored PDF as a mail takes it. Raises NotFound when there is none."""
    if not offer.letter_pdf_key:
        raise NotFound("This offer has no letter yet.")
    return {"filename": filename(offer, "pdf"), "content_type": TYPES["pdf"], "key": offer.letter_pdf_key}


def _with_context(offer_id: UUID) -> Offer:
    return Offer.objects.select_related("application__candidate", "application__job").get(pk=offer_id)


def _delete(*keys: str) -> None:
    for key in keys:
        storage.clean().delete(key)
