"""Which machine a load needs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hrassist.ops import capacity


class Command(BaseCommand):
    help = "Name the tier for a load, from the processor time that requests were measured to take."
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--users", type=int, default=0, help="People at work at the same time.")
        parser.add_argument(
            "--requests", type=float, default=0, help="Pages a second at the peak, where they are known."
        )
        parser.add_argument("--api", type=float, default=0, help="Requests of programs a second besides.")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *_args: Any, users: int, requests: float, api: float, as_json: bool, **_options: Any) -> None:
        if not (users > 0 or requests > 0 or api > 0) or min(users, requests, api) < 0:
            raise CommandError("Say for what load: --users 50, --requests 30 or --api 100.")
        try:
            found = capacity.need(capacity.load(settings.CAPACITY_CONFIG), users=users, requests=requests, api=api)
        except capacity.BadCapacity as error:
            raise CommandError(str(error)) from error
        if as_json:
            self.stdout.write(json.dumps(asdict(found), indent=2, default=str))
            return
        say = self.stdout.write
        say(
            f"{found.requests:.0f} requests a second at the peak, {found.milliseconds:.0f} ms of processor each:"
            f" {found.cores:.1f} cores"
        )
        if found.tier:
            say(f"Tier: {found.tier}")
        else:
            say(f"No single machine of the tiers: {found.machines} of the largest behind a balancer (docs/scaling.md)")
        say(f"\n{'':14}{'cores':>6}{'memory':>8}{'used':>8}{'requests/s':>12}{'people':>8}   promised")
        for tier in found.tiers:
            say(
                f"{tier.name:14}{tier.cores:>6}{tier.memory_gb:>5} GB{tier.memory_mb / 1024:>5.1f} GB"
                f"{tier.answers:>12.0f}"
                f"{tier.holds_users:>8}   {tier.requests} requests/s, {tier.users} people"
            )
        say(f"\nMeasured on {found.measured['dated']}: {found.measured['machine']}.")
