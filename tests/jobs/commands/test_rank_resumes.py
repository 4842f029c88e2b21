import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

ENGINEER = "Backend Engineer\nEXPERIENCE\nAcme, Backend Engineer, 2019 to 2024\nBuilt billing services in Python."
CHEF = "Chef de partie\nEXPERIENCE\nHotel Adler, Chef, 2018 to 2024\nPrepared pastry and bread for 200 guests."


@pytest.fixture
def files(tmp_path):
    jobs, resumes = tmp_path / "jobs.jsonl", tmp_path / "resumes.jsonl"
    jobs.write_text(
        '{"id": "j2", "title": "Pastry Chef", "text": "Bakes bread and desserts."}\n'
        '{"id": "j1", "text": "Software Engineer. Writes services in Python."}\n'
    )
    resumes.write_text(
        "".join(json.dumps({"id": one, "text": text}) + "\n" for one, text in (("e", ENGINEER), ("c", CHEF)))
    )
    return {"jobs": jobs, "resumes": resumes}


def ranked(files, **options):
    out, err = StringIO(), StringIO()
    call_command("rank_resumes", **files, json=True, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_each_job_gets_one_line_in_the_order_of_the_file_best_resume_first(files):
    out, err = ranked(files)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [(line["job"], [one["id"] for one in line["ranking"]]) for line in lines] == [
        ("j2", ["c", "e"]),
        ("j1", ["e", "c"]),
    ]
    scores = [one["score"] for one in lines[0]["ranking"]]
    assert scores == sorted(scores, reverse=True)
    assert "documents/s" in err


def test_top_cuts_each_ranking(files):
    out, _ = ranked(files, top=1)
    assert [len(json.loads(line)["ranking"]) for line in out.splitlines()] == [1, 1]


def test_the_same_files_give_the_same_bytes(files):
    assert ranked(files)[0] == ranked(files)[0]


def test_without_json_the_parts_of_each_score_can_be_read(files):
    out = StringIO()
    call_command("rank_resumes", **files, stdout=out, stderr=StringIO())
    assert "meaning" in out.getvalue()
    assert "words  c" in out.getvalue()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("resumes", '{"id": "e", "text": "a"}\n{"id": "c"}\n', r'resumes\.jsonl line 2: "text" is missing'),
        ("jobs", "nonsense\n", r"jobs\.jsonl line 1: not JSON"),
        ("jobs", "", "holds no line"),
    ],
)
def test_a_bad_line_ends_the_command_before_any_work(files, name, text, says):
    files[name].write_text(text)
    err = StringIO()
    with pytest.raises(CommandError, match=says):
        call_command("rank_resumes", **files, json=True, stdout=StringIO(), stderr=err)
    assert err.getvalue() == ""


def test_a_missing_file_is_named(files, tmp_path):
    with pytest.raises(CommandError, match=r"gone\.jsonl"):
        call_command("rank_resumes", jobs=files["jobs"], resumes=tmp_path / "gone.jsonl", stderr=StringIO())


def test_top_must_be_at_least_one(files):
    with pytest.raises(CommandError, match="--top must be 1 or more"):
        call_command("rank_resumes", **files, top=0)
