"""A list for programs is read along an index in every order that it offers: a sort of a million rows takes seconds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from hrassist.lib.endpoints import ListView
from tests.factories import UserFactory

# So few rows that a sort of all of them costs nothing: an installation's stages and reasons.
FEW = {"Stage", "RejectionReason"}


def lists(patterns: Any = None) -> set[type[ListView]]:
    found: set[type[ListView]] = set()
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            found |= lists(one.url_patterns)
        elif isinstance(one, URLPattern) and isinstance(view := getattr(one.callback, "cls", None), type):
            found |= {view} if issubclass(view, ListView) else set()
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("view", sorted(lists(), key=lambda one: one.__name__), ids=lambda one: one.__name__)
def test_every_order_of_a_list_has_an_index(view: type[ListView]) -> None:
    asked = view()
    asked.request = SimpleNamespace(user=UserFactory(role="Recruiter"))
    model = asked.rows().model
    if model.__name__ in FEW:
        return
    indexes = [[field.lstrip("-") for field in index.fields] for index in model._meta.indexes if not index.condition]
    for order in view.orders:
        column = order.lstrip("-")
        # Uploads and reports are listed to whoever made them: an index that begins with them is as good.
        own = [[by, column] for by in ("created_by", "owner")]
        assert any(index[:2] in [[column, "id"], *own] for index in indexes), order


def test_the_lists_are_found() -> None:
    assert {"CandidatesView", "ApplicationsView", "ResumesView", "JobsView"} <= {one.__name__ for one in lists()}
