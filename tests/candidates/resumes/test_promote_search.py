from candidates.resumes.document import Field, Label, ParsedResume
from candidates.resumes.promote import skill_names, titles


def parsed(document, *fields):
    return ParsedResume(json_resume=document, fields=tuple(fields))


def test_a_skill_is_found_as_the_resume_writes_it_and_by_its_usual_name():
    skill = Field(label=Label.SKILL, value="Postgres", start=0, end=8, page=1, confidence=1.0)
    document = {"skills": [{"name": "Postgres", "keywords": ["PostgreSQL"]}, {"name": "C++"}, {"name": None}, "broken"]}
    assert skill_names(parsed(document, skill)) == ["postgres", "postgresql", "c++"]


def test_titles_are_the_headline_and_every_position_once():
    work = [{"position": "Data Engineer"}, {"position": "Analyst"}, {"position": None}]
    document = {"basics": {"label": "Data Engineer"}, "work": work}
    assert titles(parsed(document)) == ["Data Engineer", "Analyst"]


def test_a_resume_that_says_nothing_has_neither():
    assert skill_names(parsed({})) == titles(parsed({})) == []


def test_a_resume_that_lists_everything_is_cut():
    document = {"skills": [{"name": f"skill {number} " + "x" * 200} for number in range(2000)]}
    names = skill_names(parsed(document))
    assert len(names) == 300
    assert max(map(len, names)) <= 80
