"""The way out for mail: one message to one address, through whatever Django's backend is."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.core.mail.message import make_msgid

from hrassist.lib.errors import DomainError, Unavailable

SECONDS = 20


class MailUnavailable(Unavailable):
    """The mail system does not answer; a later try may work."""

    code = "mail_unavailable"
    default_message = "The mail system does not answer. The mail waits and is tried again."


class MailUnclear(MailUnavailable):
    """The mail was handed over, and no answer came: it may have left. Another try may send it twice."""

    code = "mail_unclear"
    default_message = "The mail system took the mail and did not answer. It may have left."


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
    """`from_name` stands before our address; `metadata` comes back with what a provider reports about this mail."""

    to: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    from_name: str = ""
    message_id: str = ""
    attachments: Sequence[Attachment] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


def own_domain() -> str:
    """The domain that our mails come from, as their Message-ID says it."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "hrassist.invalid"


def send(mail: Outgoing) -> str:
    """Hand one mail over and give its name with the mail system, by default its Message-ID.

    Raises MailUnavailable (try again), MailUnclear (it may have left) or MailRefused (do not try again).
    """
    message_id = mail.message_id or make_msgid(domain=own_domain())
    connection = get_connection(timeout=SECONDS) if _takes_timeout() else get_connection()
    message = EmailMultiAlternatives(
        # A line break in a subject would be a header of the sender's choosing.
        subject=_one_line(mail.subject),
        body=mail.text,
        # The envelope's sender is where mail systems report what they cannot deliver.
        from_email=settings.BOUNCE_ADDRESS or settings.DEFAULT_FROM_EMAIL,
        to=[mail.to],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={"From": _sender(mail.from_name), "Message-ID": message_id, **_lines(mail.headers)},
        connection=connection,
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    for one in mail.attachments:
        _attach(message, one)
    if mail.metadata and settings.EMAIL_BACKEND.startswith("anymail."):
        message.metadata = dict(mail.metadata)  # type: ignore[attr-defined]
    _connect(connection)
    try:
        _hand_over(message)
    finally:
        connection.close()
    status = getattr(message, "anymail_status", None)
    return str(getattr(status, "message_id", "") or message_id)


def _connect(connection: Any) -> None:
    # By itself, so that what fails before the mail is handed over is told from what fails after.
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise MailUnavailable from error


def _hand_over(message: EmailMultiAlternatives) -> None:
    try:
        message.send()
    except BadHeaderError as error:
        raise MailRefused(why="a header has a line break") from error
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        raise _refusal(error) from error
    except AnymailRecipientsRefused as error:
        raise MailRefused(why="the address is not accepted") from error
    except AnymailAPIError as error:
        raise _refusal_of_provider(error) from error
    except AnymailError as error:
        raise MailRefused(why=type(error).__name__) from error
    except (OSError, smtplib.SMTPException) as error:
        # The connection broke after it was open: at which word, nobody knows.
        raise MailUnclear from error


def _refusal(error: smtplib.SMTPException) -> DomainError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        if any(400 <= code < 500 for code in codes):
            return MailUnavailable()
        return MailRefused(why="the address is not accepted")
    code = getattr(error, "smtp_code", 0)
    # smtplib says -1 where the connection broke while it waited for the answer.
    if code < 0:
        return MailUnclear()
    return MailUnavailable() if 400 <= code < 500 else MailRefused(why=f"code {code}")


def _refusal_of_provider(error: AnymailAPIError) -> DomainError:
    status = getattr(error, "status_code", None)
    if status is None:
        return MailUnclear()
    if status == 429 or status >= 500:
        return MailUnavailable()
    return MailRefused(why=f"the provider answered {status}")


def _sender(name: str) -> str:
    said, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((_one_line(name) or said, address))


def _lines(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: _one_line(value) for name, value in headers.items()}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _attach(message: EmailMultiAlternatives, one: Attachment) -> None:
    kind, _, method = one.content_type.partition(";")
    if kind.strip().lower() != "text/calendar":
        message.attach(_one_line(one.filename), one.content, one.content_type)
        return
    # Programs that can answer an invitation look for it among the alternatives of the text (RFC 6047 2.4); the others
    # offer the file. Django names the charset of a text itself, and a second one would make the header invalid.
    kept = [part.strip() for part in method.split(";") if not part.strip().lower().startswith("charset")]
    message.attach_alternative(one.content.decode(), "; ".join(["text/calendar", *kept]))
    message.attach(_one_line(one.filename), one.content, "application/ics")


def _takes_timeout() -> bool:
    return settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
