"""Finding people: in the global search and in their list, always through an index and only what one may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from audit import actions as audit
from candidates.models import Candidate
from candidates.search import compile as searching
from candidates.search import highlight
from candidates.search.compile import Found
from candidates.search.highlight import Snippet
from candidates.search.operators import Ask
from hrassist.admin import search
from hrassist.admin.cells import tint
from hrassist.admin.search import Hit

SHOWN = 8


def matching(rows: Any, query: str, *, user: Any, of_everybody: bool) -> Found:
    """The people of a search, put on record before anybody is shown: which kinds of question, never what was asked."""
    audit.viewed("candidate.searched", target=None, by=user, by_what=",".join(searching.understood(query)))
    return searching.find(rows, query, ask=Ask(user=user, now=timezone.now(), of_everybody=of_everybody))


def people(user: Any, query: str) -> list[Hit]:
    """People whom a search means, with the line of the resume that says so."""
    everybody = Candidate.objects.visible_to(user).unmerged()
    found = matching(everybody, query, user=user, of_everybody=True)
    rows = with_text(found.rows, found.terms, user=user).order_by("-created_at", "-pk")[:SHOWN]
    return [_hit(one, snippet(one, found.terms), query) for one in rows]


def with_text(rows: Any, terms: Sequence[str], *, user: Any) -> Any:
    """The people with what their line of the resume is taken from, for who may read resumes."""
    if not terms or not user.has_perm("candidates.view_resume"):
        return rows
    return rows.annotate(beginning=highlight.beginning())


def snippet(one: Any, terms: Sequence[str]) -> Snippet | None:
    """Where the resume of somebody `with_text` says what was looked for."""
    text = vars(one).pop("beginning", None)
    return highlight.snippet(text, terms) if text else None


def resume_url(one: Any, words: str) -> str:
    """The resume's page with the words marked."""
    key = getattr(one, "pk", one)
    return f"{reverse('admin:candidates_candidate_resume', args=[key])}?{urlencode({'q': words})}"


def _hit(one: Candidate, snippet: Snippet | None, query: str) -> Hit:
    by_name = any(word.lower() in f"{one.full_name} {one.headline}".lower() for word in query.split())
    said = "".join(piece for piece, _ in snippet.pieces).strip() if snippet and not by_name else ""
    return Hit(
        title=one.full_name,
        detail=said or one.headline or one.place,
        url=resume_url(one, snippet.words)
        if snippet and said
        else reverse("admin:candidates_candidate_change", args=[one.pk]),
        initials=one.initials,
        tint=tint(one.pk),
    )


search.add(search.Provider(label="People", permission="candidates.view_candidate", find=people, order=10))
