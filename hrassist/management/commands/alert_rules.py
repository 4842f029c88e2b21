"""Render what Prometheus, Alertmanager, Monit and Grafana read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.ops import dashboards, watching

MONITORING = settings.BASE_DIR / "deploy" / "monitoring"
# From there: Helm reads what lies in the chart and nothing else.
OF_CHART = "../helm/hrassist/files/rules.yml"


class Command(BaseCommand):
    help = "Write deploy/monitoring and the chart's rules from config/alerts.toml, or say what is no longer current."
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail where a file is not current.")
        parser.add_argument("--strict", action="store_true", help="Fail where an address is still nobody's.")
        parser.add_argument("--output", type=Path, default=MONITORING)
        parser.add_argument(
            "--own", type=Path, metavar="FILE", help="What this machine says otherwise: /etc/hrassist/alerts.toml.",
        )  # fmt: skip
        parser.add_argument("--scale", type=float, default=1.0, help="Shorten every duration, for a trial: 0.02.")
        parser.add_argument(
            "--target", action="append", default=[], metavar="JOB=HOST:PORT",
            help="Scrape these instead of those of the file; may be given several times.",
        )  # fmt: skip
        parser.add_argument("--notify", action="append", default=[], metavar="NAME=VALUE", help="Instead of [notify].")

    def handle(self, *_args: Any, check: bool, output: Path, scale: float, **options: Any) -> None:
        try:
            watch = watching.load(settings.ALERTS_CONFIG, own=options["own"])
            watch = _changed(watch, targets=options["target"], notify=options["notify"])
            # What is shipped is rendered alike on every machine: by mail alone, until one says otherwise.
            is_ones_own = bool(options["own"] or options["notify"])
            usual = watching.load(settings.ALERTS_CONFIG).notify["slack_url_file"]
            is_there = _is_there if is_ones_own else lambda _path: False
            watch, missing = watching.of_this_machine(watch, is_there=is_there, usual=usual)
            for line in missing:
                self.stderr.write(line)
            is_own = options["own"] is None and settings.ALERTS_OWN.exists()
            people = watching.load(settings.ALERTS_CONFIG, own=settings.ALERTS_OWN) if is_own else watch
            files = watching.files(watch, scale=scale) | dashboards.files(settings.DASHBOARDS_CONFIG)
            if output == MONITORING:
                files[OF_CHART] = watching.as_yaml(watching.cluster(watch))
        except (watching.BadAlerts, OSError) as error:
            raise CommandError(str(error)) from error
        self._warn(people, strict=options["strict"])
        stale = []
        for name, text in files.items():
            path = output / name
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        if check and stale:
            raise CommandError(f"Not current: {', '.join(stale)}. Run manage.py alert_rules.")
        self.stdout.write("All files are current." if not stale else f"Written: {', '.join(stale)}.")

    def _warn(self, watch: watching.Watch, *, strict: bool) -> None:
        """What is shipped names nobody, and this machine's own file may not name anybody either."""
        if left := watching.placeholders(watch):
            said = (
                f"Nobody is told: {', '.join(left)} still name example.com. Write yours into {settings.ALERTS_OWN}; "
                "docs/infrastructure/monitoring.md says how."
            )
            if strict:
                raise CommandError(said)
            self.stderr.write(said)


def _changed(watch: watching.Watch, *, targets: list[str], notify: list[str]) -> watching.Watch:
    if targets:
        chosen: dict[str, list[str]] = {}
        for job, address in map(_pair, targets):
            chosen.setdefault(job, []).append(address)
        watch = replace(watch, scrape={**watch.scrape, "targets": chosen})
    told: dict[str, Any] = dict(map(_pair, notify))
    if unknown := set(told) - set(watch.notify):
        raise CommandError(f"There is no {', '.join(sorted(unknown))} in [notify].")
    return replace(watch, notify={**watch.notify, **told})


def _is_there(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:
        # In a folder of somebody else's, who did not let us in.
        return False


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise CommandError(f"{text!r}: write NAME=VALUE.")
    return name, value
