"""What leaves the house leaves by its doors: calls by the egress client, tables by what makes no formula of a cell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrassist.lib import tables
from tests.repo.sources import MODULES, ROOT, name_of, parsed

# Modules of the standard library and of packages that open connections.
OPENING = {
    "aiohttp", "asyncssh", "boto3", "botocore", "ftplib", "http.client", "httpx", "imaplib", "nntplib", "paramiko",
    "poplib", "pycurl", "requests", "smtplib", "socket", "ssl", "telnetlib", "urllib.request", "urllib3", "websockets",
    "xmlrpc",
}  # fmt: skip
# Each with where it goes instead of the outside of a stranger's choosing.
DOORS = {
    "hrassist/lib/egress.py": "the way out itself",
    "hrassist/lib/egress_stream.py": "the same for answers that come over minutes",
    "hrassist/lib/egress_session.py": "hands what a package sends to the way out",
    "hrassist/identity/providers.py": "names the errors of such a session",
    "audit/sealing/anchors.py": "names the errors of the object store",
    "hrassist/lib/mail.py": "the mail server of the settings",
    "hrassist/lib/scanner.py": "the scanner's socket on this machine",
    "hrassist/lib/devdb.py": "looks for a free port of this machine",
    "hrassist/lib/storage/s3.py": "the object store of the settings",
    "hrassist/ops/backup/buckets.py": "names the errors of the object store",
    "hrassist/ops/backup/repositories.py": "the same of the store that pgbackrest.conf names",
    "hrassist/ops/buckets.py": "names the errors of the object store",
    "hrassist/lib/storage/marks.py": "names the errors of the object store",
    "hrassist/ops/own_buckets.py": "the same",
    "hrassist/ops/strangers.py": "the same",
    "hrassist/ops/raw_http.py": "the storage doctor's probes of that store",
    "hrassist/ops/storage_probes.py": "the same",
}
WRITING = {"csv.writer", "csv.DictWriter", "Workbook", "openpyxl.Workbook", "tablib.Dataset", "write_only"}

# A page that only hands on what a report wrote.
WRITTEN_BY = {"hrassist/privacy/pages.py": "hrassist/privacy/breach.py"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def opens(path: Path) -> set[str]:
    return {name for name in imported(path) for one in OPENING if name == one or name.startswith(f"{one}.")}


def test_only_the_doors_open_connections():
    found = {name_of(path): names for path in MODULES if (names := opens(path))}
    assert {name: names for name, names in found.items() if name not in DOORS} == {}


def test_every_door_is_still_one():
    found = {name_of(path) for path in MODULES if opens(path)}
    assert set(DOORS) - found == set()


def calls(path: Path) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}


def test_every_table_that_leaves_is_written_by_one_module():
    found = {name_of(path): used for path in MODULES if (used := calls(path) & WRITING)}
    # The export of the audit trail writes to a terminal too; each of its cells goes through the same `safe`.
    assert set(found) == {"hrassist/lib/tables.py", "audit/management/commands/audit_export.py"}
    assert "safe(fields[name])" in (ROOT / "audit/management/commands/audit_export.py").read_text()


def test_whoever_answers_with_a_table_uses_it():
    """Every module that says text/csv, or names a file of a table, has its rows from there."""
    answers = [path for path in MODULES if "text/csv" in path.read_text() or "tables.CSV" in path.read_text()]
    assert len(answers) > 1
    apart = [name_of(path) for path in answers if "tables" not in path.read_text() and path.name != "tables.py"]
    assert apart == list(WRITTEN_BY)
    for writer in WRITTEN_BY.values():
        assert "tables.write_csv(" in (ROOT / writer).read_text()


FORMULA = st.builds(
    lambda blanks, sign, rest: blanks + sign + rest,
    st.text(alphabet=" \t\r\n\u00a0\u200b\ufeff\u202e\x00", max_size=3),
    st.sampled_from("=+-@\t\r＝＋－＠|%"),
    st.text(max_size=20),
)


@given(st.one_of(FORMULA, st.text(max_size=30)))
def test_no_cell_of_a_csv_begins_as_a_formula_does(text):
    file = StringIO()
    tables.write_csv(file, [[text, "x"]])
    first = file.getvalue().lstrip('"')
    assert not first.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")), repr(file.getvalue())


@pytest.mark.parametrize(
    "text", ["=1+1", "\u200b=1+1", " =1", "\x00=1", "＝1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1"]
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_formula_is_text_in_both_kinds(kind, text, tmp_path):
    import csv

    from openpyxl import load_workbook

    sheet = tables.sheet(tmp_path / f"t.{kind}", ["name"], kind=kind)
    sheet.add([text])
    path = sheet.close()
    if kind == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cell = list(csv.reader(file))[1][0]
        assert cell.startswith("'")
    else:
        found = load_workbook(path).active["A2"]
        assert found.data_type in {"s", "inlineStr"}
