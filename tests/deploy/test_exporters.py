"""What alerts and boards take from exporters of others, held to what Debian's serve when they are started."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest
import yaml
from django.conf import settings as django_settings
from psycopg.rows import dict_row

from hrassist.metrics import machine
from hrassist.ops import watching
from tests.deploy.conftest import free_port
from tests.deploy.monitoring import run, started, tool, wait_for
from tests.deploy.test_dashboards import OF_OTHERS
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
WATCH = watching.load(django_settings.ALERTS_CONFIG)


def scraped(port: int) -> str:
    def ask() -> str:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    found: str = wait_for(ask, seconds=60, why="the exporter does not answer")
    return found


def of(exporter: str) -> set[str]:
    return {name for name, whose in OF_OTHERS.items() if whose == exporter}


def test_every_figure_of_others_is_held_to_its_exporter():
    """Those of blackbox are in test_outside.py; `up` is written by Prometheus itself (test_alert_arrives.py)."""
    assert set(OF_OTHERS.values()) == {"node", "blackbox", "prometheus"}
    assert of("prometheus") == {"up"}


def test_the_exporter_of_the_machine_serves_what_is_asked_of_it(tmp_path):
    port = free_port()
    command = [tool("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{port}"]
    with started(command, log=tmp_path / "log"):
        text = scraped(port)
    assert of("node") <= set(re.findall(r"^(node_\w+)(?:\{.*\})? \S+$", text, re.MULTILINE))
    # What was served, as it stood for ten minutes: each alert about the machine finds what it compares.
    lines = re.findall(r"^(node_\w+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    series = [
        {"series": name, "values": f"{float(value):.0f}x40"}
        for name, value in lines
        if name.partition("{")[0] in of("node")
    ]
    asked = [
        {
            "expr": f"count({replace(WATCH.of(name), threshold=-1).query()}) > bool 0",
            "eval_time": "10m",
            "exp_samples": [{"labels": "{}", "value": 1}],
        }
        for name in ("CpuHigh", "MemoryHigh", "DiskHigh")
    ]
    tests = {"rule_files": [], "tests": [{"interval": "15s", "input_series": series, "promql_expr_test": asked}]}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    done = run("promtool", "test", "rules", "tests.yml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def pooler(folder: Path) -> Iterator[int]:
    """The shipped pgbouncer.ini before a database that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as database:
        port, text = free_port(), (ROOT / "deploy/pgbouncer/pgbouncer.ini").read_text()
        for old, new in {
            "host=127.0.0.1 port=5432": f"host=127.0.0.1 port={database.getsockname()[1]}",
            "listen_port = 6432": f"listen_port = {port}",
            "/etc/pgbouncer": str(folder),
        }.items():
            assert old in text
            text = text.replace(old, new)
        (folder / "pgbouncer.ini").write_text(text)
        (folder / "userlist.txt").write_text('"hrassist_app" "one"\n"hrassist_stats" "two"\n')
        folder.chmod(0o755)
        user = ("-u", "nobody") if os.geteuid() == 0 else ()
        with started([tool("pgbouncer"), *user, str(folder / "pgbouncer.ini")], log=folder / "log"):
            yield port


def test_who_waits_for_a_connection_is_told_to_whom_may_look_at_the_pooler(settings):
    with tempfile.TemporaryDirectory() as name, pooler(Path(name)) as port:
        at = f"127.0.0.1:{port}"
        wait_for(lambda: socket.create_connection(("127.0.0.1", port)).close() or True, seconds=30, why="no pooler")
        asking = f"import psycopg; psycopg.connect('postgresql://hrassist_app:one@{at}/hrassist')"
        waiting = subprocess.Popen([sys.executable, "-c", asking], stderr=subprocess.DEVNULL)
        # Its console knows no prepared statements.
        looking = psycopg.connect(
            f"postgresql://hrassist_stats:two@{at}/pgbouncer", autocommit=True, prepare_threshold=None
        )
        try:

            def pools() -> list[tuple[str, int]]:
                shown = looking.cursor(row_factory=dict_row).execute("SHOW POOLS").fetchall()
                return [(one["database"], int(one["cl_waiting"])) for one in shown]

            wait_for(lambda: ("hrassist", 1) in pools(), seconds=60, why="nobody seems to wait")
            # And so our own figures tell it, which an alert asks for.
            settings.POOLER_STATS_URL = f"postgresql://hrassist_stats:two@{at}/pgbouncer"
            (told,) = machine.pooler()
            assert [(one.name, one.labels, one.value) for one in told.samples] == [
                ("hrassist_pooler_waiting", {"database": "hrassist"}, 1.0)
            ]
            assert "sum(hrassist_pooler_waiting) > 0" in WATCH.of("DatabasePoolExhausted").query()
            # Who may look may do nothing else.
            with pytest.raises(psycopg.Error, match="admin"):
                looking.execute("SHUTDOWN")
            with pytest.raises(psycopg.OperationalError, match="not allowed"):
                psycopg.connect(f"postgresql://hrassist_app:one@{at}/pgbouncer", autocommit=True)
        finally:
            looking.close()
            waiting.kill()
            waiting.wait()
