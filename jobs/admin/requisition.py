"""Requisitions: the list, the page of one with its chain of approvals, and its way to a job."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hrassist.admin import cells, dashboard, navigation
from hrassist.admin.base import BaseAdmin, ModelForm
from hrassist.admin.dashboard import Card
from hrassist.admin.navigation import NavItem
from hrassist.colleagues import who_may
from hrassist.models import User
from jobs.actions import approvals
from jobs.actions import requisitions as actions
from jobs.admin import job_choice
from jobs.admin.doing import do, number
from jobs.admin.seen import SeenForm, seen_at
from jobs.models import Job, Requisition, RequisitionApproval

Status = Requisition.Status
COLOURS = {
    Status.DRAFT: "",
    Status.IN_APPROVAL: "blue",
    Status.APPROVED: "good",
    Status.DECLINED: "bad",
    Status.CANCELLED: "",
}
TABS = (
    ("", "All"),
    ("waits=me", "Waits for me"),
    ("status__exact=draft", "Drafts"),
    ("status__exact=in_approval", "In approval"),
    ("status__exact=approved", "Approved"),
    ("status__exact=declined", "Declined"),
)
# The form offers so many places in the chain; nobody asks more people one after the other.
CHAIN = 6


def requisition_badge(one: Requisition) -> SafeString:
    status = Status(one.status)
    return cells.badge(status.label, COLOURS[status])


class WaitsFilter(admin.SimpleListFilter):
    title = "approval"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Waits for me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Requisition]) -> QuerySet[Requisition]:
        user: Any = request.user
        if self.value() != "me":
            return queryset
        return queryset.filter(pk__in=actions.waiting_for(user).values("pk"))


class RequisitionForm(SeenForm):
    class Meta:
        model = Requisition
        fields: ClassVar = list(actions.FACTS)
        widgets: ClassVar = {"wanted_by": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        low, high = cleaned.get("budget_from"), cleaned.get("budget_to")
        if low is not None and high is not None and low > high:
            self.add_error("budget_to", "This is less than the lower end.")
        if (low is not None or high is not None) and len(cleaned.get("currency") or "") != 3:
            self.add_error("currency", "Name the currency in three letters, for example EUR.")
        return cleaned


@admin.register(Requisition)
class RequisitionAdmin(BaseAdmin[Requisition]):
    form = RequisitionForm
    change_list_template = "admin/jobs/requisition/change_list.html"
    list_display = ("name", "status_badge", "people", "budget", "waits_for", "wanted", "age")
    list_display_links = ("name",)
    list_select_related = ("created_by",)
    list_filter = ("status", WaitsFilter, "department", "reason")
    keyset_field = "created_at"
    search_fields = ("title",)
    search_help_text = "Title"
    list_hint = "Permission to hire: asked for, approved, then opened as a job."
    empty_title = "No requisitions yet"
    empty_hint = "Write down whom you need and why, and who has to agree. Approved, it becomes a job."
    pages = (("act", "act_view", "act"),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Requisition]:
        steps = RequisitionApproval.objects.select_related("approver").order_by("position")
        return super().get_queryset(request).prefetch_related(Prefetch("approvals", steps))

    def get_fieldsets(self, request: HttpRequest, obj: Requisition | None = None) -> Any:
        return [
            (None, {"fields": ["title", "department", ("city", "country"), "employment_type", "headcount"]}),
            ("Why", {"fields": ["reason", "justification"]}),
            ("Budget and time", {"fields": [("budget_from", "budget_to", "currency"), "wanted_by"]}),
            ("Where it belongs", {"fields": ["job", "external_id", "seen"]}),
        ]

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **kwargs: Any) -> Any:
        user: Any = request.user
        if db_field.name == "job":
            told = "Only where more people are wanted for a job that exists."
            return job_choice.field(Requisition, user=user, required=False, help_text=told)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = request.GET.urlencode()
        views = [(f"?{query}" if query else "?", label, query in (now, f"{now}&")) for query, label in TABS]
        return super().changelist_view(request, {**(extra_context or {}), "views": views})

    # --- Cells --------------------------------------------------------------------------------------------------------

    @admin.display(description="Requisition", ordering="title")
    def name(self, one: Requisition) -> SafeString:
        return format_html(
            '<span class="person"><span class="what"><b>{}</b><span>{}</span></span></span>',
            one.title,
            " · ".join(part for part in (one.department, one.place, f"by {one.created_by.display_name}") if part),
        )

    @admin.display(description="Status", ordering="status")
    def status_badge(self, one: Requisition) -> SafeString:
        return requisition_badge(one)

    @admin.display(description="People", ordering="headcount")
    def people(self, one: Requisition) -> int:
        return one.headcount

    @admin.display(description="Budget")
    def budget(self, one: Requisition) -> str:
        return budget_of(one) or cells.NOTHING

    @admin.display(description="Waits for")
    def waits_for(self, one: Requisition) -> str:
        step = waiting_step(one)
        return step.approver.display_name if step else cells.NOTHING

    @admin.display(description="Start")
    def wanted(self, one: Requisition) -> Any:
        return date_format(one.wanted_by, "j M Y") if one.wanted_by else cells.NOTHING

    @admin.display(description="Age", ordering="created_at")
    def age(self, one: Requisition) -> SafeString:
        return cells.ago(one.created_at)

    # --- Changes go through the actions -------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Requisition, form: ModelForm[Requisition], change: bool) -> None:
        user: Any = request.user
        facts = {name: form.cleaned_data[name] for name in actions.FACTS if name in form.cleaned_data}
        if change:
            seen: Any = form
            actions.update(requisition=obj, by=user, now=timezone.now(), facts=facts, expected_updated_at=seen.expected)
            return
        made = actions.create(by=user, now=timezone.now(), facts=facts)
        obj.pk = made.pk
        obj._state.adding = False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        one = self.requisition_or_404(request, object_id)
        user: Any = request.user
        mine = may_change(user, one)
        if (request.method == "POST" or "edit" in request.GET) and one.status == Status.DRAFT and mine:
            return super().change_view(request, object_id, form_url, extra_context)
        if request.method == "POST":
            raise PermissionDenied
        steps = list(one.approvals.all())
        waiting = waiting_step(one)
        left = actions.seats_left(one)
        can_open = one.status == Status.APPROVED and left > 0 and user.has_perm("jobs.add_job")
        context = {
            **self.admin_site.each_context(request),
            "title": one.title,
            "opts": self.opts,
            "one": one,
            "badge": requisition_badge(one),
            "budget": budget_of(one),
            "steps": steps,
            "waiting": waiting,
            "my_turn": waiting is not None and waiting.approver_id == user.pk,
            "mine": mine,
            "openings": one.openings.select_related("job", "filled_by__candidate"),
            "sees_job": one.job is None or Job.objects.visible_to(user).filter(pk=one.job.pk).exists(),
            "left": left,
            "can_open": can_open,
            "job_choice": job_choice.ChoiceForm(Requisition, user=user, initial=one.job_id) if can_open else None,
            "approvers": self._approvers() if mine and one.status == Status.DRAFT else (),
            "places": self._places(steps),
        }
        return TemplateResponse(request, "admin/jobs/requisition/page.html", context)

    def _approvers(self) -> QuerySet[User]:
        return who_may(actions.APPROVE)[:500]

    def _places(self, steps: list[RequisitionApproval]) -> list[tuple[int, int | None]]:
        """(number, who stood there the last time) for each place of the chain that the form offers."""
        before = [step.approver_id for step in steps]
        return [(place, before[place - 1] if place <= len(before) else None) for place in range(1, CHAIN + 1)]

    def act_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """What the page's buttons ask for: submit, approve, decline, withdraw, cancel, open."""
        if request.method != "POST":
            raise Http404
        one = self.requisition_or_404(request, object_id)
        user: Any = request.user
        said, now, back = request.POST, timezone.now(), actions.address(one)
        what = said.get("do", "")
        if what in {"approve", "decline"}:
            if not user.has_perm(actions.APPROVE):
                raise PermissionDenied
            yes = what == "approve"
            return do(
                request,
                lambda: actions.decide(requisition=one, by=user, approve=yes, comment=said.get("comment", ""), now=now),
                done="You approved this." if yes else "You declined this, with the reason.",
                back=back,
            )
        if what == "open":
            return self._open(request, one)
        if what not in {"submit", "withdraw", "cancel"}:
            raise Http404
        if not may_change(user, one):
            raise PermissionDenied
        if what == "submit":
            return do(
                request,
                lambda: actions.submit(
                    requisition=one, approvers=_chain(said), by=user, now=now,
                    expected_updated_at=seen_at(said.get("seen")),
                ),
                done="Submitted. The first person was told.",
                back=back,
            )  # fmt: skip
        action, done = {
            "withdraw": (actions.withdraw, "It is a draft again."),
            "cancel": (actions.cancel, "The requisition is cancelled."),
        }[what]
        return do(request, lambda: action(requisition=one, by=user, now=now), done=done, back=back)

    def _open(self, request: HttpRequest, one: Requisition) -> HttpResponseBase:
        user: Any = request.user
        if not user.has_perm("jobs.add_job"):
            raise PermissionDenied
        said, job = request.POST, None
        if said.get("job"):
            job = job_choice.chosen(Requisition, user, said["job"])
        return do(
            request,
            lambda: actions.open_job(
                requisition=one, by=user, now=timezone.now(), job=job,
                count=number(said["count"], otherwise=0) if said.get("count") else None,
            ),
            done="The openings are there." if job else "The job is a draft now: write its text, then open it.",
            back=actions.address(one),
            onward=lambda made: reverse("admin:jobs_job_change", args=[made.pk]) + ("" if job else "?edit=1"),
        )  # fmt: skip

    def requisition_or_404(self, request: HttpRequest, object_id: str) -> Requisition:
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request, one):
            raise Http404
        return one


def may_change(user: User, one: Requisition) -> bool:
    """Whether the page offers to submit, change and take back."""
    is_owner = one.created_by_id == user.pk or user.has_perm("jobs.view_all_requisitions")
    return is_owner and user.has_perm("jobs.change_requisition")


def waiting_step(one: Requisition) -> RequisitionApproval | None:
    """Whose turn it is, from the rows that are loaded already."""
    if one.status != Status.IN_APPROVAL:
        return None
    return next((step for step in one.approvals.all() if step.decision == approvals.Decision.WAITING), None)


def budget_of(one: Requisition) -> str:
    """60,000 to 75,000 EUR."""
    ends = [f"{end:,.0f}" for end in (one.budget_from, one.budget_to) if end is not None]
    return f"{' to '.join(ends)} {one.currency}".strip() if ends else ""


def _chain(said: Any) -> list[User]:
    """The people of the form in the order of their numbers; an empty place is skipped."""
    wanted = []
    for place, key in enumerate(said.getlist("approver"), 1):
        if key.isdecimal() and len(key) < 10:
            orders = said.getlist("order")
            order = number(orders[place - 1] if place <= len(orders) else "", otherwise=place)
            wanted.append((order, place, int(key)))
    known = User.objects.in_bulk([key for _, _, key in wanted])
    return [known[key] for _, _, key in sorted(wanted) if key in known]


def waiting_count(user: Any) -> int:
    return actions.waiting_for(user).count()


def waiting_card(request: HttpRequest) -> dict[str, Any] | None:
    user: Any = request.user
    rows = actions.waiting_for(user).select_related("created_by").order_by("submitted_at")
    found = list(rows[:6])
    return {"rows": found} if found else None


navigation.add(
    NavItem(
        label="Requisitions", url_name="admin:jobs_requisition_changelist", icon="clipboard",
        permission="jobs.view_requisition", section="Hiring", order=32, count=waiting_count,
    )
)  # fmt: skip
dashboard.add(
    Card(template="jobs/card_waiting_approvals.html", data=waiting_card, permission="jobs.approve_requisition", order=5)
)
