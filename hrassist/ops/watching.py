"""From config/alerts.toml to the files of Prometheus, Alertmanager and Monit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

import yaml

HEAD = "# Rendered by `manage.py alert_rules` from config/alerts.toml: change that, not this.\n"
PAGES = "docs/infrastructure/alerts"
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_FIELDS = ("threshold", "floor", "only", "window")


class BadAlerts(ValueError):
    """config/alerts.toml says something that cannot be rendered."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule; `guard` must hold as well as `expr`."""

    name: str
    severity: str
    summary: str
    expr: str
    lasting: str
    guard: str = ""
    only: str = ""
    window: str = ""
    threshold: float | None = None
    floor: float | None = None
    day_one: bool = False

    def query(self, *, scale: float = 1) -> str:
        """The PromQL, in one line."""
        filled = {
            "threshold": _number(self.threshold), "floor": _number(self.floor), "only": self.only,
            "window": duration(self.window, scale=scale) if self.window else "",
        }  # fmt: skip
        whole = f"({self.expr.strip()}) and ({self.guard})" if self.guard else self.expr
        missing = [name for name in _FIELDS if f"${name}" in whole and not filled[name] and name != "only"]
        if missing:
            raise BadAlerts(f"{self.name}: {', '.join(missing)} is used and not given.")
        # Without a label to choose by, the braces go too.
        return " ".join(Template(whole).substitute(filled).replace("{}", "").split())


@dataclass(frozen=True, slots=True)
class Watch:
    """All of config/alerts.toml."""

    alerts: tuple[Alert, ...]
    scrape: Mapping[str, Any] = field(default_factory=dict)
    notify: Mapping[str, Any] = field(default_factory=dict)

    def of(self, name: str) -> Alert:
        return next(alert for alert in self.alerts if alert.name == name)

    def instead(self, changed: Alert) -> Watch:
        """The same with one alert changed."""
        return replace(self, alerts=tuple(changed if one.name == changed.name else one for one in self.alerts))


def load(path: Path, *, own: Path | None = None) -> Watch:
    """What `path` says, but for what a machine's `own` file says otherwise. Raises BadAlerts, naming what is wrong."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        if own is not None:
            _change(told, own)
        alerts = tuple(Alert(lasting=str(one.pop("for")), **one) for one in told["alert"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise BadAlerts(f"{path.name}: {error}") from error
    names = [alert.name for alert in alerts]
    if len(set(names)) < len(names):
        raise BadAlerts(f"{path.name}: two alerts have the same name.")
    return Watch(alerts=alerts, scrape=told.get("scrape", {}), notify=told.get("notify", {}))


def _change(told: dict[str, Any], own: Path) -> None:
    """Lay a machine's own file over what is shipped; it changes what is there and adds nothing."""
    try:
        changes = tomllib.loads(own.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadAlerts(f"{own.name}: {error}") from error
    if unknown := set(changes) - {"scrape", "notify", "alert"}:
        raise BadAlerts(
            f"{own.name}: there is no {', '.join(sorted(unknown))}. There are [scrape], [notify], [[alert]]."
        )
    for section in ("scrape", "notify"):
        given = changes.get(section, {})
        if unknown := set(given) - set(told[section]):
            raise BadAlerts(f"{own.name}: there is no {', '.join(sorted(unknown))} in [{section}].")
        targets = {**told[section].get("targets", {}), **given.get("targets", {})}
        told[section] |= given | ({"targets": targets} if targets else {})
    alerts = {one["name"]: one for one in told["alert"]}
    for change in changes.get("alert", []):
        if change.get("name") not in alerts:
            raise BadAlerts(f"{own.name}: there is no alert {change.get('name', 'without a name')}.")
        alerts[change["name"]] |= change


def placeholders(watch: Watch) -> list[str]:
    """Addresses that are nobody's, as they are shipped."""
    given = {**watch.notify, "public": " ".join(watch.scrape.get("public", []))}
    return [name for name, value in given.items() if "example.com" in str(value)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}" if abs(value) < 100_000 else str(int(value))


def milliseconds(text: str) -> int:
    """How long "5m" or "1h30m" is."""
    if not re.fullmatch(r"(\d+(ms|[smhd]))+", text):
        raise BadAlerts(f"{text!r} is no duration. Write 30s, 5m, 1h or 14d.")
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", text))


def duration(text: str, *, scale: float = 1) -> str:
    """The duration as Prometheus writes it, shortened for a test by `scale`."""
    return text if scale == 1 else f"{round(milliseconds(text) * scale)}ms"


# --- Prometheus -------------------------------------------------------------------------------------------------------


def rules(watch: Watch, *, scale: float = 1) -> dict[str, Any]:
    return {
        "groups": [
            {
                "name": "hrassist",
                "interval": duration(watch.scrape.get("interval", "15s"), scale=scale),
                "rules": [_rule(alert, scale=scale) for alert in watch.alerts],
            }
        ]
    }


# A figure of ours, or whether what tells it answers, with the labels it is chosen by.
_OURS = re.compile(r"\b(hrassist_\w+|up)\b(?:\{([^{}]*)\})?")
# Stands in the chart's rules for what tells one release from all others that the cluster's Prometheus watches.
RELEASE = "$RELEASE"


def cluster(watch: Watch) -> dict[str, Any]:
    """The rules of a release in a cluster, whose Prometheus watches others too: over its own figures alone.

    Nodes, disks and public addresses are told by exporters that are everybody's there, and so is the watchdog.
    """
    told = rules(watch)
    (group,) = told["groups"]
    group["rules"] = [
        {**rule, "expr": _OURS.sub(_narrowed, rule["expr"])} for rule in group["rules"] if _OURS.search(rule["expr"])
    ]
    return told


def _narrowed(found: re.Match[str]) -> str:
    return f"{found[1]}{{{RELEASE}{f',{found[2]}' if found[2] else ''}}}"


def _rule(alert: Alert, *, scale: float) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.query(scale=scale),
        "for": duration(alert.lasting, scale=scale),
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.summary, "runbook": f"{PAGES}/{page_of(alert.name)}"},
    }


def page_of(name: str) -> str:
    """CpuHigh: cpu-high.md."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() + ".md"


def prometheus(watch: Watch, *, scale: float = 1) -> dict[str, Any]:
    targets = dict(watch.scrape["targets"])
    blackbox = targets.pop("blackbox", [])
    jobs: list[dict[str, Any]] = [
        {"job_name": name, "static_configs": [{"targets": list(addresses)}]} for name, addresses in targets.items()
    ]
    if blackbox:
        jobs.append(
            {
                "job_name": "public",
                "metrics_path": "/probe",
                "params": {"module": ["http_2xx"]},
                "static_configs": [{"targets": list(watch.scrape["public"])}],
                "relabel_configs": [
                    {"source_labels": ["__address__"], "target_label": "__param_target"},
                    {"source_labels": ["__param_target"], "target_label": "instance"},
                    {"target_label": "__address__", "replacement": blackbox[0]},
                ],
            }
        )
    return {
        "global": {
            "scrape_interval": duration(watch.scrape["interval"], scale=scale),
            "scrape_timeout": watch.scrape["timeout"]
            if scale == 1
            else duration(watch.scrape["interval"], scale=scale),
            "evaluation_interval": duration(watch.scrape["interval"], scale=scale),
        },
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(targets.get("alertmanager", []))}]}]},
        "scrape_configs": jobs,
    }


# --- Alertmanager -----------------------------------------------------------------------------------------------------

_TITLE = "{{ .CommonLabels.alertname }}: {{ .Status }}"
_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Labels }}\nWhat to do: {{ .Annotations.runbook }}\n{{ end }}"
)


def alertmanager(watch: Watch, *, scale: float = 1) -> dict[str, Any]:
    """Everything by mail; what cannot wait by Slack too; the watchdog to whoever misses it.

    Without mail Slack is told everything, without Slack mail. Raises BadAlerts where there is neither.
    """
    notify = watch.notify
    mails, posts = _mails(notify), _posts(notify)
    if not mails and not posts:
        raise BadAlerts(
            "Nobody is told: [notify] has neither mail_to nor slack_url_file. Write one of them, or both, into this "
            "machine's own file (deploy/monitoring/own.toml shows them)."
        )
    heartbeat: dict[str, Any] = {"name": "heartbeat"}
    if notify["heartbeat_url"]:
        heartbeat["webhook_configs"] = [{"url": notify["heartbeat_url"], "send_resolved": False}]
    times = {
        name: duration(notify[key], scale=scale)
        for name, key in (("group_wait", "group_wait"), ("group_interval", "group_interval"))
    }
    return {
        "global": _relay(notify) if mails else {"resolve_timeout": "5m"},
        "route": {
            "receiver": "people",
            "group_by": ["alertname"],
            **times,
            "repeat_interval": duration(notify["repeat"], scale=scale),
            "routes": [
                {
                    "matchers": ['alertname="Watchdog"'],
                    "receiver": "heartbeat",
                    "repeat_interval": duration("5m", scale=scale),
                },
                {
                    "matchers": ['severity="critical"'],
                    "receiver": "at-once",
                    "repeat_interval": duration(notify["repeat_critical"], scale=scale),
                },
                {
                    "matchers": ['severity="info"'],
                    "receiver": "people",
                    "repeat_interval": duration(notify["repeat_info"], scale=scale),
                },
            ],
        },
        # Where the site is away, that its parts are away is no news.
        "inhibit_rules": [
            {
                "source_matchers": ['alertname="TargetDown"', 'job="hrassist"'],
                "target_matchers": ['alertname=~"BackupOld|DrillOld|DrillLate"'],
            },
            {"source_matchers": ['alertname="NoWorker"'], "target_matchers": ['alertname="QueueStuck"']},
        ],
        "receivers": [
            {"name": "people", **(mails or posts)},
            {"name": "at-once", **mails, **posts},
            heartbeat,
        ],
    }


def _mails(notify: Mapping[str, Any]) -> dict[str, Any]:
    if not notify["mail_to"]:
        return {}
    mail = {"to": notify["mail_to"], "send_resolved": True, "headers": {"Subject": _TITLE}, "text": _TEXT, "html": ""}
    return {"email_configs": [mail]}


def _posts(notify: Mapping[str, Any]) -> dict[str, Any]:
    if not notify["slack_url_file"]:
        return {}
    slack = {
        "api_url_file": notify["slack_url_file"], "channel": notify["slack_channel"], "send_resolved": True,
        "title": _TITLE, "text": _TEXT,
    }  # fmt: skip
    return {"slack_configs": [slack]}


def _relay(notify: Mapping[str, Any]) -> dict[str, Any]:
    """The mail server, and who signs in there."""
    relay: dict[str, Any] = {
        "smtp_smarthost": notify["smtp"],
        "smtp_from": notify["mail_from"],
        "smtp_require_tls": bool(notify["smtp_tls"]),
    }
    if notify["smtp_user"]:
        relay |= {"smtp_auth_username": notify["smtp_user"], "smtp_auth_password_file": notify["smtp_password_file"]}
    return relay


def of_this_machine(watch: Watch, *, is_there: Callable[[str], bool], usual: str = "") -> tuple[Watch, list[str]]:
    """The same with Slack and passwords as their files are there, and what is not told for want of one.

    That nobody has put Slack's address into the `usual` file is no news.
    Alertmanager reads these files when it tells somebody: one that is missing would be found out in the night.
    """
    notify, missing = dict(watch.notify), []
    if notify["slack_url_file"] and not is_there(notify["slack_url_file"]):
        if notify["slack_url_file"] != usual:
            missing.append(f"Slack is not told: there is no {notify['slack_url_file']} with the webhook's address.")
        notify["slack_url_file"] = ""
    if notify["mail_to"] and notify["smtp_user"] and not is_there(notify["smtp_password_file"] or "."):
        missing.append(f"Mail cannot be sent as {notify['smtp_user']}: smtp_password_file names no file that is there.")
        notify["mail_to"] = ""
    return replace(watch, notify=notify), missing


# --- Monit ------------------------------------------------------------------------------------------------------------

_CYCLE = 60


def monit(watch: Watch) -> str:
    """The same thresholds for a machine without Prometheus; Monit mails by itself."""
    cpu, memory, disk = (watch.of(name) for name in ("CpuHigh", "MemoryHigh", "DiskHigh"))

    def line(what: str, alert: Alert) -> str:
        cycles = max(1, milliseconds(alert.lasting) // 1000 // _CYCLE)
        return f"  if {what} > {(alert.threshold or 0) * 100:g}% for {cycles} cycles then alert\n"

    mail = watch.notify
    host, _, port = str(mail["smtp"]).rpartition(":")
    public = urlsplit(watch.scrape["public"][0]).hostname
    # Monit knows no Slack.
    told = f"set alert {mail['mail_to']}\n" if mail["mail_to"] else ""
    return (
        f"{HEAD}"
        f"set daemon {_CYCLE}\n"
        "set log syslog\n"
        f"set mailserver {host} port {port}\n"
        f"set mail-format {{ from: {mail['mail_from']} }}\n"
        f"{told}\n"
        "check system $HOST\n"
        f"{line('cpu usage', cpu)}{line('memory usage', memory)}\n"
        "check filesystem root with path /\n"
        f"{line('space usage', disk)}\n"
        # By its public name: given an address Monit says no name in TLS, and nginx answers nobody who says none.
        f"check host hrassist with address {public}\n"
        '  if failed port 443 protocol https request "/livez" status = 200 timeout 10 seconds\n'
        "     for 2 cycles then alert\n\n"
        "check host figures with address 127.0.0.1\n"
        '  if failed port 9108 protocol http request "/metrics" timeout 10 seconds for 2 cycles then alert\n'
    )


class _Writer(yaml.SafeDumper):
    """Lists stand under their names, as people write them; a dictionary named twice is written twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def as_yaml(of: Mapping[str, Any]) -> str:
    return HEAD + yaml.dump(dict(of), Dumper=_Writer, sort_keys=False, width=110, allow_unicode=True)


def files(watch: Watch, *, scale: float = 1) -> dict[str, str]:
    """Every rendered file by its name below deploy/monitoring."""
    return {
        "prometheus/rules.yml": as_yaml(rules(watch, scale=scale)),
        "prometheus/prometheus.yml": as_yaml(prometheus(watch, scale=scale)),
        "alertmanager/alertmanager.yml": as_yaml(alertmanager(watch, scale=scale)),
        "monit/hrassist": monit(watch),
    }
