"""Render what Prometheus, Alertmanager, Monit and Grafana read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.ops import dashboards, watching


class Command(BaseCommand):
    help = "Write deploy/monitoring from config/alerts.toml, or say what there is no longer current."
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing; fail where a file is not current.")
        parser.add_argument("--output", type=Path, default=settings.BASE_DIR / "deploy" / "monitoring")
        parser.add_argument("--scale", type=float, default=1.0, help="Shorten every duration, for a trial: 0.02.")
        parser.add_argument(
            "--target", action="append", default=[], metavar="JOB=HOST:PORT",
            help="Scrape these instead of those of the file; may be given several times.",
        )  # fmt: skip
        parser.add_argument("--notify", action="append", default=[], metavar="NAME=VALUE", help="Instead of [notify].")

    def handle(self, *_args: Any, check: bool, output: Path, scale: float, **options: Any) -> None:
        try:
            watch = watching.load(settings.ALERTS_CONFIG)
            watch = _changed(watch, targets=options["target"], notify=options["notify"])
            files = watching.files(watch, scale=scale) | dashboards.files(settings.DASHBOARDS_CONFIG)
        except (watching.BadAlerts, OSError) as error:
            raise CommandError(str(error)) from error
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


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise CommandError(f"{text!r}: write NAME=VALUE.")
    return name, value
