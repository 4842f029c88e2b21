"""The alerts: rendered, accepted by the real tools, and each held to its threshold, window, duration and guard.

The mutation loop changes one of these at a time; a test of promtool must fail on every such change, or nobody would
notice it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command

from hrassist.ops import watching
from hrassist.ops.watching import Alert, Watch
from tests.deploy.monitoring import MONITORING, RULES, run
from tests.repo.sources import ROOT

WATCH = watching.load(settings.ALERTS_CONFIG)
# Everything as text: to Python's YAML the values 0x40 are a number.
TESTS = yaml.load((Path(__file__).parent / "rules_test.yml").read_text(), Loader=yaml.BaseLoader)  # noqa: S506
DAY_ONE = {
    "CpuHigh": 0.8, "MemoryHigh": 0.85, "LatencyHigh": 2, "ErrorsHigh": 0.01, "DatabasePoolExhausted": 0.8,
    "DiskHigh": 0.85, "WorkersDie": 5,
}  # fmt: skip
PAGES = ROOT / "docs" / "infrastructure" / "alerts"


def test_the_seven_of_day_one_have_the_thresholds_that_were_asked_for():
    assert {alert.name: alert.threshold for alert in WATCH.alerts if alert.day_one} == DAY_ONE
    assert {name: WATCH.of(name).lasting for name in ("CpuHigh", "MemoryHigh")} == {
        "CpuHigh": "10m", "MemoryHigh": "10m",
    }  # fmt: skip
    assert (WATCH.of("ErrorsHigh").window, WATCH.of("WorkersDie").window) == ("5m", "1h")


def test_the_rendered_files_are_current():
    out = io.StringIO()
    call_command("alert_rules", check=True, stdout=out)
    assert "All files are current." in out.getvalue()


def test_a_file_that_is_not_current_is_named(tmp_path):
    call_command("alert_rules", output=tmp_path)
    (tmp_path / "monit" / "hrassist").write_text("something else")
    with pytest.raises(CommandError, match="Not current: monit/hrassist"):
        call_command("alert_rules", output=tmp_path, check=True)


def test_the_real_tools_accept_the_files(tmp_path):
    for command in (
        ("promtool", "check", "rules", str(RULES)),
        ("promtool", "check", "config", str(MONITORING / "prometheus" / "prometheus.yml")),
        ("amtool", "check-config", str(MONITORING / "alertmanager" / "alertmanager.yml")),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    # Monit refuses a control file that others may read.
    control = tmp_path / "monitrc"
    control.write_text(
        f"set idfile {tmp_path}/id\nset statefile {tmp_path}/state\n" + (MONITORING / "monit" / "hrassist").read_text()
    )
    control.chmod(0o600)
    done = run("monit", "-t", "-c", str(control))
    assert (done.returncode, "Control file syntax OK" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "CpuHigh", "severity": "warning"}, "people"),
        ({"alertname": "ErrorsHigh", "severity": "critical"}, "at-once"),
        ({"alertname": "ScaleCpu", "severity": "info"}, "people"),
        ({"alertname": "Watchdog", "severity": "none"}, "heartbeat"),
        ({"alertname": "Unheard", "severity": "unheard"}, "people"),
    ],
)
def test_who_is_told(labels, receiver):
    done = run(
        "amtool", "config", "routes", "test", f"--config.file={MONITORING}/alertmanager/alertmanager.yml",
        f"--verify.receivers={receiver}", *(f"{name}={value}" for name, value in labels.items()),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_receiver_reaches_somebody():
    told = yaml.safe_load((MONITORING / "alertmanager" / "alertmanager.yml").read_text())
    reached = {one["name"]: {name for name in one if name != "name"} for one in told["receivers"]}
    # As it is shipped; with Slack it is in test_alertmanager.py.
    assert reached == {"people": {"email_configs"}, "at-once": {"email_configs"}, "heartbeat": set()}
    with_heartbeat = replace(WATCH, notify={**WATCH.notify, "heartbeat_url": "https://hc.example.com/x"})
    assert "https://hc.example.com/x" in watching.as_yaml(watching.alertmanager(with_heartbeat))


def test_every_alert_has_its_page_and_every_page_its_alert():
    pages = {path.name for path in PAGES.glob("*.md")} - {"README.md"}
    assert pages == {watching.page_of(alert.name) for alert in WATCH.alerts}
    index = (PAGES / "README.md").read_text()
    for alert in WATCH.alerts:
        page = (PAGES / watching.page_of(alert.name)).read_text()
        assert page.startswith(f"# {alert.name}\n")
        for head in ("## What it means", "## Look", "## Mend"):
            assert head in page, f"{alert.name} has no {head}"
        assert f"[{alert.name}]({watching.page_of(alert.name)})" in index


def test_monit_has_the_thresholds_of_prometheus():
    text = watching.monit(WATCH)
    for line in (
        "if cpu usage > 80% for 10 cycles then alert",
        "if memory usage > 85% for 10 cycles then alert",
        "if space usage > 85% for 5 cycles then alert",
    ):
        assert line in text
    assert "if cpu usage > 60% for 20 cycles" in watching.monit(
        WATCH.instead(replace(WATCH.of("CpuHigh"), threshold=0.6, lasting="20m"))
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[alert]\n", "Expected"),
        ('[[alert]]\nname = "A"\nseverity = "x"\nsummary = "s"\nexpr = "up"\n', "for"),
        (
            '[[alert]]\nname = "A"\nseverity = "x"\nsummary = "s"\nexpr = "up"\nfor = "1m"\nthreshhold = 1\n',
            "threshhold",
        ),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, why):
    path = tmp_path / "alerts.toml"
    path.write_text(text)
    with pytest.raises(watching.BadAlerts, match=why):
        watching.load(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[notify]\nmail = "a@acme.org"\n', r"alerts.toml: there is no mail in \[notify\]"),
        ("[[alert]]\nname = 'CpuHihg'\nthreshold = 0.9\n", "there is no alert CpuHihg"),
        ("[alerts]\n", "there is no alerts"),
        ("[notify\n", "alerts.toml: "),
        ("[[alert]]\nname = 'CpuHigh'\nthreshhold = 0.9\n", "threshhold"),
    ],
)
def test_what_a_machine_says_otherwise_has_to_be_there(tmp_path, text, why):
    own = tmp_path / "alerts.toml"
    own.write_text(text)
    with pytest.raises(watching.BadAlerts, match=why):
        watching.load(settings.ALERTS_CONFIG, own=own)


def test_nobody_is_told_and_that_is_said_until_somebody_is_named(tmp_path):
    err = io.StringIO()
    call_command("alert_rules", check=True, stdout=io.StringIO(), stderr=err)
    assert "Nobody is told: mail_to, mail_from, public still name example.com." in err.getvalue()
    own, err = tmp_path / "alerts.toml", io.StringIO()
    own.write_text((MONITORING / "own.toml").read_text().replace("example.com", "acme.org"))
    call_command("alert_rules", own=own, output=tmp_path / "made", stdout=io.StringIO(), stderr=err)
    assert err.getvalue() == ""


def test_a_placeholder_without_its_value_is_refused():
    with pytest.raises(watching.BadAlerts, match="threshold is used and not given"):
        replace(WATCH.of("CpuHigh"), threshold=None).query()
    with pytest.raises(watching.BadAlerts, match="no duration"):
        watching.milliseconds("5 minutes")


def test_a_trial_is_the_same_but_shorter():
    rule = watching.rules(WATCH, scale=0.02)["groups"][0]["rules"][3]
    assert (rule["alert"], rule["for"]) == ("ErrorsHigh", "1200ms")
    assert "[6000ms]" in rule["expr"]


# --- Promtool's tests, and what they would not notice ----------------------------------------------------------------


def later_than(tests: list[dict[str, Any]]) -> dict[str, Any]:
    """Promtool leaves the last evaluation out; this one is nobody's."""
    last = max(watching.milliseconds(test["eval_time"]) for test in tests)
    return {"alertname": "Nobody", "eval_time": f"{last + 60_000}ms", "exp_alerts": []}


def said_of(watch: Watch, folder: Path, *, only: str = "") -> str:
    """What promtool says of the rules: empty when all tests pass. `only` are the tests of one alert."""
    alerts = tuple(alert for alert in watch.alerts if only in {"", alert.name})
    tests = dict(TESTS)
    if only:
        tests["tests"] = [
            {**one, "alert_rule_test": [*wanted, later_than(wanted)]}
            for one in TESTS["tests"]
            if (wanted := [test for test in one["alert_rule_test"] if test["alertname"] == only])
        ]
        assert tests["tests"], f"nothing tests {only}"
    (folder / "rules.yml").write_text(watching.as_yaml(watching.rules(replace(watch, alerts=alerts))))
    (folder / "rules_test.yml").write_text(yaml.safe_dump(tests))
    done = run("promtool", "test", "rules", "rules_test.yml", cwd=folder)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("name", [alert.name for alert in WATCH.alerts])
def test_an_alert_fires_when_it_should_and_not_before(name, tmp_path):
    assert said_of(WATCH, tmp_path, only=name) == ""
    said = [test for one in TESTS["tests"] for test in one["alert_rule_test"] if test["alertname"] == name]
    assert any(test["exp_alerts"] for test in said), "it is never seen to fire"
    if name != "Watchdog":
        assert any(not test["exp_alerts"] for test in said), "it is never seen not to fire"


def longer(duration: str, factor: float) -> str:
    return f"{round(watching.milliseconds(duration) * factor)}ms"


COUNTED = {
    "WorkersDie", "NoWorker", "UploadsParked", "PrivacyOverdue", "BackupFilesBroken", "WalHole", "PromisesBroken",
    "StorageUnsafe", "AuditNotWhole",
}  # fmt: skip


def mutants(alert: Alert) -> Iterator[tuple[str, Alert]]:
    """Every change of a threshold, a window, a duration or a guard that somebody might make by mistake."""
    for field in ("threshold", "floor"):
        value = getattr(alert, field)
        if value is not None:
            # What is counted by ones changes by more than one, so that it is another number.
            by = 1.5 if field == "threshold" and alert.name in COUNTED else abs(value) * 0.1
            yield f"{field} higher", replace(alert, **{field: value + by})
            yield f"{field} lower", replace(alert, **{field: value - by})
    if alert.window:
        yield "window twice as long", replace(alert, window=longer(alert.window, 2))
        yield "window half as long", replace(alert, window=longer(alert.window, 0.5))
    if alert.lasting == "0s":
        yield "not at once", replace(alert, lasting="5m")
    else:
        yield "at once", replace(alert, lasting="0s")
        yield "for longer", replace(alert, lasting=longer(alert.lasting, 1.5))
        yield "for shorter", replace(alert, lasting=longer(alert.lasting, 0.75))
    if alert.guard:
        yield "without its guard", replace(alert, guard="")
    if alert.only:
        yield "without its choice of labels", replace(alert, only="")
    parts = alert.expr.strip().split("\nor ")
    for number in range(len(parts) if len(parts) > 1 else 0):
        rest = [part for at, part in enumerate(parts) if at != number]
        yield f"without part {number + 1}", replace(alert, expr="\nor ".join(rest))
    if alert.name != "Watchdog":
        yield "never", replace(alert, expr=f"({alert.expr}) and on() (vector(1) > 2)")
    if "by (" in alert.expr and "le" not in alert.expr:
        yield "lumped together", replace(alert, expr=alert.expr.replace("by (", "without ("))


MUTANTS = [(alert.name, what, changed) for alert in WATCH.alerts for what, changed in mutants(alert)]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "_what", "changed"), MUTANTS, ids=[f"{name}-{what}" for name, what, _ in MUTANTS])
def test_a_changed_rule_does_not_go_unnoticed(name, _what, changed, tmp_path):
    said = said_of(WATCH.instead(changed), tmp_path, only=name)
    assert "FAILED" in said, f"nothing fails when {name} is changed: {said}"
    assert "failed to parse" not in said


def test_the_loop_changes_something_of_every_alert():
    assert {name for name, _, _ in MUTANTS} == {alert.name for alert in WATCH.alerts}
    assert len(MUTANTS) > 100
