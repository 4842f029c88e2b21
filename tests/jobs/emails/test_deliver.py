import os
import smtplib
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.core import mail as outbox_of
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from hrassist.lib import failpoint, mail
from hrassist.models import Notification
from jobs.emails import deliver
from jobs.models import Message
from tests.conftest import NOON
from tests.hiring import EmailTemplateFactory, MessageFactory

State = Message.State


class Scripted(EmailBackend):
    """A mail system that answers what the test says."""

    opening: Exception | None = None
    answer: Exception | None = None

    def open(self):
        if self.opening is not None:
            raise self.opening

    def send_messages(self, messages):
        if self.answer is not None:
            raise self.answer
        return super().send_messages(messages)


@pytest.fixture
def mail_system(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Scripted"

    def says(*, opening=None, answer=None):
        monkeypatch.setattr(Scripted, "opening", opening)
        monkeypatch.setattr(Scripted, "answer", answer)

    says()
    return says


def due(**columns):
    return MessageFactory(send_at=NOON, created_at=NOON, **columns)


@pytest.mark.django_db
def test_a_mail_leaves_with_everything_a_mail_needs(mailoutbox, settings):
    settings.COMPANY_NAME, settings.DEFAULT_FROM_EMAIL = "Example Ltd", "hr@example.com"
    one = due(by__first_name="Rosa", by__last_name="Lind", body="Dear Jane,\n\nsee https://example.org/a <b>")
    deliver.deliver(str(one.pk), now=NOON)
    (sent,) = mailoutbox
    one.refresh_from_db()
    assert (one.state, one.sent_at, one.message_id) == (State.SENT, NOON, f"<{one.pk}@example.com>")
    written = sent.message()
    assert written["From"] == '"Rosa Lind, Example Ltd" <hr@example.com>'
    assert written["Reply-To"] == one.by.email
    assert written["Message-ID"] == one.message_id
    assert written["To"] == one.to
    assert written["Auto-Submitted"] is None
    html = sent.alternatives[0].content
    assert '<a href="https://example.org/a"' in html
    assert "&lt;b&gt;" in html


@pytest.mark.django_db
def test_a_mail_that_nobody_wrote_asks_machines_not_to_answer(mailoutbox):
    deliver.deliver(str(due(template=EmailTemplateFactory(kind="received")).pk), now=NOON)
    assert mailoutbox[0].message()["Auto-Submitted"] == "auto-generated"


@pytest.mark.django_db
def test_line_breaks_make_no_headers(mailoutbox):
    one = due(subject="Hello\r\nBcc: all@example.org", by__first_name="Rosa\nX-Evil: 1")
    deliver.deliver(str(one.pk), now=NOON)
    written = mailoutbox[0].message()
    assert written["Bcc"] is None
    assert written["X-Evil"] is None
    assert written["Subject"] == "Hello Bcc: all@example.org"


@pytest.mark.django_db
def test_what_is_not_due_taken_back_or_sent_already_does_not_leave(mailoutbox):
    later = MessageFactory(send_at=NOON + timedelta(seconds=1))
    gone = due(state=State.CANCELLED)
    once = due()
    for one in (later, gone, once, once):
        deliver.deliver(str(one.pk), now=NOON)
    assert len(mailoutbox) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble",
    [
        {"opening": ConnectionRefusedError()},
        {"opening": smtplib.SMTPAuthenticationError(535, b"no")},
        {"answer": smtplib.SMTPDataError(451, b"later")},
        {"answer": smtplib.SMTPRecipientsRefused({"jane@example.org": (450, b"greylisted")})},
    ],
    ids=["no connection", "no sign-in", "later", "greylisted"],
)
def test_a_mail_system_that_cannot_now_is_asked_again(mail_system, trouble):
    one = due()
    mail_system(**trouble)
    with pytest.raises(mail.MailUnavailable):
        deliver.deliver(str(one.pk), now=NOON)
    one.refresh_from_db()
    assert one.state == State.QUEUED
    mail_system()
    deliver.deliver(str(one.pk), now=NOON + timedelta(minutes=1))
    one.refresh_from_db()
    assert one.state == State.SENT


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble",
    [
        smtplib.SMTPDataError(554, b"spam"),
        smtplib.SMTPRecipientsRefused({"jane@example.org": (550, b"no such user")}),
    ],
    ids=["refused", "unknown"],
)
def test_a_refusal_is_final_and_its_sender_is_told(mail_system, trouble):
    one = due()
    mail_system(answer=trouble)
    deliver.deliver(str(one.pk), now=NOON)
    one.refresh_from_db()
    assert (one.state, one.failed_at) == (State.FAILED, NOON)
    assert one.failed_for
    assert Notification.objects.get(user=one.by).kind == Notification.Kind.MESSAGE_FAILED


@pytest.mark.django_db
@pytest.mark.parametrize("broke", [smtplib.SMTPServerDisconnected(), TimeoutError(), smtplib.SMTPDataError(-1, b"")])
def test_a_connection_that_breaks_while_the_mail_is_handed_over_leaves_it_unclear(mail_system, broke):
    one = due()
    mail_system(answer=broke)
    deliver.deliver(str(one.pk), now=NOON)
    mail_system()
    deliver.deliver(str(one.pk), now=NOON + timedelta(hours=1))
    one.refresh_from_db()
    assert one.state == State.UNCLEAR
    assert Notification.objects.filter(user=one.by).count() == 1


@pytest.mark.django_db
def test_after_a_day_nobody_tries_any_more(mail_system):
    one = due()
    mail_system(opening=ConnectionRefusedError())
    deliver.deliver(str(one.pk), now=NOON + timedelta(hours=25))
    one.refresh_from_db()
    assert one.state == State.FAILED


@pytest.mark.django_db
def test_a_missing_attachment_fails_the_mail_before_it_is_handed_over(mailoutbox):
    one = due(attachments=[{"filename": "a.pdf", "content_type": "application/pdf", "key": "clean/absent"}])
    deliver.deliver(str(one.pk), now=NOON)
    one.refresh_from_db()
    assert one.state == State.FAILED
    assert not mailoutbox


@pytest.mark.django_db
def test_what_waits_long_without_a_task_is_given_out_again(deferred_tasks):
    from jobs.tasks import settle_messages

    now = timezone.now()
    late = MessageFactory(send_at=now - timedelta(minutes=11))
    MessageFactory(send_at=now - timedelta(minutes=9))
    settle_messages(timestamp=0)
    assert deferred_tasks("send_message") == [{"message_id": str(late.pk)}]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["message_claimed", "message_sent"])
def test_a_worker_that_dies_in_between_leaves_a_mail_that_is_unclear_and_not_sent_again(place, tmp_path, mailoutbox):
    one = MessageFactory()
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    environment = {
        **os.environ, "HRASSIST_ENV": "development", "DATABASE_URL": url, "HRASSIST_VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "hrassist.settings", failpoint.VARIABLE: place,
    }  # fmt: skip
    code = (
        "import django; django.setup()\n"
        "from django.utils import timezone\nfrom jobs.emails import deliver\n"
        f"deliver.deliver('{one.pk}', now=timezone.now())"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=configured.BASE_DIR, env=environment, check=False)
    assert ended.returncode == -9
    assert len(list((tmp_path / "mail").glob("*"))) == (place == "message_sent")
    one.refresh_from_db()
    assert one.state == State.SENDING

    assert deliver.settle_forgotten(now=timezone.now() + timedelta(minutes=9)) == []
    deliver.deliver(str(one.pk), now=timezone.now())
    deliver.settle_forgotten(now=timezone.now() + timedelta(minutes=11))
    deliver.deliver(str(one.pk), now=timezone.now())
    one.refresh_from_db()
    assert one.state == State.UNCLEAR
    assert not mailoutbox
    assert not outbox_of.outbox
    assert Notification.objects.filter(user=one.by, kind=Notification.Kind.MESSAGE_FAILED).count() == 1
