"""Whatever breaks, and wherever: nothing that people wrote is in the log or in what Sentry would be sent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.db import connection

from hrassist.lib import logs
from tests.hrassist.canaries import CANARIES
from tests.repo.sources import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def spellings() -> Iterator[tuple[str, str]]:
    """Each canary as it might be written: as it is, in an address, in JSON, in Python, word by word."""
    for name, text in CANARIES.items():
        words = [word for word in text.split() if len(word) > 6] if name in {"name", "resume"} else []
        digits = ["99887766"] if name == "phone" else []
        for spelt in {text, quote(text), quote_plus(text), json.dumps(text)[1:-1], *words, *digits}:
            yield name, spelt


def leaks(output: str) -> list[str]:
    low = output.lower()
    return sorted({f"{name}: {spelt}" for name, spelt in spellings() if spelt.lower() in low})


@pytest.fixture
def refusing_mail_server() -> Iterator[int]:
    """A mail server that quotes whom it refuses, as they do."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                conn, _ = listening.accept()
            except OSError:
                return
            with conn, conn.makefile("rb") as lines:
                conn.sendall(b"220 here\r\n")
                for line in lines:
                    word = line.split()[0].upper() if line.split() else b""
                    if word == b"RCPT":
                        conn.sendall(f"550 5.1.1 <{CANARIES['mail']}> {CANARIES['name']} unknown\r\n".encode())
                    elif word == b"QUIT":
                        conn.sendall(b"221 bye\r\n")
                        break
                    else:
                        conn.sendall(b"250 ok\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


@pytest.fixture
def production(sound: dict[str, str], tmp_path: Path, of_production: None) -> dict[str, str]:
    """A production over the test's database, with a folder of its own."""
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    own = {"DATABASE_URL": url, "HRASSIST_VAR_DIR": str(tmp_path / "var"), "HRASSIST_LOG_LEVEL": "INFO"}
    return sound | own | {"PYTHONPATH": str(ROOT)}


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def output(
    production: dict[str, str], tmp_path: Path, refusing_mail_server: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """What the process logged, line by line, and what it would have sent to Sentry."""
    mail = {
        "HRASSIST_SMTP_HOST": "127.0.0.1",
        "HRASSIST_SMTP_PORT": str(refusing_mail_server),
        "HRASSIST_SMTP_SECURITY": "none",
    }
    done = run(production | mail, "-m", "tests.hrassist.canaries", str(tmp_path))
    assert done.returncode == 0, done.stderr[-4000:]
    told = [line for line in done.stdout.splitlines() if line.startswith("SENTRY ")]
    # The whole of it, whatever it is: warnings and prints too.
    rest = [line for line in done.stdout.splitlines() if not line.startswith(("SENTRY ", "SENT "))]
    assert leaks("\n".join(rest)) == []
    assert leaks(done.stderr) == [], done.stderr[-6000:]
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return lines, [json.loads(line.removeprefix("SENTRY ")) for line in told]


def test_neither_log_nor_sentry_has_a_canary(output):
    lines, sent = output
    assert leaks("\n".join(sent)) == []
    # Something was logged and sent at each of the places, or the test would prove nothing.
    said = [f"{line['logger']} {line['message']}" for line in lines]
    for expected in (
        "django.request 500 GET broken/<str:secret>/",
        "django.request 500 POST broken/<str:secret>/",
        "django.request 500 POST streams/<str:secret>/broken",
        "hrassist.canary a mail could not be sent",
        "somebody.elses cannot take %s of %s",
    ):
        assert any(expected in one for one in said), (expected, said)
    assert any(one.startswith("procrastinate") and "canary_task" in one for one in said), said
    assert any("django.security" in one for one in said), said
    assert len(sent) >= 6
    # What is left is enough to find the cause: types, the constraint, files, lines, and the request's id.
    broken = next(line for line in lines if "500 GET" in line["message"])
    assert "UniqueViolation: 23505 canary_pkey" in broken["traceback"]
    assert "canaries.py" in broken["traceback"]
    assert len(broken["request_id"]) == 32
    events = "\n".join(sent)
    assert '"type":"UniqueViolation"' in events
    assert "broken/<str:secret>/" in events
    assert "raise ValueError" in events


def test_a_command_that_breaks_prints_no_canary(production):
    """The mail of an account that there is already is in the error of the database."""
    code = (
        "import os, sys; sys.argv = ['manage.py', 'add_user']\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'hrassist.settings'; import django; django.setup()\n"
        "from hrassist.management.commands import add_user\n"
        f"def handle(*_a, **_k): raise ValueError({CANARIES['mail'] + CANARIES['name']!r})\n"
        "add_user.Command.handle = handle\n"
        "import manage; sys.argv += ['somebody', '--role', 'operator']\n"
        "manage.main()"
    )
    done = run(production, "-c", code)
    assert done.returncode == 1
    assert leaks(done.stdout + done.stderr) == []
    assert json.loads(done.stderr.splitlines()[-1])["traceback"].startswith("builtins.ValueError\n")


def test_the_patterns_do_find_canaries():
    """Without this the test could look for what nobody writes."""
    assert leaks(f"hello {CANARIES['name'].upper()}")
    assert leaks(json.dumps(CANARIES))
    assert leaks("nothing of anybody") == []
    assert os.path.exists(ROOT / "tests/hrassist/canaries.py")  # noqa: PTH110


def test_what_an_error_says_is_kept_where_it_speaks_of_code():
    assert logs.said_by(AttributeError("'NoneType' object has no attribute 'pk'")).endswith("has no attribute 'pk'")
    assert logs.said_by(ValueError("Zyxandra")) == ""
    assert logs.said_by(FileNotFoundError(2, "No such file", CANARIES["file"])) == "errno 2"
    assert CANARIES["name"] not in logs.said_by(TypeError(f"f() got an unexpected argument '{CANARIES['name']}'"))
