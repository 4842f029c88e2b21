"""Every limit there is on how often something may be asked for: its name, how often, and whose it is.

`HRASSIST_LIMITS=search=240/60,export=10/3600` changes single ones; docs/limits.md is this table for people.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from hrassist.lib import throttle
from hrassist.lib.errors import DomainError

# Whose a limit is: of an address, of somebody signed in (however: by page or token), of a link, of an account's name.
ADDRESS, PERSON, LINK, ACCOUNT = "address", "person", "link", "account"


class TooFast(DomainError):
    """Too many requests of one kind; nothing was done, and a later try works."""

    code = "too_many_requests"
    status = 429
    default_message = "There are too many requests at this moment. Wait {seconds} seconds and try again."

    def __init__(self, message: str = "", *, seconds: int = 1) -> None:
        self.retry_after = seconds
        super().__init__(message, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` may come at once, then one each `per`/`count` seconds."""

    name: str
    label: str
    count: int
    per: int
    whose: str


_TABLE = (
    # An office shares one address; an account is guessed at from many; both together are one person at one machine.
    Limit("login:address", "Sign-ins from one address", 50, 300, ADDRESS),
    Limit("login:account_at_address", "Sign-ins to one account from one address", 5, 150, ACCOUNT),
    Limit("login:account", "Sign-ins to one account from anywhere", 30, 900, ACCOUNT),
    Limit("factor", "Second factors of one account", 5, 150, ACCOUNT),
    Limit("factor:day", "Second factors of one account, in a day", 100, 86_400, ACCOUNT),
    Limit("proof", "Passwords given once more", 5, 150, PERSON),
    Limit("sso", "Sign-ins by a company account, from one address", 60, 60, ADDRESS),
    Limit("reset:address", "Links for a new password, from one address", 20, 3600, ADDRESS),
    Limit("reset:account", "Links for a new password of one account", 3, 3600, ACCOUNT),
    Limit("password:person", "Changes of a password", 10, 600, PERSON),
    Limit("ticket", "Tickets for uploads", 600, 60, PERSON),
    Limit("upload", "Files put into the store of this machine, from one address", 1200, 60, ADDRESS),
    Limit("download", "Originals and texts of resumes", 300, 600, PERSON),
    Limit("picture", "Pages of resumes as pictures", 1200, 60, PERSON),
    Limit("letter", "Offer letters", 60, 600, PERSON),
    Limit("export", "Exports of lists", 20, 3600, PERSON),
    Limit("export:file", "Downloads of exports and other results", 60, 600, PERSON),
    Limit("import", "Imports", 30, 3600, PERSON),
    Limit("report", "Reports", 240, 60, PERSON),
    Limit("rank", "Rankings of people for a job", 30, 60, PERSON),
    Limit("search", "Searches", 240, 60, PERSON),
    Limit("mail:preview", "Previews of mails", 240, 60, PERSON),
    # A whole lecture hall shares one address at a fair, so the address may do much.
    Limit("intake:page", "Pages of applying, from one address", 240, 60, ADDRESS),
    Limit("intake:ticket_address", "Files of applications, from one address", 60, 600, ADDRESS),
    Limit("intake:ticket_link", "Files of applications, through one link", 150, 600, LINK),
    Limit("intake:submit_address", "Applications, from one address", 60, 600, ADDRESS),
    Limit("intake:submit_link", "Applications, through one link", 150, 600, LINK),
    # People on their own page: the link is a key, so it is neither mailed nor tried without end.
    Limit("own:ask_address", "Links to people's own pages, asked for from one address", 20, 3600, ADDRESS),
    Limit("own:ask", "Links to people's own pages, for one e-mail address", 3, 3600, ACCOUNT),
    Limit("own:open", "Links to people's own pages that are opened, from one address", 60, 600, ADDRESS),
    Limit("own:change", "Changes and requests on one's own page", 60, 600, LINK),
    Limit("own:copy", "Copies of one's own data, asked for or fetched", 20, 86_400, LINK),
    Limit("bounces", "Reports of a mail provider, from one address", 600, 60, ADDRESS),
    Limit("policy", "Reports of browsers about the content policy, from one address", 60, 60, ADDRESS),
)
LIMITS = {limit.name: limit for limit in _TABLE}
_OTHER_LABELS = {"api": "API requests"}


def of(name: str) -> tuple[int, int]:
    """How many in how many seconds, as the settings say or else the table."""
    changed: tuple[int, int] | None = settings.LIMITS.get(name)
    return changed or (LIMITS[name].count, LIMITS[name].per)


def label(name: str) -> str:
    """What a counted name means to people; an endpoint's own limit is named by its class."""
    return LIMITS[name].label if name in LIMITS else _OTHER_LABELS.get(name, name.replace("api:", "API: "))


def take(name: str, who: str) -> throttle.Verdict:
    """Use one request of a limit."""
    count, per = of(name)
    return throttle.take(name, who, limit=count, per=per)


def require(name: str, who: str) -> None:
    """Use one request of a limit. Raises TooFast."""
    verdict = take(name, who)
    if not verdict.allowed:
        raise TooFast(seconds=verdict.reset)
