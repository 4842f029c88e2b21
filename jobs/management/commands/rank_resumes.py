"""Rank a file of resumes for each job of a file; no database, no network."""

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hrassist.lib.embeddings import MiniLMEmbedder, usable_cores
from hrassist.lib.errors import DomainError
from jobs.matching import offline
from jobs.matching.types import Scored
from jobs.matching.weights import Weights


class Command(BaseCommand):
    help = "Rank resumes for jobs from JSON lines files; prints one line per job, needs no database."
    requires_system_checks: list[str] = []  # noqa: RUF012  the base class declares it so
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--jobs", type=Path, required=True, metavar="JOBS.jsonl", help='{"id", "text", "title"?}, .gz too'
        )
        parser.add_argument(
            "--resumes", type=Path, required=True, metavar="RESUMES.jsonl", help='{"id", "text"}, .gz too'
        )
        parser.add_argument("--top", type=int, default=50, help="how many resumes per job (50)")
        parser.add_argument("--json", action="store_true", help="machine-readable lines instead of a list to read")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["top"] < 1:
            raise CommandError("--top must be 1 or more.")
        try:
            self._rank(options)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error

    def _rank(self, options: dict[str, Any]) -> None:
        # Everything is read and checked first: no hour of work ends at a bad last line.
        weights = Weights.read(settings.RANKING_CONFIG)
        jobs = offline.read_jobs(options["jobs"])
        texts = offline.read_resumes(options["resumes"])
        begun = time.monotonic()
        resumes, unreadable = offline.mask_resumes(texts, processes=usable_cores(), progress=self._progress("read"))
        for one in unreadable:
            self.stderr.write(f"resume {one} could not be read and ranks without its text")
        embedder = MiniLMEmbedder(threads=usable_cores())
        vectors = offline.embed_heads(resumes, embedder=embedder, progress=self._progress("embedded"))
        took = time.monotonic() - begun
        self.stderr.write(f"{len(resumes)} resumes in {took:.1f} s, {len(resumes) / max(took, 1e-9):.1f} documents/s")
        collection = offline.Collection(resumes, vectors=vectors, weights=weights)
        for job, ranking in offline.rank_jobs(jobs, collection, embedder=embedder, weights=weights):
            self._print(job, ranking[: options["top"]], as_json=options["json"])

    def _print(self, job: str, ranking: list[Scored[str]], *, as_json: bool) -> None:
        if as_json:
            rows = [{"id": one.id, "score": round(one.score, 6)} for one in ranking]
            self.stdout.write(json.dumps({"job": job, "ranking": rows}, ensure_ascii=False))
            return
        self.stdout.write(job)
        for one in ranking:
            parts = one.components
            self.stdout.write(
                f"  {one.rank:>4}  {one.score:+.3f} = {parts.dense:+.3f} meaning {parts.lexical:+.3f} words  {one.id}"
            )

    def _progress(self, what: str) -> offline.Progress:
        shown = sys.stderr.isatty()

        def report(done: int, total: int) -> None:
            if shown or done == total:
                self.stderr.write(f"\r{what} {done} of {total}", ending="\n" if done == total else "")
                self.stderr.flush()

        return report
