"""Signing in, slowed down for those who guess."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from audit import actions as audit
from hrassist.lib import limits, origin, throttle

# The sealed emergency account, the only one with a password where the company's sign-in is required.
BREAK_GLASS = "break-glass"


class ThrottledAuthenticationForm(AdminAuthenticationForm):
    """Refuses attempts that come too fast, before a password is looked at; nobody is locked out for good."""

    def clean(self) -> dict[str, Any]:
        who = self._who()
        for name, key in who.items():
            verdict = limits.take(f"login:{name}", key)
            if not verdict.allowed:
                audit.denied("user.login_throttled", reason_code=name, wait=verdict.reset)
                raise ValidationError(
                    "Too many sign-in attempts. Please wait %(seconds)s seconds and try again; the account is not "
                    "locked.",
                    code="throttled",
                    params={"seconds": verdict.reset},
                )
        if settings.REQUIRE_SSO and who["account"] != BREAK_GLASS:
            # Before a password is looked at: whether it was right, and whose it is, is nobody's business here.
            audit.denied("user.login_failed", reason_code="sso_required")
            raise ValidationError(
                "Passwords open nothing here. Sign in with your company account, by the button above.",
                code="sso_required",
            )
        cleaned: dict[str, Any] = super().clean()
        # The right password was given: earlier slips of this person do not count any more.
        throttle.forgive("login:account_at_address", who["account_at_address"])
        return cleaned

    def _who(self) -> dict[str, str]:
        account = str(self.cleaned_data.get("username", "")).strip().casefold()
        address = origin.network_of(self.request)
        return {"address": address, "account_at_address": f"{account}\0{address}", "account": account}
