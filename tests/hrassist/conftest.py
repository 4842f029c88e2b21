"""What the settings of a sound production are."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from hrassist.ops.backup import keys
from tests.hrassist.test_env import PRODUCTION, ROOT

STRONG = "".join(chr(33 + n % 90) for n in range(80)).replace("\\", "x")


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a production that lacks nothing: `manage.py check --deploy` is content with it."""
    folder = tmp_path_factory.mktemp("production")
    keys.generate(folder / "backup.key")
    # Read today, whatever day that is: which are old is asked in tests/hrassist/ops/test_costs.py.
    prices = (ROOT / "config/prices.toml").read_text()
    (folder / "prices.toml").write_text(re.sub(r"(?m)^dated = \S+", f"dated = {timezone.now().date()}", prices))
    return PRODUCTION | {
        "SECRET_KEY": STRONG,
        "AWS_S3_BUCKET_NAME": "resumes",
        "HRASSIST_CLAMD_SOCKET": "/run/clamav/clamd.ctl",
        "HRASSIST_ERASURE_LEDGER": "s3://ledger/erasures",
        "HRASSIST_ERASURE_LEDGER_KEY": STRONG,
        "HRASSIST_BACKUP_A": "s3://backups-a/hrassist",
        "HRASSIST_BACKUP_A_ENDPOINT_URL": "https://s3.one.example",
        "HRASSIST_BACKUP_B": "s3://backups-b/hrassist",
        "HRASSIST_BACKUP_B_ENDPOINT_URL": "https://s3.two.example",
        "HRASSIST_BACKUP_KEY_FILE": str(folder / "backup.key"),
        "HRASSIST_PRICES_FILE": str(folder / "prices.toml"),
        "HRASSIST_SMTP_HOST": "mail.example.com",
    }
