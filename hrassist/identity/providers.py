"""What companies' own sign-in tells us, and what we make of it."""

from __future__ import annotations

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Takes over where the protocol ends: who may come in is decided here, not by the library's forms."""
