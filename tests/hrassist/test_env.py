import ast
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from hrassist import env

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config" / "env.example").read_text()
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "HRASSIST_ENV": "production",
    "SECRET_KEY": "x" * 64,
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "ALLOWED_HOSTS": "hr.example.com",
}


@pytest.fixture
def variable(monkeypatch):
    """Sets HRASSIST_TEST_ONLY for the test, and forgets that it was read."""
    before = set(env.READ)
    yield lambda value: monkeypatch.setenv("HRASSIST_TEST_ONLY", value)
    env.READ.clear()
    env.READ.update(before)


def read_by_the_program() -> set[str]:
    """Names asked for while every module of ours is imported as in production."""
    code = """
import importlib, os, pkgutil
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "hrassist.settings"
django.setup()
import audit, candidates, hrassist, jobs
from hrassist import env
for package in (audit, candidates, jobs, hrassist):
    for one in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not one.name.endswith(("wsgi", "asgi")):
            importlib.import_module(one.name)
print(" ".join(sorted(env.READ)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=PRODUCTION, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.split())


def named_in_the_source() -> set[str]:
    """First arguments of env.text(…), env.flag(…) and the like, wherever they stand in a branch."""
    found = set()
    for path in ROOT.glob("hrassist/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "env"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(node.args[0].value)
    return found


def explained() -> list[str]:
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)


def read_by_the_web_server() -> set[str]:
    """gunicorn and the Procfile read theirs before there is a Django to ask."""
    texts = (ROOT / "config" / "gunicorn.conf.py").read_text() + (ROOT / "Procfile").read_text()
    return set(re.findall(r"HRASSIST_[A-Z_]+", texts))


def test_the_example_names_exactly_what_is_read():
    read = read_by_the_program()
    assert read == named_in_the_source()
    assert set(explained()) == read | read_by_the_web_server()


def test_the_example_names_each_variable_once_and_explains_it():
    lines = [line for line in EXAMPLE.splitlines() if not line.startswith("# pragma:")]
    assert len(explained()) == len(set(explained()))
    for above, line in pairwise(lines):
        if re.match(r"#?[A-Z][A-Z0-9_]+=", line):
            assert re.match(r"# [A-Z].*\.$", above), f"{line} is not explained"


def test_an_absent_value_is_named(variable):
    with pytest.raises(ImproperlyConfigured, match="HRASSIST_TEST_ONLY is not set"):
        env.text("HRASSIST_TEST_ONLY")


def test_an_empty_value_counts_as_absent(variable):
    variable("  ")
    assert env.text("HRASSIST_TEST_ONLY", "default") == "default"


@pytest.mark.parametrize(("value", "meant"), [("on", True), ("TRUE", True), ("0", False), ("no", False)])
def test_a_flag_is_written_in_the_usual_ways(variable, value, meant):
    variable(value)
    assert env.flag("HRASSIST_TEST_ONLY", default=not meant) is meant


def test_a_flag_that_is_neither_on_nor_off_stops_the_start(variable):
    variable("maybe")
    with pytest.raises(ImproperlyConfigured, match=r"'maybe'\. Use on or off"):
        env.flag("HRASSIST_TEST_ONLY", default=True)


@pytest.mark.parametrize(
    ("value", "sentence"), [("ten", "Use a whole number"), ("0", "between 1 and 9"), ("10", "between 1 and 9")]
)
def test_a_number_outside_its_limits_stops_the_start(variable, value, sentence):
    variable(value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        env.number("HRASSIST_TEST_ONLY", 5, least=1, most=9)


def test_a_list_has_no_empty_entries(variable):
    variable("a, ,b,")
    assert env.items("HRASSIST_TEST_ONLY") == ["a", "b"]


def test_a_choice_outside_its_list_stops_the_start(variable):
    variable("verbose")
    with pytest.raises(ImproperlyConfigured, match="Use one of: quiet, loud"):
        env.choice("HRASSIST_TEST_ONLY", "quiet", among=("quiet", "loud"))


def test_a_secret_may_come_from_a_file(variable, monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("hunter2\n")
    monkeypatch.setenv("HRASSIST_TEST_ONLY_FILE", str(tmp_path / "secret"))
    assert env.secret("HRASSIST_TEST_ONLY") == "hunter2"


def test_a_secret_given_twice_stops_the_start(variable, monkeypatch, tmp_path):
    variable("a")
    monkeypatch.setenv("HRASSIST_TEST_ONLY_FILE", str(tmp_path / "secret"))
    with pytest.raises(ImproperlyConfigured, match="both set"):
        env.secret("HRASSIST_TEST_ONLY")


@pytest.mark.parametrize(("content", "sentence"), [(None, "cannot be read"), ("\n", "which is empty")])
def test_a_secret_file_that_is_absent_or_empty_stops_the_start(variable, monkeypatch, tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "secret").write_text(content)
    monkeypatch.setenv("HRASSIST_TEST_ONLY_FILE", str(tmp_path / "secret"))
    with pytest.raises(ImproperlyConfigured, match=sentence):
        env.secret("HRASSIST_TEST_ONLY")


def test_a_database_url_is_taken_apart():
    found = env.database("postgresql://me:p%40ss@db.example:6432/hr?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("me", "p@ss", "db.example", "6432")
    assert (found["NAME"], found["OPTIONS"]) == ("hr", {"sslmode": "require"})


@pytest.mark.parametrize("url", ["mysql://me@db/hr", "postgresql://me@db/", "hr"])
def test_a_url_that_is_no_postgresql_database_stops_the_start(url):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        env.database(url)
