"""Every command of the README does what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command

from hrassist.ops.demo import files as demo_files
from tests.factories import UserFactory

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
LINES = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line.strip()
]
MANAGE = [line.partition("manage.py ")[2] for line in LINES if "manage.py " in line]
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_line_is_a_known_target_or_command():
    others = [line for line in LINES if "manage.py " not in line]
    assert {line.removeprefix("make ") for line in others} <= TARGETS
    assert len(MANAGE) >= 8


def test_every_picture_and_page_it_names_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), f"README.md names {target}"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files that the README's examples name, in the current folder."""
    monkeypatch.chdir(tmp_path)
    texts = {"r1": "Jane Doe\nNurse\nExperience\nNurse, City Hospital, 2019 to 2024\n", "r2": "John Roe\nWelder\n"}
    jobs = [{"id": "j1", "category": "NURSE", "title": "Nurse", "text": "Care for patients."}]
    resumes = [
        {"id": one, "text": text, "category": "NURSE" if one == "r1" else "WELDER"} for one, text in texts.items()
    ]
    for folder in (tmp_path, tmp_path / "FOLDER"):
        folder.mkdir(exist_ok=True)
        (folder / "jobs.jsonl").write_text("\n".join(map(json.dumps, jobs)))
        (folder / "resumes.jsonl").write_text("\n".join(map(json.dumps, resumes)))
    people = demo_files.plan(40)
    pdf = next(one for one in demo_files.make(people) if one.kind == "pdf" and one.layout == "single")
    (tmp_path / "resume.pdf").write_bytes(pdf.data)
    return tmp_path


@pytest.mark.django_db
@pytest.mark.parametrize("line", MANAGE)
def test_the_command_runs_as_written(line, files, capsys):
    UserFactory(username="recruiter", role="Recruiter")
    name, *arguments = shlex.split(line)
    call_command(name, *arguments)
    assert capsys.readouterr().out.strip()
