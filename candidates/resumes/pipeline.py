"""One confirmed upload on its way to a resume that people see."""

from __future__ import annotations

import base64
import hashlib
import logging
import struct
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from candidates.resumes import promote as promotion
from candidates.resumes import settling
from candidates.resumes.cage import read_and_draw_in_cage, render_in_cage
from candidates.resumes.claims import Claim, Superseded, locked
from candidates.resumes.context import Context, PageImage, Rejected
from candidates.resumes.document import Kind, Unreadable
from candidates.resumes.extract import Limits, detect_kind
from candidates.resumes.reading import read_document
from hrassist.lib import failpoint, scanner, storage
from hrassist.lib.embeddings import shared_embedder
from hrassist.lib.errors import Unavailable

logger = logging.getLogger(__name__)

# The structure held, yet there is nothing to read: the file is kept and can be downloaded. Every other code of the cage
# is about a file that nobody should open.
NOTHING_TO_READ = {"no_text"}
PNG = b"\x89PNG\r\n\x1a\n"


class CageUnavailable(Unavailable):
    code = "cage_unavailable"
    default_message = "Files cannot be read safely on this machine right now."


def fetch_once(context: Context) -> Context:
    """Read the confirmed object, one time: every later step works on this buffer."""
    ticket = context.ticket
    try:
        chunks = storage.incoming().open_once(
            ticket.key, etag=ticket.etag, version_id=ticket.version_id, max_bytes=ticket.declared_size
        )
        data = b"".join(chunks)
    except storage.ObjectMissing as error:
        raise Rejected(
            "The uploaded file is no longer in the store. Upload it again.", code="object_missing"
        ) from error
    except storage.ObjectChanged as error:
        raise Rejected(
            "The file was replaced after it was confirmed. Upload it again.", code="changed_after_confirm"
        ) from error
    except storage.TooManyBytes as error:
        raise Rejected("The file is larger than declared. Upload it again.", code="size_mismatch") from error
    if len(data) != ticket.declared_size:
        raise Rejected("The file is not as long as declared. Upload it again.", code="size_mismatch")
    sha256 = hashlib.sha256(data).hexdigest()
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    if md5 != ticket.declared_md5 or (ticket.declared_sha256 and sha256 != ticket.declared_sha256):
        raise Rejected("This is not the file that was declared. Upload it again.", code="checksum_mismatch")
    return replace(context, data=data, sha256=sha256)


def check(context: Context) -> Context:
    """Check the structure, read the text and draw the pages, in a process that can do no harm."""
    try:
        document, images = read_and_draw_in_cage(context.data, limits=context.limits)
    except Unreadable as error:
        if error.code == CageUnavailable.code:
            raise CageUnavailable from error
        if error.code not in NOTHING_TO_READ:
            raise Rejected(error.message, code=error.code) from error
        return replace(context, kind=detect_kind(context.data), unreadable_for=error.code)
    return replace(context, kind=document.kind, document=document, pages=tuple(_page(one) for one in images))


def scan(context: Context) -> Context:
    """Ask the malware scanner; without a clear answer the upload waits."""
    verdict = scanner.configured().scan(context.data)
    if not verdict.is_clean:
        logger.warning("upload %s: %s found %s", context.ticket.pk, verdict.scanned_by, verdict.threat)
        raise Rejected("The malware scanner found {threat} in this file.", code="infected", threat=verdict.threat)
    return replace(context, scanned_by=verdict.scanned_by)


def parse(context: Context) -> Context:
    """Find out what the text says, and mask who it is about."""
    if context.document is None:
        return context
    try:
        reading = read_document(context.document)
    except Exception:
        # The file is clean and stays: a fault of ours must not lose it, and trying again would not mend it.
        logger.exception("upload %s: the text could not be parsed", context.ticket.pk)
        return replace(context, unreadable_for="parser_failed")
    return replace(context, reading=reading)


def draw(context: Context) -> Context:
    """Draw the pages of a PDF that could not be read, in the cage again: looking at it is all that is left."""
    if context.kind is not Kind.PDF or context.document is not None:
        return context
    try:
        images = render_in_cage(context.data, limits=context.limits)
    except Unreadable as error:
        if error.code == CageUnavailable.code:
            raise CageUnavailable from error
        return replace(context, warnings=(*context.warnings, f"pages not drawn: {error.code}"))
    return replace(context, pages=tuple(_page(image) for image in images))


def promote(context: Context) -> Context:
    """Store the same bytes where checked files live."""
    return promotion.store(context)


def embed(context: Context) -> Context:
    """Turn the head of the masked text into its vector."""
    if context.reading is None:
        return context
    embedder = shared_embedder()
    vector = embedder.embed([context.reading.head])[0]
    return replace(context, vector=tuple(float(one) for one in vector), model_hash=embedder.model_hash)


STEPS: tuple[Callable[[Context], Context], ...] = (fetch_once, check, scan, parse, draw, embed, promote)


def run(claim: Claim) -> None:
    """Take one claimed upload to a resume (ready or unreadable), or reject it with a reason.

    Raises Unavailable where something we depend on is away, Superseded when another worker took over.
    """
    context = Context(ticket=claim.ticket, fence=claim.fence, limits=limits())
    try:
        for step in STEPS:
            failpoint.reach(f"ingest.{step.__name__}")
            context = step(context)
        failpoint.reach("ingest.appear")
        resume = promotion.appear(context, now=timezone.now())
    except Rejected as refusal:
        _reject(claim, refusal)
    except Superseded:
        promotion.discard(context)
        raise
    else:
        failpoint.reach("ingest.forget")
        if resume is None:
            promotion.discard(context)
    settling.forget(claim.ticket.key)


def limits() -> Limits:
    return Limits(max_bytes=settings.UPLOAD_MAX_BYTES)


def _reject(claim: Claim, refusal: Rejected) -> None:
    failpoint.reach("ingest.reject")
    with transaction.atomic():
        settling.reject(locked(claim), code=refusal.code, message=refusal.message, now=timezone.now())


def _page(image: bytes) -> PageImage:
    # The cage's child may have been taken over by the file it read: its answer is checked like any other input.
    if image[:8] != PNG or image[12:16] != b"IHDR":
        raise ValueError("The cage drew a page that is not a PNG.")
    width, height = struct.unpack(">II", image[16:24])
    return PageImage(data=image, content_type="image/png", width=width, height=height)
