"""Finds records that seem to be one person."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from candidates import duplicates


class Command(BaseCommand):
    help = "Search every record for others with the same e-mail address, phone number or link. Safe to repeat."

    def handle(self, *_: Any, **_options: Any) -> None:
        found = duplicates.search_all(now=timezone.now())
        self.stdout.write(f"{found.records} records stand in {found.groups} groups of possible duplicates.")
