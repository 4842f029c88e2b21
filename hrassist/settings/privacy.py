"""Erasure: how long it can be taken back, who has to agree, and the ledger that survives a restore."""

from datetime import timedelta

from hrassist import env
from hrassist.settings.base import VAR_DIR

# Long enough to take back a slip, short enough to be done within the day that is promised.
ERASURE_WAIT = timedelta(minutes=env.number("HRASSIST_ERASURE_WAIT_MINUTES", 60, least=0, most=12 * 60))
ERASURE_TWO_PEOPLE = env.flag("HRASSIST_ERASURE_TWO_PEOPLE", default=False)
# A folder outside the database's machine or volume, or s3://bucket/prefix of a bucket of its own.
ERASURE_LEDGER = env.text("HRASSIST_ERASURE_LEDGER", str(VAR_DIR / "erasures"))
# Without it the key comes from SECRET_KEY, which is said as hrassist.W050: it must then never be changed.
ERASURE_LEDGER_KEY = env.secret("HRASSIST_ERASURE_LEDGER_KEY", "")
