from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.emails.reports import MOST_RECIPIENTS, Report, Verdict, read

CORPUS = Path(__file__).parent / "reports"
OURS = UUID("018f0000-0000-7000-8000-000000000001")
JANE = "jane@example.org"


def of(name):
    return read((CORPUS / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "verdict", "why"),
    [
        ("unknown-user.eml", Verdict.WRONG_ADDRESS, "User unknown"),
        ("whole-mail-returned.eml", Verdict.WRONG_ADDRESS, "5.1.2 Host or domain name not found"),
        ("mailbox-disabled.eml", Verdict.WRONG_ADDRESS, "disabled"),
        ("mailbox-full.eml", Verdict.REFUSED, "Mailbox full"),
        ("policy.eml", Verdict.REFUSED, "rejected as spam"),
        ("delayed.eml", Verdict.LATE, "Connection timed out"),
        ("bare-action.eml", Verdict.REFUSED, "5.0.0"),
        ("forwarded.eml", Verdict.WRONG_ADDRESS, "no such user"),
    ],
)
def test_a_report_says_what_became_of_which_mail(name, verdict, why):
    (found,) = of(name)
    assert (found.message, found.recipient, found.verdict) == (OURS, JANE, verdict)
    assert why in found.why


@pytest.mark.parametrize(
    "name",
    ["delivered.eml", "no-original.eml", "not-a-report.eml", "absence-notice.eml", "cut-off.eml", "empty.eml"],
)
def test_good_news_and_mails_that_report_nothing_of_ours_give_nothing(name):
    assert of(name) == []


def test_a_report_cannot_smuggle_control_characters():
    (found,) = of("header-tricks.eml")
    assert found.why.isprintable()
    assert found.recipient.isprintable()


def test_a_report_about_hundreds_of_people_is_read_as_far_as_one_could_be_about_us():
    assert len(of("many-recipients.eml")) == MOST_RECIPIENTS


def test_what_cannot_be_decoded_does_not_stop_the_reading():
    assert all(isinstance(one, Report) for one in of("bad-charset.eml"))


def test_parts_within_parts_without_end_are_given_up():
    deep = b"".join(
        b'Content-Type: multipart/report; boundary="%d"\r\n\r\n--%d\r\n' % (number, number) for number in range(3000)
    )
    assert read(deep) == []


@given(raw=st.binary(max_size=400))
@example(raw=b"Content-Type: message/delivery-status\n\n\xff\xfe: x")
def test_no_bytes_whatever_stop_the_reading(raw):
    whole = (CORPUS / "unknown-user.eml").read_bytes()
    cut = len(raw) * 3
    for mail in (raw, whole[:cut] + raw + whole[cut:], raw + whole):
        assert all(isinstance(one, Report) for one in read(mail))
