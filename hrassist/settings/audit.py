"""Seals over the audit trail, where copies of them are kept, and how long events stay."""

from hrassist import env
from hrassist.settings.base import VAR_DIR

# The key that signs seals, and the public halves of former ones, as PEM blocks. Development makes AUDIT_KEY_FILE.
AUDIT_KEY = env.secret("HRASSIST_AUDIT_KEY", "")
AUDIT_KEY_FILE = VAR_DIR / "audit" / "key.pem"

AUDIT_ANCHOR_DIR = env.text("HRASSIST_AUDIT_ANCHOR_DIR", str(VAR_DIR / "audit" / "anchors"))
AUDIT_ANCHOR_BUCKET = env.text("HRASSIST_AUDIT_ANCHOR_BUCKET", "")
AUDIT_ANCHOR_PREFIX = env.text("HRASSIST_AUDIT_ANCHOR_PREFIX", "audit")
AUDIT_ANCHOR_ENDPOINT_URL = env.text("HRASSIST_AUDIT_ANCHOR_ENDPOINT_URL", "")
AUDIT_ANCHOR_REGION = env.text("HRASSIST_AUDIT_ANCHOR_REGION", "")
AUDIT_ANCHOR_ACCESS_KEY_ID = env.secret("HRASSIST_AUDIT_ANCHOR_ACCESS_KEY_ID", "")
AUDIT_ANCHOR_SECRET_ACCESS_KEY = env.secret("HRASSIST_AUDIT_ANCHOR_SECRET_ACCESS_KEY", "")
# How long nobody, the account's owner included, may delete a copy.
AUDIT_ANCHOR_DAYS = env.number("HRASSIST_AUDIT_ANCHOR_DAYS", 730, least=1)

# Where sealed events are sent, as lines of JSON over HTTPS; nowhere by default.
AUDIT_PUSH_URL = env.text("HRASSIST_AUDIT_PUSH_URL", "")
AUDIT_PUSH_TOKEN = env.secret("HRASSIST_AUDIT_PUSH_TOKEN", "")

# Below a year the law of some places is broken; the database refuses it too.
AUDIT_KEEP_MONTHS = env.number("HRASSIST_AUDIT_KEEP_MONTHS", 24, least=12)
