"""Mail, the company as mails and letters name it, and services beyond our own."""

from hrassist import env
from hrassist.settings.base import ALLOWED_HOSTS, DEVELOPMENT, VAR_DIR

# --- Mail -------------------------------------------------------------------------------------------------------------

# Mails have no page they stand on: their links need the whole address.
_site = f"http://127.0.0.1:{env.number('HRASSIST_PORT', 8000)}"
if not DEVELOPMENT:
    _site = f"https://{next(iter(ALLOWED_HOSTS), 'localhost').lstrip('.')}"
PUBLIC_URL = env.text("HRASSIST_PUBLIC_URL", _site).rstrip("/")
DEFAULT_FROM_EMAIL = env.text("FROM_EMAIL", "hrassist@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Where mail systems report what they cannot deliver; by default the address that mails come from.
BOUNCE_ADDRESS = env.text("HRASSIST_BOUNCE_ADDRESS", "")
SENDGRID_API_KEY = env.secret("SENDGRID_API_KEY", "")
# What the provider signs in with when it reports a bounce, as user:password. Without it such reports are not taken.
MAIL_REPORTS_SECRET = env.secret("HRASSIST_MAIL_REPORTS_SECRET", "")
ANYMAIL = {"SENDGRID_API_KEY": SENDGRID_API_KEY, "WEBHOOK_SECRET": MAIL_REPORTS_SECRET or None}
EMAIL_HOST = env.text("HRASSIST_SMTP_HOST", "")
EMAIL_HOST_USER = env.text("HRASSIST_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.secret("HRASSIST_SMTP_PASSWORD", "")
SMTP_SECURITY = env.choice("HRASSIST_SMTP_SECURITY", "starttls", among=("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_SECURITY == "starttls", SMTP_SECURITY == "tls"
EMAIL_PORT = env.number("HRASSIST_SMTP_PORT", {"starttls": 587, "tls": 465, "none": 25}[SMTP_SECURITY], most=65_535)
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_BACKEND = env.mail_backend(development=DEVELOPMENT, provider=bool(SENDGRID_API_KEY), server=bool(EMAIL_HOST))
MAIL_PER_SENDER_DAY = env.number("HRASSIST_MAIL_PER_SENDER_DAY", 500, least=1)

# --- The company, as mails and letters name it ------------------------------------------------------------------------

COMPANY_NAME = env.text("HRASSIST_COMPANY_NAME", "Our company")
# One line of the letterhead each.
COMPANY_ADDRESS = env.items("HRASSIST_COMPANY_ADDRESS")

# --- Candidate verification by web search (off without both) ----------------------------------------------------------

GOOGLE_API_KEY = env.secret("GOOGLE_API_KEY", "")
GOOGLE_CSE_ID = env.text("GOOGLE_CSE_ID", "")
