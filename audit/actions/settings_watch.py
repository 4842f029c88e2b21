"""Notices that the settings of this installation are others than they were, and says which; never what they are."""

from __future__ import annotations

import hashlib
import hmac
import os

from django.conf import settings

from audit.actions.events import record
from audit.models import Event
from hrassist import env

ACTION = "settings.changed"
# Where this machine lies and what it is called is no setting of the installation.
_OWN = {"HRASSIST_PORT", "HRASSIST_STREAM_PORT", "HRASSIST_WEB_BIND", "HRASSIST_VAR_DIR"}

_noticed = False


def notice_changes() -> None:
    """Compare with what was last on record, once in the life of a process: its settings cannot change meanwhile."""
    global _noticed  # noqa: PLW0603  a process has one set of settings
    if _noticed:
        return
    _noticed = True
    record_changes()


def record_changes() -> list[str]:
    """Put on record which settings are others than at the last time; their names."""
    now = digests()
    last = Event.objects.filter(action=ACTION).order_by("-ts", "-id").values_list("changes", flat=True).first()
    before = (last or {}).get("digests", {})
    names = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
    if names:
        record(ACTION, names=names, digests=now)
    return names


def digests() -> dict[str, str]:
    """A keyed hash of each setting that is set: equal ones can be told, none can be read."""
    key = b"hrassist.settings" + settings.SECRET_KEY.encode()
    found = {}
    for name in sorted(env.READ - _OWN):
        value = os.environ.get(name, "") or os.environ.get(f"{name}_FILE", "")
        if value:
            found[name] = hmac.new(key, f"{name}={value}".encode(), hashlib.sha256).hexdigest()[:16]
    return found
