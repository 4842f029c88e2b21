"""The audit trail to read: events, the seals over them, and what operators must know of both."""

from audit.admin import events, seals, security  # noqa: F401
