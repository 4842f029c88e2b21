"""Pieces of pages that an app offers to the apps above it: somebody's resume, to be read beside a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from django.http import HttpRequest
from django.utils.safestring import SafeString


class ResumePiece(Protocol):
    """Pages and text of somebody's current resume with `quotes` (start, end) marked; empty where there is none.

    It is put on record as `action` before anything of it is read.
    """

    def __call__(
        self, request: HttpRequest, candidate: Any, *, quotes: Sequence[tuple[int, int]], action: str
    ) -> SafeString: ...


_resume: list[ResumePiece] = []


def offer_resume(piece: ResumePiece) -> None:
    """Let other apps show resumes by this."""
    _resume[:] = [piece]


def resume(request: HttpRequest, candidate: Any, *, quotes: Sequence[tuple[int, int]], action: str) -> SafeString:
    return _resume[0](request, candidate, quotes=quotes, action=action) if _resume else SafeString("")
