import pytest

from candidates.resumes.skills import find_skills, normalise_skill, normalise_title


def test_skills_are_found_longest_first_with_their_places():
    text = "Core Java, React.js and PL/SQL; C++/C#, MS Excel on .NET"
    assert [(text[one.start : one.end], one.concept.label) for one in find_skills(text)] == [
        ("Core Java", "Java"),
        ("React.js", "React"),
        ("PL/SQL", "PL/SQL"),
        ("C++", "C++"),
        ("C#", "C#"),
        ("MS Excel", "Microsoft Excel"),
        (".NET", ".NET"),
    ]


@pytest.mark.parametrize("text", ["It is what it is, so go on.", "the net profit of our plan", "energy and history"])
def test_everyday_words_are_no_skills(text):
    assert find_skills(text) == []


@pytest.mark.parametrize(
    ("written", "label"), [("Machine Lerning", "machine learning"), ("Kubernets", "Kubernetes"), ("k8s", "Kubernetes")]
)
def test_near_and_other_spellings_mean_the_same(written, label):
    concept = normalise_skill(written)
    assert concept is not None
    assert concept.label == label


@pytest.mark.parametrize("written", ["", "Qzxwv", "underwater basket poetry"])
def test_an_unknown_skill_has_no_concept(written):
    assert normalise_skill(written) is None


def test_java_and_javascript_stay_apart():
    assert normalise_skill("Java") != normalise_skill("JavaScript")


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("Sr. Accountant", "Senior Accountant"),
        ("Registered Nurse II", "Registered Nurse"),
        ("Chef, Hilton Hotel", "Chef"),
    ],
)
def test_rank_and_place_do_not_change_the_occupation(written, same_as):
    assert normalise_title(written) is not None
    assert normalise_title(written) == normalise_title(same_as)


def test_an_unknown_title_has_no_occupation():
    assert normalise_title("Qzxwv of Everything") is None
