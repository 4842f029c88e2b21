"""The way out for mail: one message to one address, through whatever Django's backend is."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.message import make_msgid

from hrassist.lib.errors import DomainError, Unavailable


class MailUnavailable(Unavailable):
    """The mail system does not answer; a later try may work."""

    code = "mail_unavailable"
    default_message = "The mail system does not answer. The mail waits and is tried again."


class MailRefused(DomainError):
    """The mail system refused this message for good."""

    code = "mail_refused"
    default_message = "The mail system refused this mail: {why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a mail; for a calendar invitation `content_type` is `text/calendar; method=REQUEST`."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    to: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    attachments: Sequence[Attachment] = ()
    headers: dict[str, str] = field(default_factory=dict)


def send(mail: Outgoing) -> str:
    """Hand one mail over and give its Message-ID. Raises MailUnavailable (try again) or MailRefused (do not)."""
    message_id = make_msgid(domain="hrassist.invalid")
    message = EmailMultiAlternatives(
        # A line break in a subject would be a header of the sender's choosing.
        subject=" ".join(mail.subject.split()),
        body=mail.text,
        to=[mail.to],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={"Message-ID": message_id, **mail.headers},
        connection=get_connection(timeout=20) if _takes_timeout() else get_connection(),
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    for one in mail.attachments:
        _attach(message, one)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        if any(400 <= code < 500 for code in codes):
            raise MailUnavailable from error
        raise MailRefused(why="the address is not accepted") from error
    except smtplib.SMTPResponseException as error:
        if 400 <= error.smtp_code < 500:
            raise MailUnavailable from error
        raise MailRefused(why=f"code {error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailUnavailable from error
    return message_id


def _attach(message: EmailMultiAlternatives, one: Attachment) -> None:
    kind, _, method = one.content_type.partition(";")
    if kind.strip().lower() != "text/calendar":
        message.attach(one.filename, one.content, one.content_type)
        return
    # Programs that can answer an invitation look for it among the alternatives of the text (RFC 6047 2.4); the others
    # offer the file. Django names the charset of a text itself, and a second one would make the header invalid.
    kept = [part.strip() for part in method.split(";") if not part.strip().lower().startswith("charset")]
    message.attach_alternative(one.content.decode(), "; ".join(["text/calendar", *kept]))
    message.attach(one.filename, one.content, "application/ics")


def _takes_timeout() -> bool:
    from django.conf import settings  # noqa: PLC0415

    return settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
