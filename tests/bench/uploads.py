"""How many uploads a minute pass through the whole pipeline: python -m tests.bench.uploads [FILES] [WORKERS].

Uses the database and the store of the environment, which should be empty ones; starts workers as the Procfile does.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from uuid import uuid4

import django


def main(files: int = 300, workers: int = 2) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
    django.setup()

    from django.contrib.auth.models import Group
    from django.db.models import Count
    from django.utils import timezone

    from candidates.actions import uploads
    from candidates.models import Resume, UploadTicket
    from hrassist.models import User
    from hrassist.ops.demo import files as demo
    from tests import uploading

    by = User.objects.create(username=f"bench-{uuid4().hex[:8]}", is_staff=True)
    by.groups.add(Group.objects.get(name="Recruiter"))
    made = list(demo.make(demo.plan(files, seed=int(time.time()))))
    began = time.monotonic()
    for file in made:
        ticket, signed = uploading.issue(file.data, by=by, now=timezone.now(), filename=file.filename)
        uploading.put(signed, file.data)
        uploads.confirm(ticket_id=ticket.pk, by=by, now=timezone.now())
    confirmed = time.monotonic()
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "ingest", "--concurrency", "1"]
    running = [subprocess.Popen(command) for _ in range(workers)]
    try:
        mine = UploadTicket.objects.filter(created_by=by)
        while mine.waiting().exists():
            time.sleep(0.2)
        ended = time.monotonic()
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome = dict(mine.values_list("state").annotate(count=Count("pk")).order_by())
    ready = Resume.objects.filter(ticket__created_by=by, state=Resume.State.READY).count()
    figures = {
        "files": len(made),
        "workers": workers,
        "outcome": outcome,
        "ready": ready,
        "upload_and_confirm_seconds": round(confirmed - began, 1),
        "read_seconds": round(ended - confirmed, 1),
        "per_minute": round(60 * len(made) / (ended - confirmed)),
        # What the workers used, whoever else is on the machine; the database's share is not in it.
        "cpu_seconds_per_file": round((used.ru_utime + used.ru_stime) / len(made), 2),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
