"""Results of scanners become counts and names, and what stands in the lines they found stays out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hrassist import scans
from hrassist.admin import security_sections
from hrassist.admin.security import Level
from hrassist.models import Scan

pytestmark = pytest.mark.django_db
SECRET = "AKIA-a-secret-that-was-found"
CLEAN = {"name": "x", "version": "1", "vulns": []}

REPORTS: dict[str, tuple[Any, dict[str, int], str]] = {
    "pip-audit": (
        {"dependencies": [{"name": "django", "version": "5.2.1", "vulns": [{"id": "PYSEC-1"}]}, CLEAN]},
        {"high": 1},
        "PYSEC-1 in django 5.2.1",
    ),
    "trivy-image": (
        {
            "Results": [
                {"Target": "debian", "Vulnerabilities": [
                    {"VulnerabilityID": "CVE-2", "PkgName": "zlib", "InstalledVersion": "1", "Severity": "MEDIUM"},
                    {"VulnerabilityID": "CVE-1", "PkgName": "ssl", "InstalledVersion": "3", "Severity": "CRITICAL"},
                ]},
                {"Target": "Dockerfile", "Misconfigurations": [{"ID": "DS002", "Severity": "LOW"}]},
                {"Target": "x.pem", "Secrets": [{"RuleID": "private-key", "Severity": "HIGH", "Match": SECRET}]},
            ]
        },
        {"critical": 1, "high": 1, "medium": 1, "low": 1},
        "CVE-1 in ssl 3",
    ),
    "trivy-fs": ({"Results": None}, {}, ""),
    "gitleaks": ([{"RuleID": "aws", "File": "a.py", "Secret": SECRET}], {"critical": 1}, "aws in a.py"),
    "zap": (
        {"site": [{"alerts": [{"alert": "CSP", "pluginid": "10038", "riskcode": "2", "uri": SECRET}]}]},
        {"medium": 1},
        "CSP (10038)",
    ),
    "semgrep": (
        {"results": [{"check_id": "ci.no-eval", "path": "a.py", "extra": {"severity": "ERROR", "lines": SECRET}}]},
        {"high": 1},
        "no-eval in a.py",
    ),
    "bandit": ({"results": [{"test_id": "B1", "filename": "a.py", "issue_severity": "LOW"}]}, {"low": 1}, "B1 in a.py"),
    "codeql": (
        {
            "runs": [
                {
                    "tool": {"driver": {"rules": [{"id": "py/sqli", "properties": {"security-severity": "9.8"}}]}},
                    "results": [{"ruleId": "py/sqli", "message": SECRET}, {"ruleId": "py/other", "level": "note"}],
                }
            ]
        },
        {"critical": 1, "low": 1},
        "py/sqli",
    ),
    "zizmor": ({"runs": [{"tool": {"driver": {}}, "results": []}]}, {}, ""),
}  # fmt: skip


def recorded(tool: str, report: Any, *, days: int = 0, target: str = "") -> Scan:
    now = timezone.now()
    return scans.record(
        tool=tool, content=json.dumps(report).encode(), ran_at=now - timedelta(days=days), now=now, target=target
    )


@pytest.mark.parametrize("tool", REPORTS)
def test_each_tools_report_is_counted(tool, events):
    report, counts, first = REPORTS[tool]
    scan = recorded(tool, report)
    assert {level: getattr(scan, level) for level in scans.LEVELS if getattr(scan, level)} == counts
    assert (scan.found or [""])[0] == first
    assert SECRET not in json.dumps(scan.found)
    assert events("scan.recorded")[0].changes["tool"] == tool


def test_every_tool_has_a_report_here():
    assert set(REPORTS) == set(scans.READERS)


@pytest.mark.parametrize(
    "nonsense", [b"", b"{", b"[]", b"{}", b"null", b'{"Results": 3}', b'{"dependencies": [1]}', b"\xff"]
)
@pytest.mark.parametrize("tool", ["pip-audit", "zap", "codeql"])
def test_what_is_no_report_is_refused_with_a_sentence(tool, nonsense):
    with pytest.raises(scans.BadReport, match="JSON report"):
        scans.record(tool=tool, content=nonsense, ran_at=timezone.now(), now=timezone.now())


def test_a_package_that_nobody_could_look_at_is_no_clean_one():
    """As pip-audit writes it where an index does not know the package, or does not answer."""
    skipped = {"name": "anyio", "skip_reason": "Dependency not found on PyPI and could not be audited: anyio (4.16.0)"}
    for report in ([CLEAN, skipped], [skipped]):
        with pytest.raises(scans.BadReport, match="could not be audited") as refused:
            recorded("pip-audit", {"dependencies": report})
        assert refused.value.code == "report_incomplete"
    with pytest.raises(scans.BadReport, match="JSON report"):
        recorded("pip-audit", {"dependencies": [{"name": "x"}]})
    assert not Scan.objects.exists()
    assert security_sections.last_scans()[-1].what.startswith("No result is on record of pip-audit")


def test_a_scan_of_tomorrow_and_an_unknown_tool_are_refused():
    now = timezone.now()
    with pytest.raises(scans.BadReport, match="future"):
        scans.record(tool="zap", content=b"{}", ran_at=now + timedelta(hours=1), now=now)
    with pytest.raises(scans.BadReport, match="no tool"):
        scans.record(tool="nmap", content=b"{}", ran_at=now, now=now)


def test_the_same_file_again_is_one_scan_of_a_later_moment():
    report = REPORTS["pip-audit"][0]
    first = recorded("pip-audit", report, days=5)
    again = recorded("pip-audit", report, days=1)
    assert again.pk == first.pk
    assert again.ran_at > first.ran_at
    assert Scan.objects.count() == 1


def test_the_command_takes_the_file_a_tool_wrote(tmp_path, capsys):
    path = tmp_path / "trivy.json"
    path.write_text(json.dumps(REPORTS["trivy-image"][0]))
    call_command("record_scan", "trivy-image", str(path), target="hrassist:1", ran_at="2026-11-01T10:00:00Z")
    assert "1 critical, 1 high, 1 medium, 1 low." in capsys.readouterr().out
    assert str(Scan.objects.get().ran_at) == "2026-11-01 10:00:00+00:00"
    for arguments in (
        ("trivy-image", str(tmp_path / "absent")),
        ("zap", str(path)),
        ("zap", str(path), "--ran-at=then"),
    ):
        with pytest.raises(CommandError):
            call_command("record_scan", *arguments)


@pytest.mark.parametrize(
    ("tool", "days", "level", "said"),
    [
        ("zizmor", 0, Level.GOOD, "zizmor, today: nothing found."),
        ("zizmor", 9, Level.NOTICE, "zizmor, 9 days ago: nothing found."),
        ("zizmor", 40, Level.SERIOUS, "zizmor ran 40 days ago."),
        ("pip-audit", 1, Level.SERIOUS, "pip-audit, yesterday: 1 high."),
        ("zap", 0, Level.NOTICE, "zap, today: 1 medium."),
        ("bandit", 0, Level.GOOD, "bandit, today: 1 low."),
    ],
)
def test_the_security_page_says_how_bad_and_how_old_a_result_is(tool, days, level, said):
    recorded(tool, REPORTS[tool][0], days=days)
    first = security_sections.last_scans()[0]
    assert (first.level, first.what) == (level, said)


def test_it_shows_the_newest_result_and_names_what_is_missing():
    recorded("pip-audit", REPORTS["pip-audit"][0], days=3)
    recorded("pip-audit", {"dependencies": []}, days=1)
    found = security_sections.last_scans()
    assert [one.what for one in found] == [
        "pip-audit, yesterday: nothing found.",
        "No result is on record of trivy-image, gitleaks, zap.",
    ]


# --- What is inside ---------------------------------------------------------------------------------------------------


def test_the_list_of_what_is_inside_is_looked_at(tmp_path, settings):
    settings.SBOM_PATH = tmp_path / "sbom.json"
    assert security_sections.contents()[0].what == "There is no list of what is inside (SBOM)."
    digest = security_sections._digest_of_requirements()

    def write(made: str, locked: str) -> None:
        document = {
            "metadata": {"timestamp": made, "properties": [{"name": "hrassist:requirements", "value": locked}]},
            "components": [{}, {}],
        }
        settings.SBOM_PATH.write_text(json.dumps(document))

    write(timezone.now().isoformat(), digest)
    assert security_sections.contents()[0].what.startswith("2 packages, listed ")
    write((timezone.now() - timedelta(days=90)).isoformat(), digest)
    assert security_sections.contents()[0].what == "The packages are those of 90 days ago."
    write(timezone.now().isoformat(), "of others")
    assert "other requirements" in security_sections.contents()[0].what
    settings.SBOM_PATH.write_text("[]")
    assert security_sections.contents()[0].level == Level.NOTICE


def test_clocks_that_differ_are_told(monkeypatch):
    assert security_sections.clocks()[0].level == Level.GOOD
    now = timezone.now
    for seconds, level in ((60, Level.NOTICE), (600, Level.SERIOUS)):
        monkeypatch.setattr(timezone, "now", lambda seconds=seconds: now() + timedelta(seconds=seconds))
        assert security_sections.clocks()[0].level == level


def test_checks_of_a_deployment_stand_on_the_page(settings):
    assert security_sections.deploy()[0].what == "This is a development installation."
    settings.DEVELOPMENT = False
    settings.ALLOWED_HOSTS = ["*"]
    found = security_sections.deploy()
    assert any("hrassist.E003" in one.what and one.level == Level.SERIOUS for one in found)
    assert any(one.what == "No proxy is trusted." for one in found)
