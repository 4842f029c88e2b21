"""Results of scanners: read from the file that a tool wrote, kept as counts and names."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import actions as audit
from hrassist.lib.errors import DomainError
from hrassist.models import Scan

# A name of a finding and how bad it is: critical, high, medium or low.
Found = tuple[str, str]
KEPT = 50
LARGEST = 64 * 2**20
LEVELS = ("critical", "high", "medium", "low")
# The words of the tools for the four of ours; what none of them knows is medium: looked at, not lost.
_SAME = {
    "critical": "critical", "high": "high", "error": "high", "medium": "medium", "moderate": "medium",
    "warning": "medium", "low": "low", "note": "low", "info": "low", "informational": "low", "negligible": "low",
}  # fmt: skip
_ZAP_RISK = {"3": "high", "2": "medium", "1": "low", "0": "low"}
_CRITICAL_SCORE, _HIGH_SCORE, _MEDIUM_SCORE = 9.0, 7.0, 4.0


class BadReport(DomainError):
    """The file is not what this tool writes."""

    code = "bad_report"


def _pip_audit(report: Any) -> Iterator[Found]:
    for package in report["dependencies"]:
        if why := package.get("skip_reason"):
            # Nothing was found in it because nobody looked: that is no result.
            raise BadReport(
                "pip-audit could not look at {package}: {why}. Run it again with --strict.",
                code="report_incomplete",
                package=package["name"],
                why=why,
            )
        for one in package["vulns"]:
            # The advisories carry no severity: each is one to mend.
            yield f"{one['id']} in {package['name']} {package['version']}", "high"


def _trivy(report: Any) -> Iterator[Found]:
    for result in report.get("Results") or []:
        for one in result.get("Vulnerabilities") or []:
            yield f"{one['VulnerabilityID']} in {one['PkgName']} {one.get('InstalledVersion', '')}", one["Severity"]
        for one in result.get("Misconfigurations") or []:
            yield f"{one['ID']} in {result['Target']}", one["Severity"]
        for one in result.get("Secrets") or []:
            yield f"{one['RuleID']} in {result['Target']}", one["Severity"]


def _gitleaks(report: Any) -> Iterator[Found]:
    for one in report:
        # The match itself is the secret and stays out.
        yield f"{one['RuleID']} in {one['File']}", "critical"


def _zap(report: Any) -> Iterator[Found]:
    for site in report["site"]:
        for one in site["alerts"]:
            yield f"{one['alert']} ({one['pluginid']})", _ZAP_RISK.get(str(one["riskcode"]), "medium")


def _semgrep(report: Any) -> Iterator[Found]:
    for one in report["results"]:
        yield f"{one['check_id'].rpartition('.')[2]} in {one['path']}", one["extra"]["severity"]


def _bandit(report: Any) -> Iterator[Found]:
    for one in report["results"]:
        yield f"{one['test_id']} in {one['filename']}", one["issue_severity"]


def _sarif(report: Any) -> Iterator[Found]:
    for run in report["runs"]:
        rules = {rule["id"]: rule for rule in run["tool"]["driver"].get("rules", [])}
        for one in run.get("results", []):
            name = one.get("ruleId", "a rule without a name")
            score = rules.get(name, {}).get("properties", {}).get("security-severity")
            yield name, _of_score(float(score)) if score else one.get("level", "warning")


def _of_score(score: float) -> str:
    if score >= _CRITICAL_SCORE:
        return "critical"
    return "high" if score >= _HIGH_SCORE else "medium" if score >= _MEDIUM_SCORE else "low"


READERS: dict[str, Callable[[Any], Iterator[Found]]] = {
    "pip-audit": _pip_audit, "trivy-fs": _trivy, "trivy-image": _trivy, "gitleaks": _gitleaks, "zap": _zap,
    "semgrep": _semgrep, "bandit": _bandit, "codeql": _sarif, "zizmor": _sarif,
}  # fmt: skip


def findings(tool: str, content: bytes) -> list[Found]:
    """What the report says, worst first. Raises BadReport."""
    if len(content) > LARGEST:
        raise BadReport("The report is larger than 64 MB. Is it the right file?", code="report_too_large")
    try:
        read = [
            (name[:200], _SAME.get(level.casefold(), "medium")) for name, level in READERS[tool](json.loads(content))
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadReport(
            "This is not a JSON report of {tool}: {why}. Let the tool write JSON (SARIF for codeql and zizmor).",
            tool=tool,
            why=type(error).__name__,
        ) from error
    return sorted(read, key=lambda found: (LEVELS.index(found[1]), found[0]))


@transaction.atomic
def record(*, tool: str, content: bytes, ran_at: datetime, now: datetime, target: str = "") -> Scan:
    """Keep what a tool found; the same file again is the same scan. Raises BadReport."""
    if tool not in READERS:
        raise BadReport("There is no tool {tool} here. There are: {known}.", tool=tool, known=", ".join(READERS))
    if ran_at > now:
        raise BadReport("The scan cannot have run in the future.", code="report_from_the_future")
    found = findings(tool, content)
    counts = Counter(level for _, level in found)
    scan, new = Scan.objects.get_or_create(
        tool=tool,
        target=target[:100],
        digest=hashlib.sha256(content).hexdigest(),
        defaults={
            "ran_at": ran_at, "recorded_at": now, "found": list(dict.fromkeys(name for name, _ in found))[:KEPT],
            **{level: counts[level] for level in LEVELS},
        },
    )  # fmt: skip
    if not new and scan.ran_at < ran_at:
        # The same result again: nothing changed, and that is known of a later moment now.
        scan.ran_at = ran_at
        scan.save(update_fields=["ran_at"])
    audit.record("scan.recorded", target=scan, tool=tool, found={level: counts[level] for level in LEVELS})
    return scan


def newest() -> list[Scan]:
    """The last scan of each tool and target."""
    return list(Scan.objects.order_by("tool", "target", "-ran_at").distinct("tool", "target"))
