"""Who is asking: a program by its token."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from uuid import UUID

from django.db import connection
from django.db.models import Model, Q
from django.utils import timezone
from psycopg import sql
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit import actions as audit
from hrassist import tokens
from hrassist.lib import origin
from hrassist.models import ApiToken, User

SCHEME = "Bearer"
# Rights that reach beyond single jobs, beside those called view_all_….
BEYOND = {"jobs.view_confidential_jobs", "candidates.export_candidate", "candidates.import_candidate"}
# Whether a token is in use is asked in minutes; writing it at each request would make every read a write.
USE_NOTED_EVERY = timedelta(minutes=1)


def _columns(model: type[Model], table: str) -> sql.Composed:
    return sql.Composed([sql.Identifier(table, str(field.column)) for field in model._meta.concrete_fields]).join(", ")


# The token, its user, and what that user may do of their own and by their roles. Composed once: every request asks it,
# and the ORM took longer to put it together than to run it.
_READ = (
    sql.SQL(
        """
    SELECT {token}, {owner},
        (SELECT coalesce(array_agg(kind.app_label || '.' || permission.codename), '{{}}')
         FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
         WHERE permission.id IN (
            SELECT own.permission_id FROM hrassist_user_user_permissions own
            WHERE own.user_id = token.user_id
            UNION ALL
            SELECT ours.permission_id FROM auth_group_permissions ours
            JOIN hrassist_user_groups member ON member.group_id = ours.group_id
            WHERE member.user_id = token.user_id))
    FROM hrassist_apitoken token JOIN hrassist_user owner ON owner.id = token.user_id
    WHERE token.digest = %s
    """
    )
    .format(token=_columns(ApiToken, "token"), owner=_columns(User, "owner"))
    .as_string(None)
)
_TOKEN_FIELDS = [field.attname for field in ApiToken._meta.concrete_fields]
_USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer hra_…`; `request.auth` is the ApiToken, whose scopes the permission asks."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = self._token(text.strip())
        self._note_use(token)
        if token.jobs:
            _narrow(token.user, to=token.jobs)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="hrassist"'

    @staticmethod
    def _token(text: str) -> ApiToken:
        if not text.startswith(ApiToken.PREFIX) or len(text) > 100 or not text.isascii():
            raise AuthenticationFailed("This is not one of our tokens; they begin with hra_.", code="invalid_token")
        found = _with_digest(ApiToken.digest_of(text))
        # The index compared digests already; comparing again in constant time costs nothing and trusts no collation.
        if found is None or not found.matches(text):
            raise AuthenticationFailed("No such token.", code="invalid_token")
        now = timezone.now()
        if found.revoked_at is not None:
            raise _refused(found, "revoked_token", "This token was revoked. Ask for a new one.")
        if found.expires_at <= now:
            raise _refused(found, "expired_token", f"This token expired on {found.expires_at:%Y-%m-%d}.")
        if not found.user.may_sign_in(now=now):
            raise _refused(found, "inactive_user", "The account of this token is switched off.")
        if found.allowed_ips and not _is_among(origin.current().ip, found.allowed_ips):
            raise _refused(found, "address_not_allowed", "This token may not be used from this network address.")
        return found

    @staticmethod
    def _note_use(token: ApiToken) -> None:
        now = timezone.now()
        if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
            stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def _narrow(user: User, *, to: list[UUID]) -> None:
    """Let this user object see no more than these jobs, of those that the user sees, and who applied for them."""
    seen = {key for key, _ in tokens.jobs_of(user)}
    if user.is_superuser:
        # What was read beside the token is what they were given by name, and they were never given anything.
        vars(user).pop("_perm_cache", None)
    rights = user.get_all_permissions()
    # Whatever lets somebody see beyond their jobs is gone, and with it what a superuser may without being asked.
    user.is_superuser, user.only_jobs = False, frozenset(to) & seen
    vars(user)["_perm_cache"] = {one for one in rights if not one.partition(".")[2].startswith("view_all_")} - BEYOND


def _with_digest(digest: str) -> ApiToken | None:
    with connection.cursor() as cursor:
        cursor.execute(_READ, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, granted = row
    token = ApiToken.from_db(connection.alias, _TOKEN_FIELDS, columns[: len(_TOKEN_FIELDS)])
    token.user = User.from_db(connection.alias, _USER_FIELDS, columns[len(_TOKEN_FIELDS) :])
    # Where Django's own backend would put them after two queries more.
    vars(token.user)["_perm_cache"] = set(granted)
    return token


def _is_among(ip: str | None, allowed: list[str]) -> bool:
    return ip is not None and ip_address(ip) in {ip_address(one) for one in allowed}


def _refused(token: ApiToken, code: str, sentence: str) -> AuthenticationFailed:
    # Somebody holds a secret that was ours once: that is worth keeping, unlike a guess.
    audit.denied("token.refused", target=token, reason_code=code, http_status=401)
    return AuthenticationFailed(sentence, code=code)
