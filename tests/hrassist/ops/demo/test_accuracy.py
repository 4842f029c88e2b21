"""How much of what is true of a resume comes out at the other end, over every layout that the demo writes.

The floors are a little under what was measured, so that a change that loses ground is seen.
"""

from __future__ import annotations

from collections.abc import Iterable

from candidates.resumes.document import Label
from candidates.resumes.reading import read_file
from hrassist.ops.demo import files
from hrassist.ops.demo.files import DemoFile

FLOORS = {
    "name": 0.97, "emails": 0.98, "phone": 0.94, "employers": 0.97, "titles": 0.96, "schools": 0.98, "degrees": 0.98,
    "graduation_years": 0.98, "skills": 0.88,
}  # fmt: skip


def folded(values: Iterable[str]) -> set[str]:
    return {" ".join(value.casefold().split()) for value in values}


def found_share(wanted: Iterable[str], found: Iterable[str]) -> tuple[int, int]:
    """How many of the wanted values stand whole in a found one ("Nurse" in "Nurse, Leeds"), out of how many."""
    there, sought = folded(found), folded(wanted)
    return len({one for one in sought if any(one in other for other in there)}), len(sought)


def last_digits(number: str) -> str:
    # Written the national way, a number does not say its country: the end tells enough.
    return "".join(filter(str.isdigit, number))[-8:]


def score(file: DemoFile) -> dict[str, tuple[int, int]]:
    parsed, truth = read_file(file.data).parsed, file.truth

    def of(label: Label) -> list[str]:
        return [one.value for one in parsed.of(label)]

    return {
        "name": found_share([truth["name"]], of(Label.NAME)[:1]),
        "emails": found_share(truth["emails"], of(Label.EMAIL)),
        "phone": found_share([last_digits(truth["phone"])], map(last_digits, of(Label.PHONE))),
        "employers": found_share(truth["employers"], of(Label.EMPLOYER)),
        "titles": found_share(truth["titles"], of(Label.TITLE)),
        "schools": found_share(truth["schools"], of(Label.SCHOOL)),
        "degrees": found_share(truth["degrees"], of(Label.DEGREE)),
        "graduation_years": found_share(truth["graduation_years"], of(Label.GRADUATION_YEAR)),
        "skills": found_share(truth["skills"], of(Label.SKILL)),
    }


def test_what_is_true_of_the_demos_resumes_is_read_from_them() -> None:
    got: dict[str, list[tuple[int, int]]] = {}
    for file in files.make(files.plan(40)):
        if file.expected == "ready" and file.layout != "scanned":
            for name, pair in score(file).items():
                got.setdefault(name, []).append(pair)
    shares = {name: sum(hit for hit, _ in pairs) / sum(of for _, of in pairs) for name, pairs in got.items()}
    assert {name: share for name, share in shares.items() if share < FLOORS[name]} == {}
