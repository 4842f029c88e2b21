import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RESUME = "Jane Robinson\njane.robinson@example.org\n\nSKILLS\nPython, Java\n"


@pytest.fixture
def manage(tmp_path):
    """Runs a command as on a machine that has no database and no secret."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/none",
            "HRASSIST_VAR_DIR": str(tmp_path / "var"),
        }
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_lines_of_text_become_lines_of_fields_and_a_bad_line_is_named_at_the_end(manage):
    lines = [
        json.dumps({"id": "a", "text": RESUME}),
        "not json",
        json.dumps({"id": 7, "text": ""}),
        json.dumps({"id": "c"}),
    ]
    done = manage("parse_resume", "--text-jsonl", "-", stdin="\n".join(lines) + "\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["a", 7]
    assert rows[0]["fields"]["NAME"] == ["Jane Robinson"]
    assert rows[0]["fields"]["SKILL"] == ["Python", "Java"]
    assert set(rows[1]["fields"]) == {
        "NAME", "EMAIL", "TITLE", "EMPLOYER", "SCHOOL", "DEGREE", "GRADUATION_YEAR", "LOCATION", "EXPERIENCE", "SKILL",
    }  # fmt: skip
    assert "Line 2" in done.stderr
    assert "Line 4" in done.stderr
    assert done.returncode == 1


def test_files_are_parsed_and_an_unreadable_one_does_not_stop_the_others(manage, tmp_path):
    good = tmp_path / "jane.txt"
    good.write_text(RESUME)
    done = manage("parse_resume", str(tmp_path / "gone.pdf"), str(good), "--json")
    [row] = [json.loads(line) for line in done.stdout.splitlines()]
    assert row["resume"]["basics"]["name"] == "Jane Robinson"
    assert "gone.pdf" in done.stderr
    assert done.returncode == 1


def test_text_of_several_files_is_headed_by_their_names(manage, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"Resume {name}\n{RESUME}")
    done = manage("extract_text", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("==>")] == [
        f"==> {tmp_path / 'a.txt'} <==",
        f"==> {tmp_path / 'b.txt'} <==",
    ]
    assert "Resume b.txt" in done.stdout


def test_parsing_is_measured_from_the_command_line(manage, tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({"id": "1", "text": RESUME, "spans": [{"start": 0, "end": 13, "label": "NAME"}]}) + "\n")
    done = manage("evaluate", "parsing", str(path))
    assert done.returncode == 0
    assert "held out: 1 resumes" in done.stdout


def test_nothing_to_do_is_said(manage):
    done = manage("parse_resume")
    assert done.returncode == 1
    assert "--text-jsonl" in done.stderr
