"""Which link targets belong to the text: addresses of the person that the page only shows as a word or an icon."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

_PROFILES = [
    "linkedin.com",
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "stackoverflow.com",
    "orcid.org",
    "scholar.google.com",
    "researchgate.net",
    "kaggle.com",
    "behance.net",
    "dribbble.com",
    "medium.com",
    "xing.com",
    "leetcode.com",
    "hackerrank.com",
    "twitter.com",
    "x.com",
    "codepen.io",
]
_LONGEST = 120


def contact_address(target: str) -> str:
    """The e-mail address, phone number or profile page a link leads to, or "" for any other link."""
    target = target.strip()
    if len(target) > _LONGEST * 2:
        return ""
    scheme, _, rest = target.partition(":")
    if scheme.lower() in {"mailto", "tel"}:
        address = unquote(rest.split("?")[0]).strip()
        return (
            address
            if 3 < len(address) <= _LONGEST and not re.search(r"[\s<>\x00-\x1f]{2}|[<>\x00-\x1f]", address)
            else ""
        )
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.")
    if (
        parts.scheme.lower() not in {"http", "https"}
        or len(parts.path.strip("/").split("/")) > 3
        or len(target) > _LONGEST
    ):
        return ""
    known = any(host == one or host.endswith("." + one) for one in _PROFILES)
    return target if known and parts.path.strip("/") else ""


def is_visible(address: str, *, text: str) -> bool:
    """Whether a reader of `text` can already see this address."""
    bare = _squeezed(re.sub(r"^https?://(?:\w{2,3}\.)?", "", address, flags=re.IGNORECASE)).rstrip("/")
    return bare in _squeezed(text)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()
