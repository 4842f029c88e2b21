"""Rows of a change of many that were not done: how many for each reason, and those that whoever looks may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.urls import reverse

from hrassist.admin.bulk import admin_of
from hrassist.models import LongTask


@dataclass(frozen=True, slots=True)
class Refused:
    """`reasons` are pairs of a sentence and how many; `rows` are address, name and reason of the first ones."""

    count: int
    noun: str
    reasons: list[tuple[str, int]]
    rows: list[tuple[str, str, str]]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def of(request: HttpRequest, task: LongTask) -> Refused | None:
    """What a change of many rows refused; None where nothing was, or where the work was none on rows of a list."""
    said = task.result
    if not said.get("refused_for"):
        return None
    model_admin = admin_of(said["refused_of"])
    return Refused(
        count=said["refused"],
        noun=str(model_admin.noun or model_admin.opts.verbose_name),
        reasons=[(why, count) for why, count in said["refused_for"]],
        rows=_rows(request, model_admin, said["refused_keys"]) if model_admin.has_view_permission(request) else [],
    )


def _rows(request: HttpRequest, model_admin: Any, refused: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    seen = model_admin.get_queryset(request).in_bulk([key for key, _ in refused])
    names = {str(key): str(row) for key, row in seen.items()}
    page = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_change"
    return [(reverse(page, args=[quote(key)]), names[key], why) for key, why in refused if key in names]
