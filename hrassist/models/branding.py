"""How papers of this organisation look: its name, its logo, two colours."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

INK, ACCENT = "#1f2a44", "#3b6ea5"


class Branding(models.Model):
    """One row for the whole site; without it papers bear the name from the settings and quiet colours."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    organisation = models.CharField(max_length=120, blank=True, help_text="Empty: the name from the settings.")
    heading_colour = models.CharField(max_length=7, default=INK, help_text="Of headings: #rrggbb.")
    accent_colour = models.CharField(max_length=7, default=ACCENT, help_text="Of charts and lines: #rrggbb.")
    logo_key = models.CharField(max_length=120, blank=True, editable=False)
    logo_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    logo_width = models.PositiveSmallIntegerField(default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(default=0, editable=False)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "organisation", "heading_colour", "accent_colour", "logo_key", "logo_sha256", "logo_width",
            "logo_height", "updated_by", "updated_at",
        }  # fmt: skip

    class Meta:
        default_permissions = ()
        permissions: ClassVar = [("change_branding", "Can change the logo and colours of documents")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="branding_once"),
            models.CheckConstraint(
                condition=Q(heading_colour__regex=r"^#[0-9a-f]{6}$", accent_colour__regex=r"^#[0-9a-f]{6}$"),
                name="branding_colours",
            ),
            models.CheckConstraint(
                condition=Q(logo_key="", logo_sha256="") | ~Q(logo_key="") & ~Q(logo_sha256=""),
                name="branding_logo_with_digest",
            ),
        ]

    def __str__(self) -> str:
        return self.organisation or settings.COMPANY_NAME
