"""What a request costs on this machine: python -m tests.bench.capacity, or make bench-capacity.

Counts processor time of the application and of its database processes, which says the same on a busy machine as on an
idle one within a fifth. With --write it keeps the figures in config/capacity.toml, which `manage.py capacity` reads.
"""

from __future__ import annotations

import os
import platform
import re
import statistics
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

from tests.bench.admin_pages_worker import cpu_of
from tests.bench.api_lists import CANDIDATES, connect_as_owner, fill, own_database

REPEAT = 40


def measure(client: Any, address: str, **headers: str) -> float:
    """Milliseconds of processor for one answer, in the middle of REPEAT."""
    from django.db import connections

    def spent() -> float:
        open_ones = [one.connection for one in connections.all(initialized_only=True) if one.connection is not None]
        return time.process_time() * 1000 + sum(cpu_of(one.info.backend_pid) for one in open_ones)

    found = []
    for _ in range(REPEAT):
        before = spent()
        answer = client.get(address, headers=headers)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")
        answer.getvalue()
        found.append(spent() - before)
    # The first ones fill what a process fills once.
    return statistics.median(found[5:])


def processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", text)
    return f"{model[1].strip() if model else platform.machine()}, {os.cpu_count()} processors"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    warnings.filterwarnings("ignore", "No directory at")
    connect_as_owner()
    django.setup()

    from django.conf import settings
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections
    from django.test import Client

    from hrassist.models import User

    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.API_REQUESTS_PER_MINUTE = 10**6
    settings.LIMITS = {"search": (10**6, 1)}
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # The test client's requests would close the connections whose cost is counted.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with own_database():
        token, person = fill()
        pages, api = Client(), {"authorization": f"Bearer {token}"}
        pages.force_login(User.objects.get(username="bench"))
        page = pages.get(f"/candidates/candidate/{person}/").headers["Location"]
        found = {
            "list": measure(pages, "/candidates/candidate/"),
            "person": measure(pages, page),
            "dashboard": measure(pages, "/"),
            "api_list": measure(Client(), "/api/v1/candidates?limit=25", **api),
            "api_one": measure(Client(), f"/api/v1/candidates/{person}", **api),
        }
    for name, milliseconds in found.items():
        sys.stdout.write(f"{name:<12}{milliseconds:>8.1f} ms\n")
    if "--write" in sys.argv:
        write(Path(settings.CAPACITY_CONFIG), found)


def write(path: Path, found: dict[str, float]) -> None:
    """Put the figures, the day and the machine into the file; what people plan with there stays."""
    before, head, rest = path.read_text().partition("\n[measured]\n")
    text, next_head, after = rest.partition("\n[")
    for name, milliseconds in found.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {milliseconds:.1f}", text, flags=re.MULTILINE)
    text = re.sub(r"^dated = .*$", f"dated = {datetime.now(tz=UTC):%Y-%m-%d}", text, flags=re.MULTILINE)
    told = f"{processor()}, load {os.getloadavg()[0]:.0f}; {CANDIDATES:,} candidates"
    text = re.sub(r"^machine = .*$", f'machine = "{told}"', text, flags=re.MULTILINE)
    path.write_text(before + head + text + next_head + after)


if __name__ == "__main__":
    main()
