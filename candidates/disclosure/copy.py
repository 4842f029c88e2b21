"""Making the copy: JSON and the original files in one ZIP, in the store until it is handed over or runs out."""

from __future__ import annotations

from uuid import UUID


def make(data_export_id: str | UUID) -> None:
    """Make it if it still is wanted; doing it twice keeps one."""
    raise NotImplementedError
