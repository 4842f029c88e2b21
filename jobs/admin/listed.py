"""Lists that show more of people than whom there is: each look at a page of them is on record."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from audit import actions as audit
from hrassist.admin.base import M, ReadOnlyAdmin


class RecordedList(ReadOnlyAdmin[M]):
    """A list whose rows tell addresses or pay; `listed_as` is the event that one look at it leaves."""

    listed_as = ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # By POST an action is asked for, which has an event of its own.
        if request.method == "GET" and self.has_view_permission(request):
            user: Any = request.user
            audit.viewed(self.listed_as, target=None, by=user, filters=sorted(request.GET))
        return super().changelist_view(request, extra_context)
