"""The small pieces of HTML that lists and pages share: people, badges, times, icons."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

TINTS = 6
# Narrow screens leave these cells out.
NOTHING = SafeString('<span class="nothing">–</span>')


# A list shows some three hundred of a dozen.
@lru_cache(maxsize=512)
def icon(name: str, extra: str = "") -> SafeString:
    """A symbol of the sprite, hidden from screen readers: the text beside it speaks."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        extra,
        static("hrassist/icons.svg"),
        name,
    )


def tint(key: object) -> int:
    """One of six colours, always the same for the same key."""
    return zlib.crc32(str(key).encode()) % TINTS


def initials(name: str) -> str:
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def avatar(name: str, *, key: object = None, size: str = "") -> SafeString:
    return format_html(
        '<span class="avatar {} tint-{}" aria-hidden="true">{}</span>', size, tint(key or name), initials(name)
    )


def person(name: str, detail: str = "", *, key: object = None) -> SafeString:
    """Avatar, name and a quiet second line in one cell."""
    return format_html(
        '<span class="person">{}<span class="what"><b>{}</b>{}</span></span>',
        avatar(name, key=key),
        name,
        format_html("<span>{}</span>", detail) if detail else "",
    )


def badge(label: object, colour: str = "", symbol: str = "") -> SafeString:
    """A coloured word; `colour` is blue, violet, good, warn, bad, accent or empty for grey."""
    return format_html('<span class="badge {}">{}{}</span>', colour, icon(symbol) if symbol else "", label)


def counted(count: int, noun: str) -> SafeString:
    """A number, with its noun where a phone shows no heading above it."""
    return format_html('{} <span class="cell-noun">{}</span>', count, noun)


def ago(when: datetime | None, *, now: datetime | None = None) -> SafeString:
    """How long ago, in words, with the exact time in the title."""
    if when is None:
        return NOTHING
    local = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        when.isoformat(),
        f"{date_format(local, 'j M Y, H:i')} {local.tzname()}",
        in_words(when, now=now or timezone.now()),
    )


def in_words(when: datetime, *, now: datetime) -> str:
    """just now · 5 min ago · 3 h ago · yesterday · 4 days ago · 3 Nov · 3 Nov 2024; the future as "in 5 min"."""
    gap = now - when
    if gap < timedelta(0):
        return f"in {_length(-gap)}" if -gap < timedelta(days=2) else date_format(timezone.localtime(when), "j M Y")
    if gap < timedelta(minutes=1):
        return "just now"
    if gap < timedelta(hours=24):
        return f"{_length(gap)} ago"
    if gap < timedelta(days=2):
        return "yesterday"
    if gap < timedelta(days=14):
        return f"{gap.days} days ago"
    local = timezone.localtime(when)
    return date_format(local, "j M" if local.year == timezone.localtime(now).year else "j M Y")


def _length(gap: timedelta) -> str:
    minutes = int(gap.total_seconds() // 60)
    return f"{max(minutes, 1)} min" if minutes < 60 else f"{minutes // 60} h"


def size(count: Any) -> str:
    """12 kB · 3.4 MB."""
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(count // 1000, 1)} kB"
