"""Answers what the admin's pages cost over one database: `python -m tests.bench.admin_pages_worker DATABASE`.

Speaks JSON lines: first {page: [kind, address]}, then for each {"page": …, "repeat": n} the figures of that page.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hrassist.settings")
os.environ["DJANGO_DEBUG"] = "0"


# The one search that is meant to find nothing.
NOBODY = "search: nobody"


def begin(database: str) -> None:
    """Django over this database, as in production but for the static files' names."""
    from django.conf import settings

    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    for one in settings.DATABASES.values():
        one["NAME"] = database
        one.setdefault("OPTIONS", {})["options"] = "-c max_parallel_workers_per_gather=0 -c statement_timeout=20000"
    django.setup()
    # Which pages this recruiter may not open is found by asking for them.
    logging.getLogger("django.request").setLevel(logging.ERROR)


def cpu_of(pid: int) -> float:
    """Milliseconds that a process has spent on a processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def p95(ordered: list[float]) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


class Pages:
    """Every page of the admin that this database can show to its first recruiter, with the sort of page it is."""

    def __init__(self) -> None:
        from hrassist.models import User
        from hrassist.ops.workload.team import RECRUITER

        self.user = User.objects.get(username=RECRUITER)
        self.found: dict[str, tuple[str, str]] = {}
        self._samples()
        self._named()
        self._searches()
        self._changelists()
        self._discovered()

    def _samples(self) -> None:
        from candidates.models import Candidate
        from hrassist.ops.workload.people import token_of
        from jobs.models import Job

        newest = Candidate.objects.order_by("-created_at", "-pk").filter(merged_into__isnull=True)
        self.person = newest.filter(applications__isnull=False)[20]
        self.job = Job.objects.get(external_id="workload-1-1")
        # Whose resume is longest: the same one in both databases, and its evidence costs as much.
        self.application = self.job.applications.active().order_by("-candidate__resumes__size", "pk")[0]
        self.token = token_of(1234)
        self.address = newest[30].emails.order_by("pk")[0].address

    def add(self, page: str, kind: str, name: str, *args: Any, query: str = "") -> None:
        from django.urls import NoReverseMatch, reverse

        try:
            self.found.setdefault(page, (kind, reverse(name, args=args) + query))
        except NoReverseMatch:
            sys.stderr.write(f"skipped, not there: {page} ({name})\n")

    def _named(self) -> None:
        self.add("dashboard", "page", "admin:index")
        candidates = "admin:candidates_candidate_changelist"
        self.add("candidates: page 1", "list", candidates)
        self.add("candidates: page 1000", "list", candidates, query=self._thousandth_page())
        self.add("candidates: added in 30 days", "list", candidates, query="?added=30")
        self.add("candidates: one country", "list", candidates, query="?country=DE")
        self.add("candidates: one source", "list", candidates, query="?source=Referral")
        self.add("candidate: overview", "page", "admin:candidates_candidate_change", self.person.pk)
        self.add("candidate: edit", "form", "admin:candidates_candidate_change", self.person.pk, query="?edit=1")
        applications = "admin:jobs_application_changelist"
        self.add("applications: page 1", "list", applications)
        self.add("applications: active", "list", applications, query="?status__exact=active")
        self.add("applications: rejected", "list", applications, query="?status__exact=rejected")
        self.add("applications: step interview", "list", applications, query="?step=interview")
        self.add(
            "applications: active in interview", "list", applications, query="?status__exact=active&step=interview"
        )
        self.add("applications: of job 1", "list", applications, query=f"?job={self.job.pk}")
        self.add("application: overview", "page", "admin:jobs_application_change", self.application.pk)
        self.add("jobs: page 1", "list", "admin:jobs_job_changelist")
        self.add("jobs: open", "list", "admin:jobs_job_changelist", query="?status__exact=open")
        self.add("job 1: board of 500", "board", "admin:jobs_job_pipeline", self.job.pk)

    def _searches(self) -> None:
        for page, words in {
            "common name": "Sharma", "common syllable": "an", "rare name": "Featherstonehaugh",
            "two words": "Emily Walker",
            "e-mail": self.address, "domain": "@example.com", "rare word of a resume": f"resume:{self.token}",
            "common word of a resume": "resume:experience", "skill:": "skill:python", "title:": 'title:"data engineer"',
            "stage:": "stage:offer", "phrase": '"machine learning"', "or, not": "python OR django -java",
            "combined": "skill:python stage:interview since:90d", "nobody": "Xyzzyqwert",
        }.items():  # fmt: skip
            self.add(f"search: {page}", "search", "admin:candidates_candidate_changelist", query=f"?q={quote(words)}")
        self.add("search of applications", "search", "admin:jobs_application_changelist", query="?q=Sharma")
        self.add("search of jobs", "search", "admin:jobs_job_changelist", query="?q=engineer")
        self.add("finder: common name", "search", "admin:search", query="?q=Sharma")
        self.add("finder: rare word", "search", "admin:search", query=f"?q={self.token}")

    def _changelists(self) -> None:
        from django.contrib import admin

        for model in admin.site._registry:
            # What recruiters may not open stands on nobody's path all day.
            if not self.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
                continue
            name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
            self.add(f"list: {model._meta.verbose_name_plural}", "list", f"admin:{name}")

    def _discovered(self) -> None:
        """Whatever else has an address that needs nothing, or only things of which we have one."""
        from django.test import Client
        from django.urls import get_resolver, reverse

        client = Client(raise_request_exception=False)
        client.force_login(self.user)
        measured = {address for _, address in self.found.values()}
        resolver = get_resolver().namespace_dict["admin"][1]
        for name in sorted(key for key in resolver.reverse_dict if isinstance(key, str)):
            if any(
                word in name
                for word in ("log", "password", "jsi18n", "_changelist", "_delete", "_history", "autocomplete")
            ):
                continue
            parameters = resolver.reverse_dict.getlist(name)[0][0][0][1]
            known = [self._sample(one, name=name) for one in parameters]
            if None not in known:
                kind = "report" if "report" in name else "list" if "list" in name else "other"
                address = reverse(f"admin:{name}", args=known)
                # What is only posted to, is not for recruiters, or was measured under a name of ours is left out.
                if address not in measured and client.get(address).status_code == 200:
                    self.add(name, kind, f"admin:{name}", *known)

    def _sample(self, parameter: str, *, name: str) -> Any:
        from django.apps import apps

        given = {"candidate_id": self.person.pk, "job_id": self.job.pk, "application_id": self.application.pk}
        if parameter in given:
            return given[parameter]
        for model in apps.get_models():
            noun = f"{model._meta.app_label}_{model._meta.model_name}"
            if (
                parameter == "object_id" and name.startswith(f"{noun}_")
            ) or parameter == f"{model._meta.model_name}_id":
                ours = {"candidates_candidate": self.person, "jobs_job": self.job, "jobs_application": self.application}
                rows: Any = model._default_manager.all()
                seen = rows.visible_to(self.user) if hasattr(rows, "visible_to") else rows
                one = ours.get(noun) or seen.order_by("-pk").first()
                return one.pk if one is not None else None
        return None

    def _thousandth_page(self) -> str:
        from candidates.models import Candidate
        from hrassist.admin.paging import Cursor

        rows = Candidate.objects.order_by("-created_at", "-pk").values_list("pk", "created_at")
        pk, at = rows[min(50_000, rows.count() - 100)]
        return f"?cursor={Cursor(at=at, pk=str(pk)).encode()}"


class Meter:
    """Asks for pages as a signed-in browser would, and counts what each costs."""

    def __init__(self, pages: Pages) -> None:
        from django.db import connections
        from django.test import Client

        self.pages = pages
        self.client = Client(raise_request_exception=False)
        self.client.force_login(pages.user)
        self.connections = [connections[alias] for alias in connections]
        self.statements = 0

    def measure(self, page: str, *, repeat: int) -> dict[str, Any]:
        address = self.pages.found[page][1]
        # The first answer fills what a process fills once: templates, permissions, prepared pages.
        self._get(address)
        app, database, walls = [], [], []
        for _ in range(repeat):
            before_app, before_database, before = time.process_time(), self._database_cpu(), time.perf_counter()
            answer = self._get(address)
            walls.append((time.perf_counter() - before) * 1000)
            app.append((time.process_time() - before_app) * 1000)
            database.append(self._database_cpu() - before_database)
        walls.sort()
        cpu = sorted(map(sum, zip(app, database, strict=True)))
        return {
            "status": answer.status_code, "statements": self.statements, "size": len(answer.getvalue()),
            "app": statistics.median(app), "database": statistics.median(database), "cpu_p95": p95(cpu),
            "wall": statistics.median(walls), "wall_p95": p95(walls), "empty": _shows_nothing(page, address, answer),
        }  # fmt: skip

    def _get(self, address: str) -> Any:
        self.statements = 0
        with ExitStack() as counted:
            for connection in self.connections:
                counted.enter_context(connection.execute_wrapper(self._count))
            return self.client.get(address, headers={"accept": "text/html"})

    def _count(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            self.statements += 1
        return execute(sql, params, many, context)

    def _database_cpu(self) -> float:
        open_ones = [one.connection for one in self.connections if one.connection is not None]
        return sum(cpu_of(one.info.backend_pid) for one in open_ones)


def _shows_nothing(page: str, address: str, answer: Any) -> bool:
    """Whether a list that was narrowed has no row: what it cost says nothing."""
    listed = (getattr(answer, "context_data", None) or {}).get("cl")
    return "?" in address and page != NOBODY and listed is not None and not listed.result_list


def main(database: str) -> None:
    begin(database)
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    # The test client's requests would close the connections whose cost is counted.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    meter = Meter(Pages())
    sys.stdout.write(json.dumps(meter.pages.found) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(meter.measure(asked["page"], repeat=asked["repeat"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
