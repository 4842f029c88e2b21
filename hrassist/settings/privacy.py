"""Erasure with the ledger that survives a restore; on which grounds people are ranked, and whom they write to."""

from datetime import timedelta

from hrassist import env
from hrassist.settings.base import VAR_DIR
from hrassist.settings.mail import DEFAULT_FROM_EMAIL

# Long enough to take back a slip, short enough to be done within the day that is promised.
ERASURE_WAIT = timedelta(minutes=env.number("HRASSIST_ERASURE_WAIT_MINUTES", 60, least=0, most=12 * 60))
ERASURE_TWO_PEOPLE = env.flag("HRASSIST_ERASURE_TWO_PEOPLE", default=False)
# A folder outside the database's machine or volume, or s3://bucket/prefix of a bucket of its own.
ERASURE_LEDGER = env.text("HRASSIST_ERASURE_LEDGER", str(VAR_DIR / "erasures"))
# Without it the key comes from SECRET_KEY, which is said as hrassist.W060: it must then never be changed.
ERASURE_LEDGER_KEY = env.secret("HRASSIST_ERASURE_LEDGER_KEY", "")

# Whom people write to about their data, as notices say it.
PRIVACY_CONTACT = env.text("HRASSIST_PRIVACY_CONTACT", DEFAULT_FROM_EMAIL)
# How long somebody without an application, a pool or a consent may be ranked after their record was made: the month
# within which the ground of a record has to be settled. 0: never.
RANK_WITHOUT_GROUND_DAYS = env.number("HRASSIST_RANK_WITHOUT_GROUND_DAYS", 30)
# Rankings with everything that was kept of them go after so many months; a place with a longer time prolongs it.
RANKING_LOG_MONTHS = env.number("HRASSIST_RANKING_LOG_MONTHS", 24, least=6)
