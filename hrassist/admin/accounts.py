"""Accounts, roles and API tokens; imported after every app's admin, because it replaces pages of the libraries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from procrastinate.contrib.django.models import ProcrastinateJob

from hrassist import tokens
from hrassist.admin import cells, navigation
from hrassist.admin.base import BaseAdmin, ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.lib.errors import DomainError
from hrassist.models import ApiToken, User

if TYPE_CHECKING:
    StockUserAdminOf = StockUserAdmin
else:
    # Django's class takes no type parameter while it runs.
    StockUserAdminOf = {User: StockUserAdmin}

# Raw tables of libraries: whom they name, what they hold, nobody's `visible_to` has decided.
admin.site.unregister([Group, LogEntry, ProcrastinateJob])


ACCESS = ("is_active", "is_staff", "groups")


@admin.register(User)
class UserAdmin(BaseAdmin[User], StockUserAdminOf[User]):
    """Accounts. Only a superuser makes or touches a superuser, or changes what they may do themselves.

    Single permissions are not given by hand, roles are.
    """

    list_display = ("person", "roles", "is_active", "signed_in")
    list_display_links = ("person",)
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = "Name or e-mail"
    ordering = ("username",)
    # Django's own form shows that there is a password, never what is kept of it.
    form: Any = UserChangeForm
    filter_horizontal = ()
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
        return super().get_queryset(request).prefetch_related("groups")

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

    @admin.display(description="Last sign-in", ordering="last_login")
    def signed_in(self, user: User) -> SafeString:
        return cells.ago(user.last_login)


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin[Group], StockGroupAdmin):
    """Roles come with the product and are kept current after every migration: to read, not to change."""

    noun, nouns = "role", "roles"
    list_hint = "Roles come with the product. People get theirs on their account's page."
    filter_horizontal = ()


class NewTokenForm(forms.Form):
    """For the account that asks; a superuser chooses among all."""

    user = forms.ModelChoiceField(
        User.objects.none(),
        empty_label=None,
        help_text="The token can do what this account's roles allow, within its scopes.",
    )
    name = forms.CharField(max_length=100, help_text="Which program uses it, and for what.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in tokens.SCOPES], widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(min_value=1, max_value=365, initial=90, help_text="Until it expires, at most 365.")

    def __init__(self, data: Any, *, by: User) -> None:
        super().__init__(data, label_suffix="")
        accounts = User.objects.filter(is_active=True).order_by("username")
        choice: Any = self.fields["user"]
        choice.queryset = accounts if by.is_superuser else accounts.filter(pk=by.pk)
        choice.initial = by.pk


@admin.register(ApiToken)
class ApiTokenAdmin(BaseAdmin[ApiToken]):
    list_display = ("name", "user", "hint", "state", "expires", "used")
    list_select_related = ("user",)
    noun, nouns = "API token", "API tokens"
    keyset_field = "created_at"
    search_fields = ("name", "user__username")
    empty_title = "No tokens yet"
    empty_hint = "A token lets a program use the API with the roles of an account."
    fields = ("name", "user", "hint", "scopes", "allowed_ips", "created_at", "expires_at", "last_used_at", "revoked_at")
    readonly_fields = fields
    pages = (("revoke", "revoke_view", "revoke"),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("hrassist.change_apitoken")

    @admin.display(description="State")
    def state(self, token: ApiToken) -> SafeString:
        if token.revoked_at:
            return cells.badge("revoked", "bad")
        if token.expires_at <= timezone.now():
            return cells.badge("expired")
        return cells.badge("usable", "good")

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, token: ApiToken) -> SafeString:
        return cells.ago(token.expires_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def used(self, token: ApiToken) -> SafeString:
        return cells.ago(token.last_used_at)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A form, and after it the token itself: shown by this one answer and never again."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        user: Any = request.user
        form = NewTokenForm(request.POST or None, by=user)
        text = ""
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                _, text = tokens.issue_token(
                    user=said["user"],
                    name=said["name"],
                    scopes=said["scopes"],
                    lifetime=timedelta(days=said["days"]),
                    by=user,
                    now=timezone.now(),
                )
            except DomainError as error:
                form.add_error(None, error.message)
        answer = TemplateResponse(
            request,
            "admin/hrassist/apitoken/new.html",
            {**self.admin_site.each_context(request), "title": "New API token", "form": form, "token": text},
        )
        answer["Cache-Control"] = "private, no-store"
        return answer

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        token = self.get_object(request, object_id)
        if request.method != "POST" or token is None:
            raise Http404
        if not self.has_change_permission(request, token):
            raise PermissionDenied
        user: Any = request.user
        return self.do(
            request,
            lambda: tokens.revoke_token(token=token, by=user, now=timezone.now()),
            done="The token no longer works.",
            back=reverse("admin:hrassist_apitoken_changelist"),
        )


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
    NavItem(
        label="API tokens",
        url_name="admin:hrassist_apitoken_changelist",
        icon="key",
        permission="hrassist.view_apitoken",
        section="Settings",
        order=93,
    ),
)
