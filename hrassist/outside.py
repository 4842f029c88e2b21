"""Puts every call to the outside on record before it leaves: to which host and what for, not what was asked."""

from __future__ import annotations

from audit import actions as audit
from hrassist.lib import egress


def keep(host: str, purpose: str) -> None:
    audit.viewed("egress.called", target=None, by=None, host=host, what_for=purpose)


egress.observe(keep)
