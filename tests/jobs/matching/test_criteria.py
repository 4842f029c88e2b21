import pytest

from jobs.matching.criteria import MOST_CRITERIA, criteria_of
from jobs.matching.types import JobText, Need


def read(**parts):
    return [(one.text, one.need.value) for one in criteria_of(JobText("Backend Engineer", **parts))]


def test_the_lines_of_the_job_are_its_requirements():
    found = read(must_have="• 3+ years of Python.\n\n- PostgreSQL\n1. Monthly on-call duty", nice_to_have="Kubernetes")
    assert found == [
        ("3+ years of Python", "must"),
        ("PostgreSQL", "must"),
        ("Monthly on-call duty", "must"),
        ("Kubernetes", "nice"),
    ]


def test_a_must_that_calls_itself_a_plus_is_a_nice_to_have():
    assert read(must_have="Python\nKubernetes is a plus") == [("Python", "must"), ("Kubernetes is a plus", "nice")]


def test_the_same_requirement_counts_once():
    assert read(must_have="Python\nPython, Python and again Python", nice_to_have="Good Python skills") == [
        ("Python", "must")
    ]


DESCRIPTION = """We build billing.

What you'll do:
• Build services
Requirements
• Python
• PostgreSQL tuning
Nice to have:
• Kubernetes
Benefits:
• Health insurance
"""


def test_headed_lists_of_the_description_stand_in_for_missing_lines():
    assert read(description=DESCRIPTION) == [
        ("Python", "must"),
        ("PostgreSQL tuning", "must"),
        ("Kubernetes", "nice"),
    ]


def test_own_lines_go_before_the_description():
    assert read(description=DESCRIPTION, must_have="Go") == [("Go", "must")]


def test_a_text_without_lists_asks_for_the_skills_it_names_but_demands_none():
    found = criteria_of(JobText("Engineer", description="You build services in Python and Kubernetes."))
    assert {"python", "kubernetes"} <= {one.text.lower() for one in found}
    assert {one.need for one in found} == {Need.NICE}


def test_a_requirement_knows_the_skills_it_names():
    (one,) = criteria_of(JobText("Engineer", must_have="5 years of Python and PostgreSQL"))
    assert [skill.written for skill in one.skills] == ["Python", "PostgreSQL"]
    assert all(skill.concept for skill in one.skills)
    assert one.as_json() == {
        "text": "5 years of Python and PostgreSQL",
        "kind": "must",
        "skills": ["Python", "PostgreSQL"],
    }


def test_a_wall_of_keywords_is_cut():
    assert len(read(must_have="\n".join(f"topic{n} subject{n}" for n in range(200)))) == MOST_CRITERIA


@pytest.mark.parametrize("text", ["", "•\n-\n   ", "and the of"])
def test_nothing_asked_is_nothing(text):
    assert read(must_have=text) == []
