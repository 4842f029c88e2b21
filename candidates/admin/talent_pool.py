"""Talent pools: their list, who is in one and until when, and the pools of one person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, ForeignKey, Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import talent_pools as actions
from candidates.admin.tag import MOST_COUNTED, in_words, people_of
from candidates.models import Candidate, PoolMembership, TalentPool
from hrassist.admin import cells, navigation, pages
from hrassist.admin.base import BaseAdmin
from hrassist.admin.navigation import NavItem
from hrassist.admin.paging import CURSOR_VAR, Cursor
from hrassist.admin.site import add_page
from hrassist.lib import local_time
from hrassist.lib.at_once import Question
from hrassist.lib.errors import DomainError
from hrassist.models import User

PAGE, POOLS_OFFERED = 50, 200
LOOKED_BACK = timedelta(days=90)


@admin.register(TalentPool)
class TalentPoolAdmin(BaseAdmin[TalentPool]):
    list_display = ("name", "people", "kept", "owner", "created")
    list_select_related = ("owner",)
    search_fields = ("name",)
    search_help_text = "Name of a pool"
    ordering = ("name",)
    fields = ("name", "description", "keep_for_months", "owner")
    noun, nouns = "talent pool", "talent pools"
    list_hint = "People to come back to, each kept on a lawful basis and until a day."
    empty_title = "No talent pools yet"
    empty_hint = "A pool holds people for later: runners-up of a search, interns, people met at a fair."

    def listed(self, request: HttpRequest, rows: QuerySet[TalentPool]) -> QuerySet[TalentPool]:
        inside = PoolMembership.objects.current(now=timezone.now())
        return rows.annotate(people_count=people_of(request.user, inside, pool="pk"))

    @admin.display(description="People")
    def people(self, pool: TalentPool) -> str | SafeString:
        count = getattr(pool, "people_count", 0)
        return in_words(count) if count else cells.NOTHING

    @admin.display(description="Kept for", ordering="keep_for_months")
    def kept(self, pool: TalentPool) -> str:
        return f"{pool.keep_for_months} months" if pool.keep_for_months != 1 else "1 month"

    @admin.display(description="Made", ordering="created_at")
    def created(self, pool: TalentPool) -> SafeString:
        return cells.ago(pool.created_at)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            kwargs |= {"queryset": User.objects.filter(is_active=True).order_by("username"), "required": False}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: TalentPool, form: ModelForm[TalentPool], change: bool) -> None:
        user: Any = request.user
        said: dict[str, Any] = {name: form.cleaned_data[name] for name in self.fields}
        if change:
            actions.change(pool=obj, by=user, **said)
            return
        made = actions.create(by=user, now=timezone.now(), **said)
        obj.pk, obj._state.adding = made.pk, False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who is in the pool; `?edit=1` is its form."""
        if request.method == "POST" or "edit" in request.GET:
            return super().change_view(request, object_id, form_url, extra_context)
        pool = self.get_object(request, object_id)
        if pool is None or not self.has_view_permission(request, pool):
            raise Http404
        user: Any = request.user
        audit.viewed("talentpool.viewed", target=pool, by=user)
        rows, newer, older = members(user, pool, cursor=Cursor.decode(request.GET.get(CURSOR_VAR, "")))
        now = timezone.now()
        inside = PoolMembership.objects.visible_to(user).filter(pool=pool)
        expired = inside.expired(now=now)[: MOST_COUNTED + 1].count()
        context = {
            **admin.site.each_context(request),
            "title": pool.name,
            "pool": pool,
            "rows": rows,
            "newer": newer,
            "older": older,
            "now": now,
            "current": in_words(inside.current(now=now)[: MOST_COUNTED + 1].count()),
            "expired": expired and in_words(expired),
            "ending": inside.current(now=now)
            .filter(expires_at__lte=now + PoolMembership.ASKED_BEFORE)[:1001]
            .aggregate(all=Count("pk"), asked=Count("pk", filter=Q(asked_times__gt=0))),
            "left": dict(
                inside.filter(removed_at__gt=now - LOOKED_BACK)
                .exclude(removed_for="")
                .order_by()
                .values_list("removed_for")
                .annotate(count=Count("pk"))
            ),
            "bases": PoolMembership.Basis.choices,
            "usual_end": actions.usual_end(pool, now=now),
            "opts": self.opts,
            "has_change_permission": self.has_change_permission(request, pool),
        }
        return TemplateResponse(request, "candidates/talent_pool.html", context)


def members(user: Any, pool: TalentPool, *, cursor: Cursor | None) -> tuple[list[PoolMembership], str, str]:
    """A page of who is in the pool and may be seen, newest first, with the addresses before and after it."""
    rows = PoolMembership.objects.visible_to(user).filter(pool=pool, removed_at__isnull=True)
    rows = rows.select_related("candidate", "added_by")
    going_newer = cursor is not None and cursor.newer
    if cursor is not None:
        side = "gt" if going_newer else "lt"
        key = cursor.pk if cursor.pk.isdigit() else "0"
        same = rows.filter(**{"added_at": cursor.at, f"pk__{side}": key})
        rows = rows.filter(**{f"added_at__{side}": cursor.at}) | same
    rows = rows.order_by("added_at", "pk") if going_newer else rows.order_by("-added_at", "-pk")
    page = list(rows[: PAGE + 1])
    more = len(page) > PAGE
    page = page[:PAGE]
    if going_newer:
        page.reverse()
    newer = older = ""
    if page and (more if going_newer else cursor is not None):
        newer = f"?{CURSOR_VAR}={Cursor(at=page[0].added_at, pk=str(page[0].pk), newer=True).encode()}"
    if page and (more or going_newer):
        older = f"?{CURSOR_VAR}={Cursor(at=page[-1].added_at, pk=str(page[-1].pk)).encode()}"
    return page, newer, older


def membership_view(request: HttpRequest, poolmembership_id: int) -> HttpResponseBase:
    """Extend one membership, or end it."""
    user: Any = request.user
    row = (
        PoolMembership.objects.visible_to(user).select_related("pool", "candidate").filter(pk=poolmembership_id).first()
    )
    if row is None or request.method != "POST":
        raise Http404
    back = _back(request, reverse("admin:candidates_talentpool_change", args=[row.pool_id]))
    said, now = request.POST, timezone.now()
    try:
        if said.get("do") == "remove":
            _require(request, "candidates.delete_poolmembership")
            actions.remove(keys=[row.candidate_id], pool=row.pool_id, by=user, now=now)
            messages.success(request, f"{row.candidate} is no longer in “{row.pool}”.")
        else:
            _require(request, "candidates.change_poolmembership")
            actions.extend(
                membership=row, basis=said.get("basis", ""), expires_on=said.get("expires_on", ""), by=user, now=now,
                expected_expires_at=local_time.read(said.get("seen", "")),
            )  # fmt: skip
            messages.success(request, f"{row.candidate} stays in “{row.pool}”.")
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(back)


def pools_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    """Put one person into a pool, from the head of their page."""
    candidate = pages.load(request, "candidate", candidate_id)
    back = _back(request, reverse("admin:candidates_candidate_change", args=[candidate.pk]))
    if request.method != "POST":
        return HttpResponseRedirect(back)
    _require(request, "candidates.add_poolmembership")
    user: Any = request.user
    said = request.POST
    try:
        pool = UUID(said.get("pool", ""))
    except ValueError:
        messages.error(request, "Choose a talent pool.")
        return HttpResponseRedirect(back)
    try:
        outcome = actions.add(
            keys=[candidate.pk], pool=pool, basis=said.get("basis", ""), expires_on=said.get("expires_on", ""),
            note=said.get("note", ""), by=user, now=timezone.now(),
        )  # fmt: skip
    except DomainError as error:
        messages.error(request, error.message)
    else:
        done = "is in the pool now." if outcome.changed else "is in the pool already."
        messages.success(request, f"{candidate} {done}")
    return HttpResponseRedirect(back)


def of_person(user: Any, candidate: Candidate) -> Question:
    """The pools that a person is in, with those whose time has run out."""
    rows = PoolMembership.objects.filter(candidate=candidate, removed_at__isnull=True).order_by("pool__name")
    seen = rows if user.has_perm("candidates.view_poolmembership") else rows.none()
    return seen.values("pool_id", "pool__name", "basis", "expires_at")


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _back(request: HttpRequest, otherwise: str) -> str:
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) else otherwise


add_page("candidates/poolmembership/<int:poolmembership_id>/", membership_view, name="candidates_poolmembership")
add_page("candidates/candidate/<uuid:candidate_id>/pools/", pools_view, name="candidates_candidate_pools")
navigation.add(
    NavItem(
        label="Talent pools", url_name="admin:candidates_talentpool_changelist", icon="pool",
        permission="candidates.view_talentpool", section="People", order=24,
    )
)  # fmt: skip
