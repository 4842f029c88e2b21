"""Accounts and roles; imported after every app's admin, because it replaces pages of the libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from auditlog.models import LogEntry
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from procrastinate.contrib.django.models import ProcrastinateJob

from hrassist import accounts
from hrassist.admin import account, cells, navigation
from hrassist.admin.base import BaseAdmin, ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.identity import devices, factors, gate
from hrassist.models import Session, User

if TYPE_CHECKING:
    StockUserAdminOf = StockUserAdmin
else:
    # Django's class takes no type parameter while it runs.
    StockUserAdminOf = {User: StockUserAdmin}

# Raw tables of libraries: whom they name, what they hold, nobody's `visible_to` has decided.
admin.site.unregister([Group, LogEntry, ProcrastinateJob])
# Factors, linked identities and mail addresses have pages of ours, which show no secret.
admin.site.unregister([Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken])


ACCESS = ("is_active", "is_staff", "groups")


@admin.register(User)
class UserAdmin(BaseAdmin[User], StockUserAdminOf[User]):
    """Accounts. Only a superuser makes or touches a superuser, or changes what they may do themselves.

    Single permissions are not given by hand, roles are.
    """

    list_display = ("person", "roles", "is_active", "factor", "signed_in")
    list_display_links = ("person",)
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = "Name or e-mail"
    ordering = ("username",)
    # Django's own form shows that there is a password, never what is kept of it.
    form: Any = UserChangeForm
    filter_horizontal = ()
    change_form_template = "admin/hrassist/user/change_form.html"
    pages = (
        ("reset-factors", "reset_factors_view", "reset_factors"),
        ("end-sessions", "end_sessions_view", "end_sessions"),
    )
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "time_zone")}),
        ("Access", {"fields": ACCESS}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_staff", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        of_them = Authenticator.objects.filter(user=OuterRef("pk"), type__in=(factors.TOTP, factors.KEY))
        return super().get_queryset(request).prefetch_related("groups").annotate(has_factor=Exists(of_them))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        # Who hands out roles must not be able to hand themselves one more, nor lock themselves out.
        if obj is not None and obj.pk == request.user.pk and not request.user.is_superuser:
            return (*fields, *ACCESS)
        return fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    @admin.display(description="Person", ordering="username")
    def person(self, user: User) -> SafeString:
        return cells.person(user.display_name, user.email or user.username, key=user.pk)

    @admin.display(description="Roles")
    def roles(self, user: User) -> SafeString | str:
        names = [group.name for group in user.groups.all()] + (["Superuser"] if user.is_superuser else [])
        return (
            # nosemgrep: no-mark-safe -- badges are escaped
            SafeString(" ".join(cells.badge(name, "warn" if name == "Superuser" else "accent") for name in names))
            or "–"
        )

    @admin.display(description="Second factor", boolean=True)
    def factor(self, user: User) -> bool:
        return bool(vars(user)["has_factor"])

    # Who hands out roles, passwords and accounts shows first that they still are who signed in this morning.
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and not gate.is_fresh(request):
            return account.ask_again(request, back=request.get_full_path())
        return super().changeform_view(request, *args, **kwargs)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Who may see no account is refused alike, whether it exists or not.
        found = self.get_object(request, object_id) if self.has_view_permission(request) else None
        may = found is not None and self.has_change_permission(request, found) and found.pk != request.user.pk
        about = {
            "factor_rows": [(row, factors.named(row)) for row in factors.of(found)] if found is not None else [],
            "open_sessions": Session.objects.visible_to(request.user)
            .filter(user=found)
            .alive(now=timezone.now())
            .count()
            if found
            else 0,
            "may_reset": may and request.user.has_perm("hrassist.end_sessions"),
        }
        return super().change_view(request, object_id, form_url, {**about, **(extra_context or {})})

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not gate.is_fresh(request):
            return account.ask_again(request, back=request.get_full_path())
        answer: HttpResponse = super().user_change_password(request, id, form_url)
        changed = self.get_object(request, id)
        if request.method == "POST" and isinstance(answer, HttpResponseRedirect) and changed is not None:
            by: Any = request.user
            accounts.password_was_changed(
                user=changed, by=by, now=timezone.now(),
                but=request.session.session_key if by.pk == changed.pk else None,
            )  # fmt: skip
        return answer

    def reset_factors_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Take away the factors of somebody who lost theirs, with the reason."""
        by: Any = request.user
        reason = request.POST.get("reason", "")
        return self._at_account(
            request,
            object_id,
            lambda user: factors.reset(user=user, by=by, reason=reason, now=timezone.now()),
            done="The second factors are reset. They were told by mail, and set up new ones at their next sign-in.",
        )

    def end_sessions_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Sign somebody out everywhere."""
        by: Any = request.user
        return self._at_account(
            request, object_id, lambda user: devices.end_all(owner=user, by=by, now=timezone.now()),
            done="Every session of this account has ended.",
        )  # fmt: skip

    def _at_account(
        self, request: HttpRequest, object_id: str, work: Callable[[User], object], *, done: str
    ) -> HttpResponseBase:
        if request.method != "POST":
            raise Http404
        if not (self.has_change_permission(request) and request.user.has_perm("hrassist.end_sessions")):
            raise PermissionDenied
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        back = reverse("admin:hrassist_user_change", args=[user.pk])
        if not gate.is_fresh(request):
            return account.ask_again(request, back=back)
        return self.do(request, lambda: work(user), done=done, back=back)

    @admin.display(description="Last sign-in", ordering="last_login")
    def signed_in(self, user: User) -> SafeString:
        return cells.ago(user.last_login)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin[Group], StockGroupAdmin):
    """Roles come with the product and are kept current after every migration: to read, not to change."""

    noun, nouns = "role", "roles"
    list_hint = "Roles come with the product. People get theirs on their account's page."
    filter_horizontal = ()


navigation.add(
    NavItem(
        label="Users",
        url_name="admin:hrassist_user_changelist",
        icon="team",
        permission="hrassist.view_user",
        section="Settings",
        order=91,
    ),
    NavItem(
        label="Roles",
        url_name="admin:auth_group_changelist",
        icon="lock",
        permission="auth.view_group",
        section="Settings",
        order=92,
    ),
)
