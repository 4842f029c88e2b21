"""Keeping a list as one likes to see it: search, filters and order under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import QueryDict

from audit import actions as audit
from hrassist.lib.errors import Conflict, DomainError, NotFound
from hrassist.models import SavedView, User

# Where in a list somebody stood belongs to no view of it.
NOT_KEPT = {"cursor", "view", "p", "e", "all", "_popup", "_to_field"}
LONGEST_QUERY, MOST_VIEWS = 1000, 30


def kept(query: str) -> str:
    """The part of a list's address that says what it shows, always in the same order."""
    said = QueryDict(query)
    pairs = sorted((key, value) for key in said for value in said.getlist(key) if key not in NOT_KEPT and value)
    again = QueryDict(mutable=True)
    for key, value in pairs:
        again.appendlist(key, value)
    return again.urlencode()


@transaction.atomic
def save(*, model: str, name: str, query: str, by: User, now: datetime, shared: bool = False) -> SavedView:
    """Keep a view of a list (`app.model`). Raises Conflict for a name one has already, DomainError for none."""
    name, query = _name(name), _query(query)
    mine = SavedView.objects.filter(owner=by, model=model)
    if mine.filter(name__iexact=name).exists():
        raise Conflict("You have a view of this name. Choose another name, or update that view.", code="view_name")
    if mine.count() >= MOST_VIEWS:
        raise DomainError("You have {most} views of this list. Delete one first.", code="too_many_views",
                          most=MOST_VIEWS)  # fmt: skip
    if shared:
        _require_share(by)
    view = SavedView.objects.create(model=model, name=name, query=query, owner=by, shared=shared, created_at=now)
    audit.record("savedview.created", target=view, by=by, shared=shared)
    return view


@transaction.atomic
def update(*, view_id: UUID, query: str, by: User) -> SavedView:
    """Let the view show what its owner looks at now."""
    view = _mine(view_id, by)
    view.query = _query(query)
    view.save(update_fields=["query", "updated_at"])
    audit.record("savedview.updated", target=view, by=by)
    return view


@transaction.atomic
def rename(*, view_id: UUID, name: str, by: User) -> SavedView:
    view = _mine(view_id, by)
    view.name = _name(name)
    if SavedView.objects.filter(owner=by, model=view.model, name__iexact=view.name).exclude(pk=view.pk).exists():
        raise Conflict("You have a view of this name. Choose another name.", code="view_name")
    view.save(update_fields=["name", "updated_at"])
    audit.record("savedview.updated", target=view, by=by)
    return view


@transaction.atomic
def share(*, view_id: UUID, shared: bool, by: User) -> SavedView:
    """Give the tab to everybody who sees the list, or take it back; each sees there only what they may see."""
    _require_share(by)
    view = _mine(view_id, by)
    view.shared = shared
    view.save(update_fields=["shared", "updated_at"])
    audit.record("savedview.shared", target=view, by=by, shared=shared)
    return view


@transaction.atomic
def delete(*, view_id: UUID, by: User) -> SavedView:
    """Forget the view; the rows it showed stay as they are."""
    view = _mine(view_id, by)
    audit.record("savedview.deleted", target=view, by=by, shared=view.shared)
    SavedView.objects.filter(pk=view.pk).delete()
    return view


def of_list(user: Any, model: str) -> list[SavedView]:
    """The tabs of a list: one's own first, then those that others share."""
    found = SavedView.objects.visible_to(user).filter(model=model).select_related("owner").order_by("name", "pk")[:60]
    return sorted(found, key=lambda view: view.owner_id != user.pk)


def _mine(view_id: UUID, by: User) -> SavedView:
    view = SavedView.objects.select_for_update(of=("self",)).filter(pk=view_id, owner=by).first()
    if view is None:
        raise NotFound("This view is not yours, or it is gone.")
    return view


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise DomainError("Give the view a name.", code="no_name")
    if len(name) > 40:
        raise DomainError("A view's name has at most 40 letters.", code="long_name")
    return name


def _query(query: str) -> str:
    query = kept(query.replace("\0", ""))
    if len(query) > LONGEST_QUERY:
        raise DomainError("This search is too long to keep. Shorten it and save again.", code="long_query")
    return query


def _require_share(by: User) -> None:
    if not by.has_perm("hrassist.share_savedview"):
        raise PermissionDenied
