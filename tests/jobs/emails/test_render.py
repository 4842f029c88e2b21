from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.emails import render
from jobs.emails.placeholders import PLACEHOLDERS, Scene, first_name
from jobs.emails.render import Unfilled, UnknownPlaceholder, check, example, fill, names, require_filled
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import EmailTemplateFactory, InterviewFactory, OfferFactory

PIECES = st.sampled_from(["{{", "}}", "{{ ", " }}", "{", "}", "\n", "__class__", ".", "{% if %}", "{{ x|safe }}"])
TEXT = st.lists(st.one_of(PIECES, st.sampled_from(sorted(PLACEHOLDERS)), st.text(max_size=8)), max_size=20).map("".join)


@pytest.mark.django_db
def test_a_template_becomes_a_mail_to_one_person(recruiter, settings):
    settings.COMPANY_NAME = "Example Ltd"
    recruiter.first_name, recruiter.last_name = "Rosa", "Lind"
    one = ApplicationFactory(candidate=CandidateFactory(full_name="Amara Okafor"), job=JobFactory(title="Nurse"))
    template = EmailTemplateFactory(
        subject="{{job.title}} at {{ company.name }}",
        body="Dear {{ candidate.first_name }},\r\n\r\nyou are in {{ stage.name }}.\n\n{{ sender.name }}",
    )
    made = render(template, candidate=one.candidate, application=one, sender=recruiter)
    assert made.subject == "Nurse at Example Ltd"
    assert made.body == "Dear Amara,\n\nyou are in Applied.\n\nRosa Lind"
    assert made.missing == ()


@pytest.mark.django_db
def test_what_is_not_known_is_told_and_stays_in_its_braces(recruiter):
    template = EmailTemplateFactory(subject="Hello", body="We meet {{ interview.when }} about {{ job.title }}.")
    made = render(template, candidate=CandidateFactory(), sender=recruiter)
    assert made.missing == ("interview.when", "job.title")
    assert "{{ interview.when }}" in made.body
    with pytest.raises(Unfilled, match=r"interview\.when, job\.title"):
        require_filled(made.subject, made.body)


@pytest.mark.django_db
def test_what_may_be_empty_leaves_no_hole_in_the_text(recruiter):
    template = EmailTemplateFactory(body="We meet.\n\n{{ interview.place }}\n\n{{ interview.note }}\n\nBye")
    meeting = InterviewFactory(place="", note_to_candidate="")
    made = render(template, candidate=meeting.application.candidate, interview=meeting, sender=recruiter)
    assert made.body == "We meet.\n\nBye"
    assert made.missing == ()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "when", "pay"),
    [
        ("en", "Thursday 26 November 2026, 10:00–11:00 (Europe/Berlin)", "72,000 EUR by 10 December 2026"),
        ("de", "Donnerstag 26. November 2026, 10:00–11:00 (Europe/Berlin)", "72.000 EUR by 10. Dezember 2026"),
    ],
)
def test_times_and_amounts_are_said_in_the_language_of_the_template(recruiter, language, when, pay):
    meeting = InterviewFactory(
        starts_at=datetime(2026, 11, 26, 9, tzinfo=UTC), ends_at=datetime(2026, 11, 26, 10, tzinfo=UTC)
    )
    offer = OfferFactory(application=meeting.application, salary=Decimal(72000), answer_by=date(2026, 12, 10))
    template = EmailTemplateFactory(
        language=language, subject="{{ interview.when }}", body="{{ offer.salary }} by {{ offer.answer_by }}"
    )
    made = render(template, candidate=offer.application.candidate, interview=meeting, offer=offer, sender=recruiter)
    assert (made.subject, made.body) == (when, pay)


@pytest.mark.django_db
def test_what_the_caller_knows_better_wins(recruiter):
    template = EmailTemplateFactory(body="{{ interview.when }}")
    made = render(template, candidate=CandidateFactory(), sender=recruiter, extra={"interview.when": "tomorrow"})
    assert made.body == "tomorrow"


@pytest.mark.django_db
def test_a_value_is_not_read_again_as_a_template(recruiter):
    offer = OfferFactory(application__candidate=CandidateFactory(full_name="{{ offer.salary }}"))
    template = EmailTemplateFactory(body="Dear {{ candidate.full_name }}")
    made = render(template, candidate=offer.application.candidate, offer=offer, sender=recruiter)
    assert made.body == "Dear { { offer.salary } }"


def test_a_line_break_in_a_name_does_not_become_a_line_of_the_subject():
    scene = Scene(candidate=SimpleNamespace(full_name="Eve\r\nBcc: all@example.org"))
    assert fill(subject="To {{ candidate.full_name }}", body="x", scene=scene).subject == "To Eve Bcc: all@example.org"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{{ candidate.firstname }}", "Did you mean {{ candidate.first_name }}?"),
        ("{{ interview.time }}", "Did you mean {{ interview."),
        ("{{ candidate.__class__ }}", "There is no placeholder"),
        ("{{ settings.SECRET_KEY }}", "There is no placeholder"),
        ("{{ candidate.full_name|upper }}", "Did you mean {{ candidate.full_name }}?"),
        ("{{ candidate.first_name", "one of them stands alone"),
        ("candidate.first_name }}", "one of them stands alone"),
    ],
)
def test_an_unknown_placeholder_is_refused_with_the_nearest_known_one(wrong, said):
    with pytest.raises(UnknownPlaceholder) as refused:
        check(subject="fine", body=f"Dear {wrong},")
    assert said in refused.value.fields["body"][0]
    assert "subject" not in refused.value.fields


@pytest.mark.parametrize(
    ("full_name", "first"),
    [
        ("Amara Okafor", "Amara"),
        ("Dr. Jürgen Groß", "Jürgen"),
        ("Doe, Jane", "Jane"),
        ("Prof. Dr. Mei Lin", "Mei"),
        ("Cher", "Cher"),
        ("Dr.", "Dr."),
        ("محمد علي", "محمد"),
    ],
)
def test_people_are_greeted_by_their_first_name(full_name, first):
    assert first_name(full_name) == first


@given(subject=TEXT, body=TEXT)
def test_filling_never_fails_and_reaches_nothing_but_the_list(subject, body):
    class Guarded:
        """Answers what the list asks of it, and fails on anything else."""

        full_name = "Amara Okafor"

        def __getattribute__(self, name):
            assert name == "full_name"
            return object.__getattribute__(self, name)

    made = fill(subject=subject, body=body, scene=Scene(candidate=Guarded()))
    assert "\n" not in made.subject
    assert set(made.missing) <= {*names(subject), *names(body)}


@given(subject=TEXT, body=TEXT)
def test_what_is_accepted_can_be_shown_with_examples(subject, body):
    try:
        check(subject=subject, body=body)
    except UnknownPlaceholder:
        return
    assert example(subject=subject, body=body).missing == ()


def test_the_templates_that_come_along_are_accepted():
    # Read from where they are written: tests that commit leave none of the rows behind.
    templates = import_module("jobs.migrations.0006_first_rows_of_the_recruiters_admin").TEMPLATES
    assert len(templates) >= 5
    for _name, _kind, subject, body in templates:
        check(subject=subject, body=body)
