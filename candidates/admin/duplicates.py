"""Groups of records that seem to be one person: the list, the comparison, and the two ways to settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from candidates.actions import merging
from candidates.admin import comparison, settling
from candidates.admin.comparison import KINDS
from candidates.models import Candidate, DuplicateGroup, DuplicateMember, visibility
from hrassist.admin import cells, columns, navigation, undo
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.admin.paging import EstimatePaginator
from hrassist.lib.errors import DomainError

SHOWN_NAMES = 4
TIES = {"email": "e-mail address", "phone": "phone number", "link": "link"}


class GroupPaginator(EstimatePaginator):
    # Whether a group is seen is asked of each: nobody waits for that to be known of hundreds.
    most = 200


@admin.register(DuplicateGroup)
class DuplicateGroupAdmin(ReadOnlyAdmin[DuplicateGroup]):
    list_display = ("who", "connected", "found")
    list_display_links = ("who",)
    keyset_field = "found_at"
    paginator = GroupPaginator
    list_title = "Duplicates"
    noun, nouns = "group", "groups"
    list_hint = (
        "Records that share an e-mail address, a phone number or a link. Merge them, or say they are two people."
    )
    empty_title = "No duplicates suspected"
    empty_hint = "New and changed people are compared every three minutes. Whoever shares a contact appears here."
    pages = (("merge", "merge_view", "merge"), ("apart", "apart_view", "apart"))

    @admin.display(description="Who")
    def who(self, one: DuplicateGroup) -> SafeString:
        return getattr(one, "members_shown", None) or cells.NOTHING

    @admin.display(description="Same")
    def connected(self, one: DuplicateGroup) -> SafeString:
        return getattr(one, "ties_shown", None) or cells.NOTHING

    @admin.display(description="Found")
    def found(self, one: DuplicateGroup) -> SafeString:
        return cells.ago(one.found_at)

    def group_or_404(self, request: HttpRequest, object_id: str) -> tuple[DuplicateGroup, list[Candidate]]:
        group = self.get_object(request, object_id)
        if group is None or not self.has_view_permission(request, group):
            raise Http404
        ids = list(group.members.values_list("candidate_id", flat=True))
        people = comparison.visible(request.user, ids)
        if len(people) < 2:
            raise Http404
        return group, people

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The comparison; that somebody read the contacts of each of them is on record first."""
        group, people = self.group_or_404(request, object_id)
        return settling.compare(
            request,
            people,
            ties=_ties(group, {one.pk: one for one in people}),
            found_at=group.found_at,
            here=reverse("admin:candidates_duplicategroup_merge", args=[group.pk]),
            apart=reverse("admin:candidates_duplicategroup_apart", args=[group.pk]),
        )

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """First what would move, then (with `sure`) the merge itself."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:candidates_duplicategroup_change", args=[object_id]))
        group, people = self.group_or_404(request, object_id)
        return settling.merge(
            request,
            people,
            here=reverse("admin:candidates_duplicategroup_merge", args=[group.pk]),
            back=reverse("admin:candidates_duplicategroup_change", args=[group.pk]),
        )

    def apart_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Keep the word that these are different people; with `again` take it back."""
        user: Any = request.user
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:candidates_duplicategroup_changelist"))
        if not user.has_perm("candidates.change_duplicategroup"):
            raise PermissionDenied
        ids = [key for said in request.POST.getlist("people") for key in said.split()]
        people = comparison.visible(user, [key for key in map(_uuid, ids) if key])
        home = reverse("admin:candidates_duplicategroup_changelist")
        if "again" in request.POST:
            return self.do(
                request,
                lambda: merging.forget_apart(people=people, by=user, now=timezone.now()),
                done="They are looked at again.",
                back=home,
            )
        try:
            merging.tell_apart(people=people, by=user, now=timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(home)
        undo.offer(
            request,
            f"{' and '.join(str(one) for one in people)}: kept as {_number(len(people))} people.",
            url=reverse("admin:candidates_duplicategroup_apart", args=[object_id]),
            people=" ".join(str(one.pk) for one in people),
            again="1",
        )
        return HttpResponseRedirect(home)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(count: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(count, str(count))


def _ties(group: DuplicateGroup, people: Mapping[UUID, Candidate]) -> list[tuple[str, str]]:
    """(what they have in common, the names of who has it) among those who are seen."""
    found: dict[str, set[UUID]] = {}
    for candidate, via in group.members.values_list("candidate_id", "via"):
        for one in via:
            if candidate in people and UUID(one["with"]) in people:
                found.setdefault(one["kind"], set()).add(candidate)
    return [
        (TIES[kind], ", ".join(str(person) for pk, person in people.items() if pk in found[kind]))
        for kind in TIES
        if kind in found
    ]


def _of_page(user: Any, keys: Sequence[Any]) -> dict[Any, list[DuplicateMember]]:
    seen = visibility.condition(user, path="candidate__")
    rows = DuplicateMember.objects.filter(seen, group__in=keys, candidate__merged_into__isnull=True)
    by_group: dict[Any, list[DuplicateMember]] = {}
    for member in rows.select_related("candidate").order_by("candidate__created_at", "pk"):
        by_group.setdefault(member.group_id, []).append(member)
    return by_group


def _members_cells(user: Any, keys: Sequence[Any]) -> dict[Any, SafeString]:
    found = {}
    for group, members in _of_page(user, keys).items():
        names = [member.candidate.full_name for member in members]
        more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
        faces = format_html_join(
            "",
            "{}",
            (
                (cells.avatar(member.candidate.full_name, key=member.candidate_id, size="small"),)
                for member in members[:SHOWN_NAMES]
            ),
        )
        found[group] = format_html(
            '<span class="person"><span class="faces">{}</span><span class="what"><b>{}</b><span>{}</span>'
            "</span></span>",
            faces,
            ", ".join(names[:SHOWN_NAMES]) + more,
            f"{len(names)} records",
        )
    return found


def _ties_cells(user: Any, keys: Sequence[Any]) -> dict[Any, SafeString]:
    found = {}
    for group, members in _of_page(user, keys).items():
        seen = {str(member.candidate_id) for member in members}
        kinds = {one["kind"] for member in members for one in member.via if one["with"] in seen}
        found[group] = format_html(
            '<span class="badges">{}</span>',
            format_html_join("", "{}", ((cells.badge(label),) for kind, label in KINDS.items() if kind in kinds)),
        )
    return found


def suspected(user: Any) -> int:
    # Beyond a thousand nobody reads the exact number in a side bar.
    return DuplicateGroup.objects.visible_to(user)[:1000].count()


for name, find in (("members_shown", _members_cells), ("ties_shown", _ties_cells)):
    columns.add(
        columns.Column(
            model="candidates.duplicategroup", name=name, permission="candidates.view_duplicategroup", find=find
        )
    )
navigation.add(
    NavItem(
        label="Duplicates",
        url_name="admin:candidates_duplicategroup_changelist",
        icon="merge",
        permission="candidates.view_duplicategroup",
        section="People",
        order=22,
        count=suspected,
        also=("/candidates/candidatemerge/",),
    )
)
