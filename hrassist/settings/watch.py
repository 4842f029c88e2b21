"""What the site tells about itself: figures, readiness, and where others leave word of their work."""

from pathlib import Path

from hrassist import env
from hrassist.settings.base import BASE_DIR, TESTING, VAR_DIR

# Where web, stream and worker leave what they count for `manage.py metrics`; best on a tmpfs. "off" counts nothing.
_FOLDER = env.text("HRASSIST_METRICS_DIR", str(VAR_DIR / "metrics"))
METRICS_DIR: Path | None = None if TESTING or _FOLDER == "off" else Path(_FOLDER)
# How long figures out of the database are kept between two scrapes.
METRICS_SECONDS = env.number("HRASSIST_METRICS_SECONDS", 10)
PROCRASTINATE_ON_APP_READY = "hrassist.metrics.tasks.watch"
# How long an answer of /readyz is given again, so that many who ask cost no more than one.
READY_SECONDS = 0 if TESTING else 3
# While this file exists the machine says that it is not ready, and a balancer sends people elsewhere.
DRAIN_FILE = Path(env.text("HRASSIST_DRAIN_FILE", str(VAR_DIR / "drain")))
# The last backup and the last restore drill, as whatever makes them writes it: {"backup": {"finished_at": …}}.
_backup_status = env.text("HRASSIST_BACKUP_STATUS_FILE", str(VAR_DIR / "backup-status.json"))
# Nothing where who has the key shares no disk with who has none.
BACKUP_STATUS_FILE: Path | None = None if _backup_status == "off" else Path(_backup_status)
# Prices of one's own contracts, which a release would replace.
PRICES_CONFIG = Path(env.text("HRASSIST_PRICES_FILE", str(BASE_DIR / "config" / "prices.toml")))
CAPACITY_CONFIG = BASE_DIR / "config" / "capacity.toml"
DASHBOARDS_CONFIG = BASE_DIR / "config" / "dashboards.toml"
ALERTS_CONFIG = BASE_DIR / "config" / "alerts.toml"
# What runs by the clock where no systemd starts it (`manage.py timers`), and where it keeps when each one last began.
TIMERS_CONFIG = BASE_DIR / "config" / "timers.toml"
TIMERS_DIR = VAR_DIR / "timers"
# Whom this machine tells and what it says otherwise; releases keep it (deploy/vm/watch).
ALERTS_OWN = Path("/etc/hrassist/alerts.toml")
# What Prometheus presents to `manage.py metrics`; without it whoever reaches the port may read.
METRICS_TOKEN = env.secret("HRASSIST_METRICS_TOKEN", "")
# The console of pgbouncer, asked by `manage.py metrics` who waits there: its `stats_users`. Empty: none is asked.
POOLER_STATS_URL = env.secret("HRASSIST_POOLER_STATS_URL", "")
