"""The log of rankings: complete beside what was stored, and kept as long as the law of any place asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from audit import actions as audit
from hrassist.lib import jurisdictions
from jobs.models import JurisdictionSetting, MatchRun

BATCH = 500


def months_kept() -> int:
    """The longest time that the setting or a jurisdiction that is switched on asks for."""
    off = set(JurisdictionSetting.objects.filter(enabled=False).values_list("code", flat=True))
    used = [code for code in jurisdictions.everything() if code not in off]
    return max(settings.RANKING_LOG_MONTHS, jurisdictions.longest_log(used))


def forget_old(*, now: datetime) -> int:
    """Delete rankings whose time is over, in batches; the event of each deletion says how many went."""
    before = now - timedelta(days=round(months_kept() * 30.44))
    gone = 0
    while True:
        with transaction.atomic():
            ids = list(
                MatchRun.objects.filter(created_at__lt=before)
                .order_by("created_at")
                .values_list("pk", flat=True)[:BATCH]
            )
            if not ids:
                return gone
            MatchRun.objects.filter(pk__in=ids).delete()
            audit.record("match_run.forgotten", count=len(ids), before=before.date().isoformat())
        gone += len(ids)
