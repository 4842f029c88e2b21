import pytest

from hrassist.lib.embeddings import shared_embedder
from jobs.matching.criteria import criteria_of
from jobs.matching.explain import covered, explain
from jobs.matching.run import weights_in_force
from jobs.matching.types import JobText, ResumeSource, Strength

RESUME = """Rosa
Skills
Python, Excel, negotiation
EXPERIENCE
Accountant, Acme, 2019 to 2024
• Prepared the monthly closing of four entities and reconciled the general ledger.
• Moved the general ledger to SAP and trained eight colleagues.
• No experience with Oracle.
\fEDUCATION
Bachelor of Science in Accounting
"""
PAGE_TWO = RESUME.index("\f") + 1


def source(text=RESUME):
    at, to = text.find("EXPERIENCE"), text.find("\f")
    return ResumeSource(
        text=text,
        masked=text.replace("Rosa", "····"),
        page_starts=(0, text.find("\f") + 1),
        experience=((at, to),) if at >= 0 else (),
    )


def evidence(*lines, text=RESUME, nice=""):
    criteria = criteria_of(JobText("Job", must_have="\n".join(lines), nice_to_have=nice))
    (found,) = explain(criteria, [source(text)], embedder=shared_embedder(), rules=weights_in_force().evidence)
    return criteria, found


def test_a_quote_is_the_text_at_its_offsets_with_its_page():
    _, found = evidence("Monthly closing and general ledger", "Bachelor in Accounting")
    for one in found:
        assert RESUME[one.start : one.end] == one.quote
    assert found[0].quote.startswith("Prepared the monthly closing")
    assert found[0].page == 1
    assert found[1].quote == "Bachelor of Science in Accounting"
    assert found[1].page == 2
    assert found[1].start >= PAGE_TWO


def test_work_history_makes_it_strong_and_a_list_of_skills_only_a_mention():
    _, (ledger, python) = evidence("General ledger", "Python")
    assert ledger.strength == Strength.STRONG
    assert python.strength == Strength.MENTIONED
    assert python.quote == "Python, Excel, negotiation"


def test_work_history_goes_before_a_mention():
    text = RESUME.replace("four entities", "four entities in Excel")
    _, (excel,) = evidence("Excel", text=text)
    assert excel.strength == Strength.STRONG
    assert "monthly closing" in excel.quote


def test_a_hundred_repetitions_of_a_skill_are_one_mention():
    text = RESUME.replace("Python, Excel", "Python, " * 100 + "Excel")
    criteria, found = evidence("Python", "SAP", text=text)
    assert found[0].strength == Strength.MENTIONED
    assert covered(criteria, found) == (2, 2)


@pytest.mark.parametrize(
    "unrelated",
    ["Kubernetes", "Valid forklift licence", "Pastry and bread baking", "Registered nurse", "Fluent Japanese"],
)
def test_what_the_resume_does_not_say_has_no_evidence(unrelated):
    _, (none,) = evidence(unrelated)
    assert none.strength == Strength.NONE
    assert (none.quote, none.page, none.start, none.end, none.support) == ("", None, None, None, 0.0)


def test_a_denial_is_not_evidence():
    _, (oracle,) = evidence("Oracle")
    assert oracle.strength == Strength.NONE


def test_either_of_two_alternatives_is_enough():
    _, (either,) = evidence("SAP or Oracle")
    assert either.strength == Strength.STRONG


def test_coverage_counts_must_haves_only():
    criteria, found = evidence("General ledger", "Kubernetes", nice="Excel")
    assert covered(criteria, found) == (1, 2)


def test_a_masked_name_is_no_evidence():
    _, (name,) = evidence("Rosa")
    assert name.strength == Strength.NONE


def test_no_resumes_and_no_criteria_are_empty_answers():
    rules = weights_in_force().evidence
    assert explain([], [source()], embedder=shared_embedder(), rules=rules) == [[]]
    assert explain(criteria_of(JobText("Job", must_have="SAP")), [], embedder=shared_embedder(), rules=rules) == []


def test_masked_characters_move_neither_support_nor_offsets():
    criteria = criteria_of(JobText("Job", must_have="Training colleagues on general accounting ledgers"))
    rules = weights_in_force().evidence
    known = "EXPERIENCE\nRosa trained eight colleagues on the ledgers.\n"
    (plain,), (masked,) = (
        explain(criteria, [ResumeSource(text=known, masked=text)], embedder=shared_embedder(), rules=rules)[0]
        for text in (known.replace("Rosa", "    "), known.replace("Rosa", "····"))
    )
    assert masked.strength == Strength.MENTIONED
    assert masked.quote.endswith("trained eight colleagues on the ledgers.")
    assert (masked.support, masked.end) == (plain.support, plain.end)
    assert known[masked.start : masked.end] == masked.quote


def test_an_example_of_a_kind_is_enough_and_so_is_the_kind():
    asked = "Ticketing system such as Zendesk or Jira"
    for text in ("Skills\nZendesk / Complaint handling / SQL\n", "Skills\nTicketing systems, Windows\n"):
        _, (one,) = evidence(asked, text=text)
        assert one.strength == Strength.MENTIONED, text
    _, (none,) = evidence(asked, text="Skills\nOperating systems, Windows\n")
    assert none.strength == Strength.NONE


def test_a_word_in_an_employers_name_is_no_skill():
    text = "EXPERIENCE\nClerk\nIronbridge Networks, Da Nang\n"
    criteria = criteria_of(JobText("Job", must_have="Troubleshooting of Windows or networks"))
    at = text.index("Ironbridge")
    named = ResumeSource(text=text, masked=text, names=((at, at + len("Ironbridge Networks")),))
    rules = weights_in_force().evidence
    ((one,),) = explain(criteria, [named], embedder=shared_embedder(), rules=rules)
    assert one.strength == Strength.NONE


def test_an_employers_name_may_say_where_somebody_worked():
    text = "EXPERIENCE\nNurse\nSaint Mary Hospital, Pune\n"
    criteria = criteria_of(JobText("Job", must_have="Hospital"))
    at = text.index("Saint")
    named = ResumeSource(text=text, masked=text, names=((at, at + len("Saint Mary Hospital")),))
    ((one,),) = explain(criteria, [named], embedder=shared_embedder(), rules=weights_in_force().evidence)
    assert one.quote == "Saint Mary Hospital, Pune"
