"""What /readyz says, for a shell or a container's health check."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hrassist import health


class Command(BaseCommand):
    help = "Ask each part that the site needs; fails where pages could not be answered."
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django declares it

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = health.state()
        for name, said in found.items():
            self.stdout.write(f"{name:16}{said}")
        if not health.is_ready(found):
            raise CommandError("Not ready.")
