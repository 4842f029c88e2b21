import gzip
import json

import numpy as np
import pytest

from hrassist.lib.embeddings import FakeEmbedder
from jobs.matching import offline
from jobs.matching.offline import Collection, ResumeLine, UnusableLine
from jobs.matching.run import weights_in_force

RESUME = """{name}
{email}
Backend Engineer

EXPERIENCE
Backend Engineer, Acme, 2019 to 2024
{name} built the billing service in Python. {pronoun} led a team of four.

SKILLS
Python, PostgreSQL
"""


def quiet(_done, _total):
    pass


@pytest.fixture
def file(tmp_path):
    def write(*lines, name="lines.jsonl"):
        path = tmp_path / name
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("{", r"line 2: not JSON"),
        ('["a"]', r"line 2: must be an object"),
        ({"id": "b"}, r'line 2: "text" is missing or not a text'),
        ({"text": "b"}, r'line 2: "id" is missing or not a text'),
        ({"id": "b", "text": 7}, r'line 2: "text" is missing or not a text'),
        ({"id": "", "text": "b"}, r'line 2: "id" is empty'),
        ({"id": "a", "text": "b"}, r"line 2: id a was already on line 1"),
        ({"id": "b", "text": "b", "title": 7}, r'line 2: "title" must be a text'),
    ],
)
def test_a_bad_line_is_named_by_its_number(file, bad, says):
    with pytest.raises(UnusableLine, match=says):
        offline.read_jobs(file({"id": "a", "text": "a"}, bad))


def test_an_empty_file_is_named(file):
    with pytest.raises(UnusableLine, match="holds no line"):
        offline.read_resumes(file(""))


def test_bytes_that_are_not_utf_8_or_a_torn_gz_are_named(file, tmp_path):
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_bytes(b'{"id": "a", "text": "\xff"}')
    with pytest.raises(UnusableLine, match="line 1: cannot be read"):
        offline.read_resumes(wrong)
    torn = file({"id": "a", "text": "a"}, name="torn.jsonl.gz")
    torn.write_bytes(torn.read_bytes()[:-9])
    with pytest.raises(UnusableLine, match="cannot be read"):
        offline.read_resumes(torn)


def test_gz_blank_lines_and_numeric_ids_are_read(file):
    path = file({"id": 7, "text": "a"}, "", {"id": "b", "text": "c"}, name="lines.jsonl.gz")
    assert offline.read_resumes(path) == [("7", "a"), ("b", "c")]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ({"title": "Chef", "text": "We cook."}, "Chef"),
        ({"text": "Chef de partie\nWe cook for many guests."}, "Chef de partie"),
        (
            {"text": "Accountants. Prepare the reports of companies and of people and examine many others."},
            "Accountants",
        ),
        ({"text": "we look for somebody who cooks and bakes and washes and cleans and smiles all day long"}, ""),
    ],
)
def test_a_missing_title_is_the_first_words_when_these_are_short(file, line, title):
    (job,) = offline.read_jobs(file({"id": "a", **line}))
    assert job.job.title == title


def test_another_name_and_gender_changes_no_score():
    people = [
        ("Rosa Fischer", "rosa@example.org", "She"),
        ("Mohammed Rashid", "mo@example.net", "He"),
        ("Lakshmi Venkataraman", "lv77@example.com", "She"),
    ]
    texts = [(str(at), RESUME.format(name=n, email=e, pronoun=p)) for at, (n, e, p) in enumerate(people)]
    resumes, unreadable = offline.mask_resumes(texts, processes=1, progress=quiet)
    assert unreadable == []
    collection = collected([*resumes, ResumeLine("z", "pastry bread", "pastry bread")])
    scores = {one.id: one.score for one in collection.ranked(query_for("Backend Engineer. Python and billing."))}
    assert len({scores["0"], scores["1"], scores["2"]}) == 1
    assert scores["0"] > scores["z"]


def test_reading_in_several_processes_gives_what_one_gives():
    texts = [
        (str(at), RESUME.format(name="Rosa Fischer", email="r@example.org", pronoun="She") + str(at))
        for at in range(60)
    ]
    alone, _ = offline.mask_resumes(texts, processes=1, progress=quiet)
    shared, _ = offline.mask_resumes(texts, processes=2, progress=quiet)
    assert shared == alone


def test_of_a_large_collection_only_the_nearest_and_the_word_hits_are_scored():
    limits = weights_in_force().candidates
    many = [
        ResumeLine(f"{at:05}", f"pastry {at}", f"pastry {at}") for at in range(limits.nearest + limits.full_text + 1)
    ]
    wanted = ResumeLine("wanted", "python billing", "python billing")
    ranking = collected([*many, wanted]).ranked(query_for("Python billing."))
    assert ranking[0].id == "wanted"
    assert limits.nearest <= len(ranking) <= limits.nearest + limits.full_text


def collected(resumes):
    vectors = offline.embed_heads(resumes, embedder=FakeEmbedder(), progress=quiet)
    assert vectors.dtype == np.float32
    return Collection(resumes, vectors=vectors, weights=weights_in_force())


def query_for(text):
    job = offline.JobLine(id="j", job=offline.JobText(title=offline.first_words(text), description=text))
    return offline.embed_job(job.job, embedder=FakeEmbedder(), weights=weights_in_force().query)
