"""What mail systems report about mails of ours (RFC 3464): strangers' bytes, of which only plain facts are taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as Mail
from enum import Enum
from uuid import UUID

MOST_BYTES = 2_000_000
MOST_PARTS = 2000
MOST_RECIPIENTS = 20
MESSAGE_ID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@", re.IGNORECASE | re.ASCII)
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
# The address itself is wrong (RFC 3463): none, no such domain, a bad one, moved away, disabled, no route to it.
WRONG_ADDRESS = re.compile(r"5\.1\.(?:0|1|2|3|6|10)|5\.2\.1|5\.4\.4")


class Verdict(Enum):
    """How bad it is: the address is wrong; this mail was refused for good; it is late and may still arrive."""

    WRONG_ADDRESS = "wrong address"
    REFUSED = "refused"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one mail for one address; `message` is the row that our Message-ID names."""

    message: UUID
    recipient: str
    verdict: Verdict
    why: str


def read(raw: bytes) -> list[Report]:
    """The reports in one mail; none for anything that is not a delivery status notification about a mail of ours."""
    try:
        mail = message_from_bytes(raw[:MOST_BYTES])
        parts = _parts(mail)
        message = _message_of(parts)
        return list(_reports(parts, message)) if message else []
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, UnicodeError):
        # The parser of the standard library raises whatever it meets in a mail that was made to break it.
        return []


def verdict(*, action: str, status: str) -> Verdict | None:
    """How to take what a mail system says; None for good news."""
    if action == "delayed" or (action == "failed" and status.startswith("4")):
        return Verdict.LATE
    if action != "failed":
        return None
    return Verdict.WRONG_ADDRESS if WRONG_ADDRESS.fullmatch(status) else Verdict.REFUSED


def _parts(mail: Mail) -> list[Mail]:
    found: list[Mail] = []
    for part in mail.walk():
        found.append(part)
        if len(found) == MOST_PARTS:
            break
    return found


def _message_of(parts: list[Mail]) -> UUID | None:
    # The returned mail or its head names it; the report's own Message-ID and answers to ours do not count.
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            headers = [str(one.get("Message-ID", "")) for one in inner if isinstance(one, Mail)] if isinstance(
                inner, list
            ) else []  # fmt: skip
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            headers = [line for line in _text(part).splitlines() if line.lower().startswith("message-id:")]
        else:
            continue
        for header in headers:
            if found := MESSAGE_ID.search(header):
                return UUID(found[1])
    return None


def _reports(parts: list[Mail], message: UUID) -> Iterator[Report]:
    blocks = [
        block
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for block in _blocks(part)
        if block.get("Final-Recipient") or block.get("Original-Recipient")
    ]
    for block in blocks[:MOST_RECIPIENTS]:
        action = _plain(block.get("Action")).lower()
        status = STATUS.search(_plain(block.get("Status")))
        taken = verdict(action=action, status=status[0] if status else "")
        if taken is None:
            continue
        said = _plain(block.get("Diagnostic-Code")).partition(";")
        why = " ".join(one for one in (status[0] if status else "", said[2].strip() or said[0].strip()) if one)
        recipient = _plain(block.get("Original-Recipient") or block.get("Final-Recipient")).rpartition(";")[2]
        yield Report(message, recipient.strip().strip("<>").lower()[:254], taken, why[:300] or action)


def _blocks(part: Mail) -> list[Mail]:
    inner = part.get_payload()
    return [one for one in inner if isinstance(one, Mail)] if isinstance(inner, list) else []


def _text(part: Mail) -> str:
    inner = part.get_payload(decode=True)
    return inner.decode("utf-8", "replace") if isinstance(inner, bytes) else ""


def _plain(value: object) -> str:
    """One line without control characters."""
    return "".join(one if one.isprintable() else " " for one in " ".join(str(value or "").split()))[:1000]
