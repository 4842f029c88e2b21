"""What takes long to import and is needed by few is not imported when a process starts."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.repo.sources import ROOT

STARTED = """
import sys
import django
django.setup()
import hrassist.urls
print(*sorted({"redis", "jsonschema", "onnxruntime", "hypothesis"} & set(sys.modules)))
"""


def test_a_process_starts_without_redis_schemas_and_models() -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "hrassist.settings",
        "HRASSIST_ENV": "development",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    done = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
