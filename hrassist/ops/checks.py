"""System checks of what grows wrong by itself: prices that costs are reckoned with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.utils import timezone

from hrassist.ops import costs


@register(deploy=True)
def check_prices(**_kwargs: Any) -> list[CheckMessage]:
    """Prices that nobody has read for half a year, or that cannot be read: `check --deploy` names them."""
    try:
        old = costs.load(settings.PRICES_CONFIG).old(today=timezone.now().date())
    except costs.BadPrices as error:
        said = f"Costs cannot be reckoned: {error}"
    else:
        if not old:
            return []
        said = f"Prices older than {costs.OLD.days} days: {', '.join(old)}."
    return [
        Warning(
            said,
            hint="Read each again on its `page`, and write figure and day into config/prices.toml, or a file of your "
            "own (HRASSIST_PRICES_FILE).",
            id="hrassist.W100",
        )
    ]
