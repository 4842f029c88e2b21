"""What the site itself tells on the security page: settings, scans, contents, refusals, clocks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hrassist import databases, scans
from hrassist.admin import security
from hrassist.admin.security import Finding, Level, Section
from hrassist.lib import limits, storage, tally
from hrassist.models import Scan

GOOD, NOTICE, SERIOUS = Level.GOOD, Level.NOTICE, Level.SERIOUS
WEEK, DAY = timedelta(days=7), timedelta(days=1)
# What is asked of each installation; further tools are shown where their results were recorded.
EXPECTED = ("pip-audit", "trivy-image", "gitleaks", "zap")
OLD_SCAN, VERY_OLD_SCAN = timedelta(days=8), timedelta(days=31)
OLD_LOCK = timedelta(days=60)
MANY_VIOLATIONS, MANY_SIGN_INS = 100, 200
SKEW_NOTICE, SKEW_SERIOUS = 30, 300
CHECK_SECONDS = 300
MOST_LINES = 8


def deploy() -> list[Finding]:
    """What the checks of Django and of ours say about the settings that are in force."""
    if settings.DEVELOPMENT:
        return [
            Finding(
                NOTICE,
                "This is a development installation.",
                "Its key, cookies and headers are for one machine. Set HRASSIST_ENV=production for others.",
            )
        ]
    said: list[tuple[bool, str, str]] | None = cache.get("security-checks")
    if said is None:
        found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
        said = [(one.level >= checks.ERROR, f"{one.msg} ({one.id})", one.hint or "") for one in found]
        cache.set("security-checks", said, CHECK_SECONDS)
    findings = [Finding(SERIOUS if error else NOTICE, what, advice) for error, what, advice in said]
    if not settings.TRUSTED_PROXIES:
        findings.append(
            Finding(
                NOTICE,
                "No proxy is trusted.",
                "Behind nginx set HRASSIST_TRUSTED_PROXIES=1, or everybody is one address.",
            )
        )
    return findings or [Finding(GOOD, "All checks of the settings pass.")]


def last_scans() -> list[Finding]:
    """The last result of each scanner, and which have none."""
    now, newest = timezone.now(), scans.newest()
    absent = [tool for tool in EXPECTED if tool not in {scan.tool for scan in newest}]
    found = [_scan(scan, now=now) for scan in newest]
    if absent:
        found.append(
            Finding(
                NOTICE,
                f"No result is on record of {_listed(absent)}.",
                "The scans run in CI; record what they wrote: manage.py record_scan TOOL FILE.",
            )
        )
    return found


def _scan(scan: Scan, *, now: datetime) -> Finding:
    of = f"{scan.tool} of {scan.target}" if scan.target else scan.tool
    days = (now - scan.ran_at).days
    when = "today" if not days else "yesterday" if days == 1 else f"{days} days ago"
    counts = [f"{getattr(scan, level)} {level}" for level in scans.LEVELS if getattr(scan, level)]
    names = _listed(scan.found[:MOST_LINES], of=len(scan.found))
    if scan.critical or scan.high:
        return Finding(SERIOUS, f"{of}, {when}: {', '.join(counts)}.", names)
    if now - scan.ran_at > VERY_OLD_SCAN:
        return Finding(SERIOUS, f"{of} ran {when}.", "What became known since then is not known here. Run it again.")
    if scan.medium or now - scan.ran_at > OLD_SCAN:
        return Finding(NOTICE, f"{of}, {when}: {', '.join(counts) or 'nothing found'}.", names or "Run it again.")
    return Finding(GOOD, f"{of}, {when}: {', '.join(counts) or 'nothing found'}.", names)


def contents() -> list[Finding]:
    """Which version runs, of what it is made, and how old that is."""
    version = Finding(GOOD, f"hrassist {settings.VERSION} runs here.")
    sbom = _sbom()
    if sbom is None:
        return [
            Finding(NOTICE, "There is no list of what is inside (SBOM).", "Write it when you build: make sbom."),
            version,
        ]
    made_at, components, locked = sbom
    age = timezone.now() - made_at
    inside = f"{components} packages, listed {made_at:%d %B %Y}."
    if locked != _digest_of_requirements():
        stale = "The list of what is inside is of other requirements than those installed."
        return [Finding(NOTICE, stale, "Write it again: make sbom."), version]
    if age > OLD_LOCK:
        old = f"The packages are those of {age.days} days ago."
        return [Finding(NOTICE, old, "Take newer ones: make lock UPGRADE=1, then test and release."), version]
    return [Finding(GOOD, inside), version]


def _sbom() -> tuple[datetime, int, str] | None:
    try:
        bom = json.loads(settings.SBOM_PATH.read_bytes())
        made_at = parse_datetime(bom["metadata"]["timestamp"])
        properties = {one["name"]: one["value"] for one in bom["metadata"].get("properties", [])}
        return (made_at, len(bom["components"]), properties.get("hrassist:requirements", "")) if made_at else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=1)
def _digest_of_requirements() -> str:
    return hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes()).hexdigest()


def policy() -> list[Finding]:
    """What pages asked for against the content policy within a week."""
    counted = tally.since(tally.POLICY, timezone.now() - WEEK)
    total = sum(counted.values())
    if not total:
        return [Finding(GOOD, "No page broke the content policy within 7 days.")]
    level = SERIOUS if total >= MANY_VIOLATIONS else NOTICE
    advice = "Extensions of browsers cause a few. Many on one page mean injected markup, or a page that we broke."
    return [Finding(level, f"{_times(total)} within 7 days the content policy refused something.", advice), *[
        Finding(NOTICE, f"{what}: {_times(count)}") for what, count in islice(counted.items(), MOST_LINES)
    ]]  # fmt: skip


def throttled() -> list[Finding]:
    """Requests over a limit within a day."""
    counted = tally.since(tally.THROTTLED, timezone.now() - DAY)
    if not counted:
        return [Finding(GOOD, "No request was over a limit within 24 hours.")]
    sign_ins = sum(count for name, count in counted.items() if name.startswith("login"))
    found = []
    if sign_ins >= MANY_SIGN_INS:
        found.append(
            Finding(
                SERIOUS,
                f"{sign_ins} sign-ins were slowed down within 24 hours.",
                "Somebody may be guessing passwords; the audit log has the addresses.",
            )
        )
    return found + [
        Finding(NOTICE if name.startswith("login") else GOOD, f"{limits.label(name)}: {_times(count)}")
        for name, count in islice(counted.items(), MOST_LINES)
    ]


def outside() -> list[Finding]:
    """Calls to the outside that were refused within a week."""
    counted = tally.since(tally.EGRESS, timezone.now() - WEEK)
    if not counted:
        return [Finding(GOOD, "No call to the outside was refused within 7 days.")]
    advice = (
        "An address of a webhook or provider leads where it must not, or a host is missing in HRASSIST_EGRESS_HOSTS."
    )
    return [Finding(NOTICE, f"{what}: {_times(count)}", advice) for what, count in islice(counted.items(), MOST_LINES)]


def clocks() -> list[Finding]:
    """How far this machine's clock is from the database's and the store's."""
    found = [_clock("database", abs(databases.skew()))]
    skew = getattr(getattr(storage.incoming(), "clock", None), "skew", None)
    if skew is not None:
        found.append(_clock("object store", abs(skew.total_seconds())))
    return found


def _clock(whose: str, seconds: float) -> Finding:
    level = SERIOUS if seconds > SKEW_SERIOUS else NOTICE if seconds > SKEW_NOTICE else GOOD
    advice = (
        "" if level == GOOD else "Tickets, second factors and seals need one time. Make sure that NTP runs on both."
    )
    return Finding(level, f"This clock and that of the {whose} differ by {seconds:.1f} seconds.", advice)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _listed(names: Iterable[str], *, of: int = 0) -> str:
    shown = list(names)
    more = f" and {of - len(shown)} more" if of > len(shown) else ""
    return f"{', '.join(shown)}{more}"


security.add(Section("scans", "Last scans", last_scans, order=10))
security.add(Section("settings", "Settings", deploy, order=20))
security.add(Section("contents", "What is inside", contents, order=30))
security.add(Section("policy", "Content policy", policy, order=60))
security.add(Section("limits", "Requests over a limit", throttled, order=62))
security.add(Section("outside", "Calls to the outside", outside, order=64))
security.add(Section("clocks", "Clocks", clocks, order=70))
