"""How papers look: what the organisation chose, as every writer of papers reads it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from audit import actions as audit
from hrassist.lib import storage
from hrassist.lib.typesetting import clean
from hrassist.models import Branding

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """Name, colours and logo of this organisation; the logo is PNG, or empty."""

    name: str
    heading: str
    accent: str
    logo: bytes = b""
    # Width by height of the logo.
    ratio: float = 1.0

    def as_data(self) -> dict[str, Any]:
        return {
            "name": clean(self.name), "heading": self.heading, "accent": self.accent, "logo": list(self.logo),
            "ratio": self.ratio,
        }  # fmt: skip


def current() -> Branding:
    """What was chosen, or the defaults, unsaved."""
    return Branding.objects.select_related("updated_by").first() or Branding()


def look() -> Look:
    """What papers bear now. A logo that the store lost or changed is left out: a paper without it is still right."""
    chosen = current()
    return Look(
        name=chosen.organisation or settings.COMPANY_NAME,
        heading=chosen.heading_colour,
        accent=chosen.accent_colour,
        logo=logo_of(chosen) or b"",
        ratio=round(chosen.logo_width / chosen.logo_height, 3) if chosen.logo_height else 1.0,
    )


def logo_of(chosen: Branding) -> bytes | None:
    """The stored logo, if it is what was stored."""
    if not chosen.logo_key:
        return None
    try:
        content = b"".join(storage.clean().open(chosen.logo_key))
    except storage.ObjectMissing:
        content = b""
    if hashlib.sha256(content).hexdigest() != chosen.logo_sha256:
        logger.error("the logo is not what was stored")
        audit.failed("branding.altered", target=None, by=None, reason_code="sha256_differs", key=chosen.logo_key)
        return None
    return content
