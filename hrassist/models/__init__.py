"""The nouns of the site itself: who signs in, what they are told, how they look at lists, what works for them."""

from hrassist.models.branding import Branding
from hrassist.models.break_glass import BreakGlass
from hrassist.models.check_outcome import CheckOutcome
from hrassist.models.idempotency import IdempotencyRecord
from hrassist.models.long_task import LongTask
from hrassist.models.notification import Notification
from hrassist.models.saved_view import SavedView
from hrassist.models.security import Scan, SecurityAlert, Tally
from hrassist.models.session import Session
from hrassist.models.throttle import Throttle
from hrassist.models.token import ApiToken
from hrassist.models.user import User

__all__ = [
    "ApiToken",
    "Branding",
    "BreakGlass",
    "CheckOutcome",
    "IdempotencyRecord",
    "LongTask",
    "Notification",
    "SavedView",
    "Scan",
    "SecurityAlert",
    "Session",
    "Tally",
    "Throttle",
    "User",
]
