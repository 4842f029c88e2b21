import pytest
from django.contrib.postgres.search import SearchQuery

from candidates.actions import corrections
from candidates.models import ResumeParse
from hrassist.lib.errors import DomainError, NotFound
from tests.conftest import NOON
from tests.factories import ResumeFactory

pytestmark = pytest.mark.django_db

READ = {
    "basics": {"name": "Jane Doe", "label": "Enginer", "email": "jane@example.org"},
    "work": [
        {"name": "Acme", "position": "Enginer", "startDate": "2019", "highlights": ["Built billing."]},
        {"name": "Page 2 of 3", "position": ""},
    ],
    "education": [],
    "skills": [{"name": "Python", "keywords": ["Django"]}, {"name": "References"}],
}
FIELDS = [
    {"label": "TITLE", "value": "Enginer", "path": "/work/0/position", "start": 10, "end": 17, "confidence": 0.4},
    {"label": "EMPLOYER", "value": "Acme", "path": "/work/0/name", "start": 20, "end": 24, "confidence": 0.9},
]


@pytest.fixture
def resume():
    return ResumeFactory(parse={"json_resume": READ, "fields": FIELDS, "skill_names": ["python", "references"]})


def correct(resume, by, **said):
    said = {
        "basics": {"name": "Jane Doe", "label": "Engineer"},
        "entries": {"work": [{"was": "0", "position": "Engineer", "name": "Acme", "startDate": "2019", "endDate": ""}]},
        "skills": ["python", "SQL"],
        "seen": corrections.state_of(resume.parse),
    } | said
    return corrections.correct(resume=resume, by=by, now=NOON, **said)


def test_what_was_read_wrongly_is_corrected_and_the_rest_stays(resume, recruiter):
    document = correct(resume, recruiter).json_resume
    assert document["basics"] == {"name": "Jane Doe", "label": "Engineer", "email": "jane@example.org"}
    assert document["work"] == [
        {"name": "Acme", "position": "Engineer", "startDate": "2019", "highlights": ["Built billing."]}
    ]
    assert document["skills"] == [{"name": "python", "keywords": ["Django"]}, {"name": "SQL"}]


def test_the_evidence_stays_and_says_who_corrected_it(resume, recruiter):
    title, employer = correct(resume, recruiter).fields
    assert (title["value"], title["start"], title["corrected_by"]) == ("Enginer", 10, recruiter.pk)
    assert "corrected_by" not in employer


def test_search_by_skill_and_title_sees_it(resume, recruiter):
    correct(resume, recruiter)
    assert (
        ResumeParse.objects.filter(skill_names__contains=["sql"], titles=SearchQuery("engineer", config="simple")).get()
        == resume.parse
    )


def test_a_correction_is_on_record_without_its_words(resume, recruiter, events):
    correct(resume, recruiter)
    (event,) = events("resume.corrected")
    assert event.changes == {"sections": ["basics", "skills", "work"]}


def test_two_people_do_not_overwrite_each_other(resume, recruiter):
    seen = corrections.state_of(resume.parse)
    correct(resume, recruiter)
    with pytest.raises(corrections.ReadAnew):
        correct(resume, recruiter, seen=seen, skills=["COBOL"])
    resume.parse.refresh_from_db()
    assert "cobol" not in resume.parse.skill_names


def test_no_change_is_no_event(resume, recruiter, events):
    work = [{"was": str(at), **{key: str(value) for key, value in one.items()}} for at, one in enumerate(READ["work"])]
    correct(resume, recruiter, basics={}, entries={"work": work}, skills=[one["name"] for one in READ["skills"]])
    assert len(events("resume.corrected")) == 1  # the empty title of the second entry is gone
    resume.parse.refresh_from_db()
    correct(resume, recruiter, basics={}, entries={"work": work}, skills=[one["name"] for one in READ["skills"]])
    assert len(events("resume.corrected")) == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"skills": ["x" * 81]}, "too_long"),
        ({"skills": [str(one) for one in range(201)]}, "too_many_skills"),
        ({"basics": {"name": "x" * 201}}, "too_long"),
        ({"entries": {"work": [{"position": "x"}] * 61}}, "too_many_entries"),
    ],
)
def test_too_much_is_refused_with_what_to_do(resume, recruiter, said, code):
    with pytest.raises(DomainError) as refused:
        correct(resume, recruiter, **said)
    assert refused.value.code == code


def test_who_may_not_see_the_person_corrects_nothing(resume, hiring_manager):
    with pytest.raises(NotFound):
        correct(resume, hiring_manager)
