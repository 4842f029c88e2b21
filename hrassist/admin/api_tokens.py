"""API tokens: everybody's for operators, one's own for whoever may issue them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms.utils import flatatt
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hrassist import tokens
from hrassist.admin import account, cells, navigation
from hrassist.admin.base import BaseAdmin
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.identity import gate
from hrassist.lib.errors import DomainError
from hrassist.models import ApiToken, User

OWN = "hrassist.issue_own_token"
SELECTED = SafeString(" selected")


class ManyChoices(forms.SelectMultiple):
    """Writes its options itself: a template for each of thousands would cost more than the rest of the page."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if key in chosen else "", label) for key, label in self.choices),
        )
        its = self.build_attrs(self.attrs, {**(attrs or {}), "name": name, "multiple": True})
        return format_html("<select{}>\n{}\n</select>", flatatt(its), options)


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
    jobs = forms.MultipleChoiceField(
        required=False,
        widget=ManyChoices,
        help_text="Only these jobs and who applied for them. None chosen: all that the account sees.",
    )
    allowed_ips = forms.CharField(
        label="Network addresses",
        required=False,
        max_length=500,
        help_text="Where the program asks from, separated by commas. Empty: anywhere.",
    )
    days = forms.IntegerField(min_value=1, max_value=365, initial=90, help_text="Until it expires, at most 365.")

    def __init__(self, data: Any, *, by: User) -> None:
        super().__init__(data, label_suffix="")
        accounts = User.objects.filter(is_active=True).order_by("username")
        choice: Any = self.fields["user"]
        choice.queryset = accounts if by.is_superuser else accounts.filter(pk=by.pk)
        choice.initial = by.pk
        jobs: Any = self.fields["jobs"]
        jobs.choices = [(str(key), title) for key, title in tokens.jobs_of(by)]


def issue(request: HttpRequest, form: NewTokenForm) -> str:
    """The text of the token that this form asks for; nothing where it was refused, which the form then says."""
    said, by = form.cleaned_data, request.user
    try:
        _, text = tokens.issue_token(
            user=said["user"],
            name=said["name"],
            scopes=said["scopes"],
            jobs=[UUID(one) for one in said["jobs"]],
            allowed_ips=[one for one in said["allowed_ips"].split(",") if one.strip()],
            lifetime=timedelta(days=said["days"]),
            by=by,  # type: ignore[arg-type]  # nobody comes here who is not signed in
            now=timezone.now(),
        )
    except DomainError as error:
        form.add_error(None, error.message)
        return ""
    return text


def new_view(request: HttpRequest) -> HttpResponse:
    """A form, and after it the token itself: shown by this one answer and never again."""
    user: Any = request.user
    if not (user.has_perm(OWN) or user.has_perm("hrassist.change_apitoken")):
        raise PermissionDenied
    if not gate.is_fresh(request):
        return account.ask_again(request, back=request.get_full_path())
    form, text = NewTokenForm(request.POST or None, by=user), ""
    if request.method == "POST" and form.is_valid():
        text = issue(request, form)
    back = "admin:hrassist_apitoken_changelist" if user.has_perm("hrassist.view_apitoken") else "admin:own_tokens"
    answer = TemplateResponse(
        request,
        "admin/hrassist/apitoken/new.html",
        {**admin.site.each_context(request), "title": "New API token", "form": form, "token": text, "back": back},
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


def state_of(token: ApiToken) -> SafeString:
    if token.revoked_at:
        return cells.badge("revoked", "bad")
    if token.expires_at <= timezone.now():
        return cells.badge("expired")
    return cells.badge("usable", "good")


def own_view(request: HttpRequest) -> HttpResponse:
    """One's own tokens."""
    user: Any = request.user
    if not user.has_perm(OWN):
        raise PermissionDenied
    rows = ApiToken.objects.filter(user=user).order_by("-created_at")[:100]
    shown = [(token, state_of(token)) for token in rows]
    context = {**admin.site.each_context(request), "title": "Your API tokens", "rows": shown}
    answer = TemplateResponse(request, "admin/account/tokens.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer


def own_revoke_view(request: HttpRequest, apitoken_id: UUID) -> HttpResponseBase:
    """End one of one's own tokens; no proof is asked for, because that only ever takes away."""
    user: Any = request.user
    token = ApiToken.objects.filter(user=user, pk=apitoken_id).first()
    if request.method != "POST" or token is None:
        raise Http404
    tokens.revoke_token(token=token, by=user, now=timezone.now())
    return HttpResponseRedirect(reverse("admin:own_tokens"))


@admin.register(ApiToken)
class ApiTokenAdmin(BaseAdmin[ApiToken]):
    list_display = ("name", "user", "hint", "state", "expires", "used")
    list_select_related = ("user",)
    noun, nouns = "API token", "API tokens"
    keyset_field = "created_at"
    search_fields = ("name", "user__username")
    empty_title = "No tokens yet"
    empty_hint = "A token lets a program use the API with the roles of an account."
    fields = (
        "name", "user", "hint", "scopes", "jobs", "allowed_ips", "created_at", "expires_at", "last_used_at",
        "revoked_at",
    )  # fmt: skip
    readonly_fields = fields
    pages = (("revoke", "revoke_view", "revoke"),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("hrassist.change_apitoken")

    @admin.display(description="State")
    def state(self, token: ApiToken) -> SafeString:
        return state_of(token)

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, token: ApiToken) -> SafeString:
        return cells.ago(token.expires_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def used(self, token: ApiToken) -> SafeString:
        return cells.ago(token.last_used_at)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return new_view(request)

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


add_page("account/tokens/", own_view, name="own_tokens")
add_page("account/tokens/new/", new_view, name="own_token_new")
add_page("account/tokens/<uuid:apitoken_id>/revoke/", own_revoke_view, name="own_token_revoke")
navigation.add(
    NavItem(
        label="API tokens",
        url_name="admin:hrassist_apitoken_changelist",
        icon="key",
        permission="hrassist.view_apitoken",
        section="Settings",
        order=93,
    ),
)
