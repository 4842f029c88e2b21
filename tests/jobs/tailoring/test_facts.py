"""What a line may state: each trap of invented facts, and each way of saying the same that must pass."""

from __future__ import annotations

import pytest

from jobs.tailoring.facts import Level, check_heads, check_line, check_paper
from jobs.tailoring.facts.credentials import credentials_in, degrees_in
from jobs.tailoring.facts.normalise import mixed_scripts, plain
from jobs.tailoring.facts.numbers import numbers_in
from tests.jobs.tailoring.resumes import AMARA, source


def found(text, *evidence, also=""):
    """(level, rule) of everything found in a line that rests on this evidence."""
    own = source()
    entry = own.skeleton.entry_of.get(evidence[0])
    return {
        (one.level.value, one.rule) for one in check_line(text, evidence=evidence, source=own, entry=entry, also=also)
    }


FAITHFUL = [
    ("Built a billing service in Python and Postgres for 1,200,000 customers", "w0.b0"),
    ("Built the billing service (Python, PostgreSQL) that serves 1.2 million customers", "w0.b0"),
    ("Reduced cluster cost by seventy percent through Kubernetes autoscaling", "w0.b1"),
    ("Cut cluster cost by 70% using K8s autoscaling", "w0.b1"),
    ("Cut cluster cost by 70 per cent with Kubernetes autoscaling", "w0.b1"),
    ("Led 5 engineers through the migration away from Oracle", "w0.b2"),
    ("Headed a team of five engineers in a migration from Oracle", "w0.b2"),
    ("Wrote 40 REST API endpoints in Django for a mobile app", "w1.b0"),
    ("Mentored 2 juniors", "w1.b1"),
    ("Halved a nightly import from six hours to three", "w1.b2"),
    ("Cut a nightly import by 50%, from 6 hours to 3 hours", "w1.b2"),
    ("Backend engineer with eight years in payments", "s0"),
    ("AWS Certified Developer with 8 years of experience in payments", "s0"),
]


@pytest.mark.parametrize(("text", "evidence"), FAITHFUL)
def test_the_same_said_otherwise_passes(text, evidence):
    assert found(text, evidence) == set()


INVENTED = [
    ("Cut the cost of the cluster by 90 % with k8s autoscaling", "w0.b1", "number"),
    ("Cut the cost of the cluster by 70 with k8s autoscaling", "w0.b1", "number"),
    ("Cut the cost of the cluster by over 70 % with k8s autoscaling", "w0.b1", "number"),
    ("Cut the cost of the cluster by ７５ % with k8s autoscaling", "w0.b1", "number"),
    ("Cut the cost of the cluster by ٩٠ %", "w0.b1", "number"),
    ("Built the billing service for 12 million customers", "w0.b0", "number"),
    ("Built the billing service for $1.2 million customers", "w0.b0", "number"),
    ("Built the billing service for thousands of banks", "w0.b1", "number"),
    ("Doubled the speed of the nightly import", "w1.b2", "number"),
    ("Mentored a dozen juniors", "w1.b1", "number"),
    ("Mentored two juniors for 3 years", "w1.b1", "number"),
    ("Backend engineer with 10+ years of experience", "s0", "number"),
    ("Backend engineer with fifteen years of experience", "s0", "number"),
    ("Since March 2019 built the billing service", "w0.b0", "date"),
    ("Built the billing service in 2023", "w0.b0", "date"),
    ("Wrote REST APIs in Django and Rust", "w1.b0", "skill"),
    ("Wrote REST APIs in Django on Terraform", "w1.b0", "skill"),
    ("Wrote REST APIs in Djаngo", "w1.b0", "mixed_script"),
    ("Wrote REST APIs in Ru\u200bst", "w1.b0", "skill"),
    ("Wrote REST APIs at Google", "w1.b0", "employer"),
    ("Wrote REST APIs for Northwind GmbH", "w1.b0", "employer"),
    ("Certified Kubernetes Administrator", "s0", "credential"),
    ("PMP and Scrum practitioner in payments", "s0", "credential"),
    ("Holds a Master's degree in Computer Science", "s0", "degree"),
    ("PhD in Computer Science, 8 years in payments", "s0", "degree"),
    ("Principal engineer with 8 years in payments", "s0", "title"),
    ("Engineering director with 8 years in payments", "s0", "title"),
    ("See www.example.com/portfolio for more", "s0", "url"),
    ("Write to amara@other.example", "s0", "email"),
]


@pytest.mark.parametrize(("text", "evidence", "rule"), INVENTED)
def test_what_the_resume_does_not_state_is_blocked(text, evidence, rule):
    blocked = {name for level, name in found(text, evidence) if level == "block"}
    assert rule in blocked


@pytest.mark.parametrize(
    ("text", "evidence", "rule"),
    [
        ("Architected REST APIs in Django for the mobile app", "w1.b0", "architecture"),
        ("Led the mentoring of two juniors", "w1.b1", "leading"),
        ("Wrote REST APIs in Django single-handedly", "w1.b0", "alone"),
        ("Owned the REST APIs in Django", "w1.b0", "owning"),
        # Said of what the evidence does not name, a part of the evidence is no answer.
        ("Led five engineers from Oracle, in charge of the whole house", "w0.b2", "running"),
        ("Led five engineers in a migration from Oracle and led the department", "w0.b2", "leading"),
        ("Ran the department", "w0.b2", "running"),
        # Each part answers once.
        ("Led five engineers, directing a migration from Oracle", "w0.b2", "leading"),
        ("Mentored two juniors, Mary Smith among them", "w1.b1", "name"),
        ("Wrote REST APIs in Django on Kubernetes", "w1.b0", "skill_moved"),
    ],
)
def test_what_a_person_has_to_judge_is_asked(text, evidence, rule):
    assert found(text, evidence) == {("ask", rule)}


def test_a_line_without_evidence_or_with_foreign_evidence_is_blocked():
    own = source()
    assert check_line("Anything", evidence=(), source=own)[0].rule == "no_evidence"
    assert check_line("Anything", evidence=("w9.b1",), source=own)[0].rule == "no_evidence"
    assert found("Mentored two juniors", "w1.b1", "w0.b0") == {("block", "foreign_evidence")}


def test_a_letter_may_name_the_job_and_who_hires_and_nothing_more_of_the_advertisement():
    also = "Head of Platform | Initech GmbH"
    assert found("I am applying for the position of Head of Platform at Initech GmbH.", "s0", also=also) == set()
    assert found("Ich bewerbe mich um die Stelle Lead Chef.", "s0", also="Lead Chef | Initech") == set()
    assert found("I apply as Lead Chef.", "w1.b1", also="Lead Chef | Initech") == set()
    assert found("I apply as Lead Chef and led it.", "w1.b1", also="Lead Chef | Initech") == {("ask", "leading")}
    assert ("block", "skill") in found("I know Rust, which you ask for.", "s0", also=also)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("70 %", "70 percent"),
        ("70%", "seventy per cent"),
        ("1.2 million", "1,200,000"),
        ("1.2M", "1.200.000"),
        ("5k", "5,000"),
        ("two hundred and fifty", "250"),
        ("twenty-five", "25"),
        ("a dozen", "12"),
        ("3 lakh", "300,000"),
        ("€5 million", "EUR 5,000,000"),
        ("12 yrs", "twelve years"),
        ("zwölf Jahre", "12 years"),
        ("2x", "twice"),
    ],
)
def test_numbers_are_the_same_however_they_are_written(one, other):
    assert [(n.value, n.unit) for n in numbers_in(one)] == [(n.value, n.unit) for n in numbers_in(other)] != []


@pytest.mark.parametrize("text", ["S3 and EC2", "HTTP2", "k8s", "one of the best", "Web3", "a 2nd try", "v2.0x"])
def test_digits_within_words_are_no_numbers(text):
    assert [n for n in numbers_in(text) if n.unit != "x"] == []


def test_more_than_a_number_is_another_statement():
    assert [n.more for n in numbers_in("over 70%, 70%, 70+ users, more than 5, at least 8, up to 9")] == [
        True, False, True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "level"),
    [("BSc Computer Science", "bachelor"), ("M.Sc. in Physics", "master"), ("Ph.D.", "doctor"), ("MBA", "mba"),
     ("Master of Arts", "master"), ("B.Tech", "bachelor"), ("Bachelor's degree", "bachelor")],
)  # fmt: skip
def test_degrees_are_known_by_their_level(text, level):
    assert degrees_in(text) == {level}


@pytest.mark.parametrize("text", ["Scrum Master for two teams", "mastered Python", "master data in SAP", "a BA role"])
def test_words_that_look_like_degrees_are_none(text):
    assert degrees_in(text) == set()


def test_credentials_are_found_with_their_names():
    assert "aws certified developer" in credentials_in("AWS Certified Developer, 2020")
    assert credentials_in("Worked with certified partners of Cisco") != ["cisco"]


def test_dashes_quotes_and_invisible_letters_read_alike():
    assert plain("Full‑time – “Dev\u200bOps”\u00a0Engineer") == 'full-time - "devops" engineer'
    assert mixed_scripts("Kubеrnetes and Kubernetes, Москва") == ["Kubеrnetes"]


def test_a_finished_paper_is_checked_line_by_line_and_our_own_words_are_not():
    own = source()
    assert check_paper(AMARA, source=own) == []
    assert (
        check_paper("Made by hrassist on 26 November 2026", source=own, ours=["Made by hrassist on 26 November 2026"])
        == []
    )
    rules = {one.rule for one in check_paper(f"{AMARA}\n• Cut costs by 91 %\nPhD, 2020", source=own)}
    assert rules == {"number", "degree"}


def test_a_job_or_school_that_is_missing_on_paper_is_found():
    dropped = check_heads(AMARA.replace("Contoso Ltd", "").replace("University of Lagos", "Lagos"), source=source())
    assert {one.value for one in dropped} == {"Contoso Ltd", "University of Lagos"}
    assert check_heads(AMARA, source=source()) == []


@pytest.mark.parametrize(
    ("one", "other", "wrong"),
    [
        ("Northwind GmbH, Berlin", "Contoso Ltd, Lagos", "Northwind GmbH | Senior Backend Engineer"),
        ("Senior Backend Engineer, Northwind", "Nurse, Northwind", "Northwind GmbH | Senior Backend Engineer"),
        ("March 2021 - Present", "06/2016 - 02/2021", "Northwind GmbH"),
        ("BSc Computer Science, University of Lagos", "BSc Computer Science", "BSc Computer Science"),
    ],
)
def test_a_job_with_the_dates_or_the_title_of_another_is_found_on_paper(one, other, wrong):
    swapped = AMARA.replace(one, "\0").replace(other, one).replace("\0", other)
    # Every part is still there somewhere, so that none of them is missed as such.
    found = check_heads(f"{swapped}\n\n\n\n\nUniversity of Lagos\n\nSenior Backend Engineer", source=source())
    assert [finding.rule for finding in found] == ["parted"] * len(found)
    assert wrong in {finding.value for finding in found}


# What the resume states of one job, said in the summary or a letter of another one.
MOVED = [
    ("Backend engineer at Northwind GmbH since 2016", ["w0.b0"], "date_moved"),
    ("Backend engineer at Northwind GmbH since 2016", ["w0.b0", "w1.b0"], "date_moved"),
    ("Backend engineer at Contoso Ltd since March 2021.", ["w0.b0", "w1.b0"], "date_moved"),
    ("Engineer at Northwind GmbH with 8 years in payments", ["s0"], "employer_moved"),
    ("At Northwind GmbH I built the billing service", ["w1.b0"], "employer_moved"),
    ("At Contoso Ltd I wrote APIs for 1.2 million customers", ["w1.b0"], "number_moved"),
    ("At Contoso Ltd I wrote APIs for 1.2 million customers", ["w0.b0", "w1.b0"], "number_moved"),
    ("Backend engineer who halved costs by 70 %", ["s0"], "number_moved"),
    ("Led the mentoring of two juniors", ["w1.b1"], "leading"),
]


@pytest.mark.parametrize(("text", "evidence", "rule"), MOVED)
def test_what_the_resume_states_of_another_job_is_asked_in_a_letter(text, evidence, rule):
    said = {(one.level, one.rule) for one in check_line(text, evidence=evidence, source=source())}
    assert (Level.ASK, rule) in said
    assert not [level for level, _ in said if level is Level.BLOCK]


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Senior Backend Engineer at Northwind GmbH since 2021", ["w0.b0"]),
        ("At Northwind GmbH since March 2021, at Contoso Ltd from 2016 to 2021.", ["w0.b0", "w1.b0"]),
        ("At Northwind GmbH I served 1.2 million customers. Before, I wrote 40 endpoints.", ["w0.b0", "w1.b0"]),
        ("Backend engineer with 8 years in payments, Python and Docker", ["s0"]),
        ("Senior Backend Engineer, 8 years in payments", ["s0"]),
        ("From my work as Backend Engineer at Contoso Ltd: Mentored two juniors.", ["w1.b1"]),
    ],
)  # fmt: skip
def test_what_stands_in_the_evidence_or_at_the_head_of_its_job_is_no_question(text, evidence):
    assert check_line(text, evidence=evidence, source=source()) == []


def test_the_title_of_another_job_is_asked_also_in_a_line_of_a_job():
    assert found("As Senior Backend Engineer mentored two juniors", "w1.b1") == {("ask", "title_moved")}
    assert found("As Backend Engineer mentored two juniors", "w1.b1") == set()


def test_every_finding_is_a_sentence_for_people():
    for text, evidence, _ in INVENTED:
        own = source()
        for one in check_line(text, evidence=[evidence], source=own, entry=own.skeleton.entry_of.get(evidence)):
            assert one.level in Level
            assert one.message.endswith(".")
