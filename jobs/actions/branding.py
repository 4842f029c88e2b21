"""How papers look: name, colours that can be read, a logo that was redrawn."""

from __future__ import annotations

import hashlib
import re
import struct
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit import actions as audit
from candidates.actions.pictures import safe_png
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Branding

if TYPE_CHECKING:
    from hrassist.models import User

# WCAG 2.2: text needs 4.5 to 1 against its paper, bars and lines 3 to 1 (1.4.3, 1.4.11).
FOR_TEXT, FOR_SHAPES = 4.5, 3.0
_COLOUR = re.compile(r"#[0-9a-f]{6}")


class TooPale(DomainError):
    """Nobody could read it on white paper."""

    code = "too_pale"


def change(
    *, organisation: str, heading_colour: str, accent_colour: str, by: User, now: datetime, logo: bytes | None = None,
    without_logo: bool = False, expected_updated_at: str = "",
) -> Branding:  # fmt: skip
    """Set how papers look from now on; those that were made stay as they are.

    Raises TooPale with how far a colour is off, NotAPicture, Conflict where somebody changed it meanwhile.
    """
    if not by.has_perm("hrassist.change_branding"):
        raise PermissionDenied
    wrong = {
        name: [told]
        for name, told in (
            ("heading_colour", trouble(heading_colour, needed=FOR_TEXT, what="headings")),
            ("accent_colour", trouble(accent_colour, needed=FOR_SHAPES, what="charts and lines")),
        )
        if told
    }
    if wrong:
        raise TooPale(" ".join(told[0] for told in wrong.values()), fields=wrong)
    redrawn = safe_png(logo) if logo else None
    key = f"clean/{uuid4().hex}"
    if redrawn:
        # The object first, the row last: one that no row names is swept.
        storage.clean().put(key, redrawn, content_type="image/png")
    with transaction.atomic():
        row, _ = Branding.objects.select_for_update().get_or_create(pk=1)
        if expected_updated_at and row.updated_by_id and row.updated_at.isoformat() != expected_updated_at:
            raise Conflict(
                "Somebody changed the branding since you opened this page. Look at it again before you save.",
                code="branding_changed",
            )
        old = row.logo_key
        row.organisation = organisation.strip()[:120]
        row.heading_colour, row.accent_colour = heading_colour, accent_colour
        if redrawn:
            row.logo_key, row.logo_sha256 = key, hashlib.sha256(redrawn).hexdigest()
            row.logo_width, row.logo_height = struct.unpack(">II", redrawn[16:24])
        elif without_logo:
            row.logo_key, row.logo_sha256, row.logo_width, row.logo_height = "", "", 0, 0
        row.updated_by, row.updated_at = by, now
        row.save()
        audit.record(
            "branding.changed", target=row, by=by, logo=bool(row.logo_key), new_logo=redrawn is not None,
            heading_colour=heading_colour, accent_colour=accent_colour,
        )  # fmt: skip
        if old and old != row.logo_key:
            transaction.on_commit(lambda: storage.clean().delete(old))
    return row


def trouble(colour: str, *, needed: float, what: str) -> str:
    """Why this colour cannot be used on white paper, or nothing."""
    if not _COLOUR.fullmatch(colour):
        return "Give a colour as #rrggbb."
    found = contrast(colour, "#ffffff")
    if found >= needed:
        return ""
    return f"{colour} is too pale for {what}: {found:.1f} to 1 against white, at least {needed:g} to 1 is needed."


def contrast(one: str, other: str) -> float:
    """How far two colours lie apart for the eye, from 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
