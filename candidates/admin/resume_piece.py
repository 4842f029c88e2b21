"""A resume to read beside something else: its pages as pictures, its text with passages marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.admin import reading
from candidates.admin.passages import Span, cut
from candidates.models import Candidate
from hrassist.admin import pieces


def resume_piece(
    request: HttpRequest, candidate: Candidate, *, quotes: Sequence[tuple[int, int]], action: str
) -> SafeString:
    """The current resume, on record as `action` first; each quote is marked and can be linked as #quote-<number>."""
    user: Any = request.user
    if not user.has_perm("candidates.view_resume"):
        return SafeString("")
    resume = reading.chosen_resume(candidate, "")
    if resume is None:
        return render_to_string("candidates/resume_piece.html", {"resume": None}, request)
    audit.viewed(action, target=resume, by=user, subject=candidate)
    text = getattr(resume, "text", None)
    spans = [Span(key=f"quote-{at}", start=start, end=end, kind="quote") for at, (start, end) in enumerate(quotes)]
    context = {
        "resume": resume,
        "pictures": list(resume.pages.all()),
        "hidden": text.hidden if text else [],
        "text_pages": cut(text.text, page_starts=text.page_starts, spans=spans) if text else [],
    }
    return render_to_string("candidates/resume_piece.html", context, request)


pieces.offer_resume(resume_piece)
