"""How each process is started for a test, and with which settings production starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from audit.sealing import keys
from tests.browser.conftest import environment_of_the_test
from tests.deploy.stand_in_store import Store
from tests.deploy.tools import SBIN
from tests.repo.sources import ROOT

WEB = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.conf.py", "hrassist.wsgi:application"]
STREAM = [*WEB[:-1], "--worker-class", "asgi", "--workers", "1", "hrassist.asgi:application"]
WORKER = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"]
FIGURES = [sys.executable, "manage.py", "metrics", "--bind", "127.0.0.1:0"]
WRONG = 78


def settings_of_production(own_store: Path, folder: Path) -> dict[str, str]:
    """Settings that production starts with; the audit key is a worker's, and the others do without it."""
    if not (folder / "audit.pem").exists():
        keys.write(keys.generate(), folder / "audit.pem")
    return {
        "PATH": SBIN,
        "HRASSIST_AUDIT_KEY_FILE": str(folder / "audit.pem"),
        "HRASSIST_ENV": "production",
        "DATABASE_URL": environment_of_the_test(own_store)["DATABASE_URL"],
        "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
        "ALLOWED_HOSTS": "hr.example.com",
        "HRASSIST_VAR_DIR": str(folder),
        "HRASSIST_STORAGE_DIR": str(own_store),
        "HRASSIST_WEB_BIND": f"unix:{folder}/web.sock",
        "HRASSIST_WEB_WORKERS": "1",
    }


def settings_of_store(store: Store) -> dict[str, str]:
    return {
        "AWS_S3_BUCKET_NAME": "resumes",
        "AWS_S3_REGION": "eu-central-1",
        "AWS_S3_ENDPOINT_URL": f"http://127.0.0.1:{store.server_port}",
        "HRASSIST_S3_ADDRESSING_STYLE": "path",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
    }


def ended(command: list[str], settings: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stderr
