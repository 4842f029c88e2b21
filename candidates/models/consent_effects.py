"""What apps above do when somebody takes a consent back: they register it here and are called in its transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from candidates.models.notice import ConsentRecord

Effect = Callable[["ConsentRecord", datetime], None]

_effects: list[Effect] = []


def on_withdrawal(*effects: Effect) -> None:
    """Call these for each consent that is withdrawn; registering one again changes nothing."""
    _effects.extend(one for one in effects if one not in _effects)


def withdrawn(consent: "ConsentRecord", now: datetime) -> None:
    for effect in _effects:
        effect(consent, now)
