"""Bring back a database, every file, or one of them."""

import re
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hrassist.lib import local_time
from hrassist.lib.errors import DomainError
from hrassist.ops import fsck
from hrassist.ops.backup import cluster, evidence, files, restoring, servers


class Command(BaseCommand):
    help = (
        "Restore the database into an absent or empty one (--to URL), never over live data; with --files every file "
        "that its rows name; or one file alone (--file SHA256). It is named as asked only when it was judged sound."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="URL", help="postgresql://owner@host/name of the database to be made.")
        parser.add_argument("--data-directory", metavar="DIR", help="Restore a whole server there, by pgBackRest.")
        parser.add_argument("--target-name", metavar="NAME", help="With --data-directory: up to this restore point.")
        parser.add_argument("--heartbeat", metavar="TIME", help="With --data-directory: how far it must come at least.")
        parser.add_argument("--place", default="all", choices=["A", "B", "all"])
        parser.add_argument(
            "--latest", action="store_true", help="The newest backup; also the default. Not with a --target-…."
        )
        parser.add_argument("--target-time", metavar="TIME", help="The newest backup that is not after this moment.")
        parser.add_argument("--as-of", metavar="TIME", help="As the place was then: after somebody deleted backups.")
        parser.add_argument("--files", action="store_true", help="Also bring back every file that the rows name.")
        parser.add_argument("--file", metavar="SHA256", help="Bring back this one file, and nothing else.")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        at = _moment(options["as_of"], "--as-of")
        earlier = [name for name in ("target_time", "target_name") if options[name]]
        if options["latest"] and earlier:
            option = f"--{earlier[0].replace('_', '-')}"
            raise CommandError(f"--latest is the newest backup and {option} an earlier moment: say one of the two.")
        try:
            if options["data_directory"]:
                self._server(options)
            elif options["file"]:
                self._one_file(options["file"], options["place"], at)
            elif options["to"]:
                self._database(options, at)
            elif options["files"]:
                self._files(options["place"], at)
            else:
                raise CommandError("Say what to restore: --to URL, --files, or --file SHA256.")
        except DomainError as error:
            raise CommandError(error.message) from error

    def _database(self, options: dict[str, Any], at: datetime | None) -> None:
        to = servers.at(options["to"])
        done = restoring.restore(
            to=to, which=options["place"], until=_moment(options["target_time"], "--target-time"), as_of=at,
            tell=self.stderr.write,
        )  # fmt: skip
        self.stdout.write(
            f"{done.database} is as of {done.moment:%Y-%m-%d %H:%M:%S} UTC (place {done.place}): {done.rows:,} rows of "
            f"{done.tables} tables, {done.indexes_checked} indexes and {done.seals} seals verified, "
            f"{done.erased_again} people erased again, in {done.seconds} s."
        )
        for note in done.notes:
            self.stdout.write(f"note: {note}")
        faults = []
        with servers.spoken_to(to):
            if options["files"]:
                try:
                    self._files(options["place"], at)
                except CommandError as error:
                    # What else does not hold is to be known as well.
                    faults.append(str(error))
            verdict = fsck.judge(now=timezone.now(), deep=False, only=["I1", "I2", "I8", "I9", "I11", "I12"])
        for name, found in verdict.broken.items():
            for one in found[:5]:
                self.stdout.write(f"{name}: {one.what} {one.advice}")
        if broken := [name for name, found in verdict.broken.items() if found]:
            faults.append(f"Broken: {', '.join(broken)}.")
        if faults:
            raise CommandError(
                f"{done.database} came back and has its name, but not all that is promised holds. {' '.join(faults)} "
                "Point DATABASE_URL at it and run manage.py fsck --repair; start the service when that finds nothing, "
                "or when you know why it may be started all the same."
            )
        self.stdout.write("Point DATABASE_URL at it, then start the service.")

    def _server(self, options: dict[str, Any]) -> None:
        heartbeat = _moment(options["heartbeat"], "--heartbeat")
        is_to_the_end = not (options["target_time"] or options["target_name"] or options["as_of"])
        heard = evidence.outside() if is_to_the_end and heartbeat is None else evidence.Evidence()
        for note in heard.notes:
            self.stderr.write(f"note: {note}")
        erasures = ""

        def look(server: servers.Server, recovered: datetime) -> None:
            nonlocal erasures
            if misfit := restoring.misfit(server):
                # The way back from a release is of the tables before it, and that release's code cannot read them.
                erasures = (
                    f"Nobody was erased again ({misfit}): run manage.py replay_erasures of the release that fits."
                )
            else:
                erasures = f"{restoring.erase_again(server, moment=recovered)} people were erased again."

        done = cluster.restore(
            directory=options["data_directory"], repo=2 if options["place"] == "B" else 1,
            time_target=options["target_time"] or "", name_target=options["target_name"] or "",
            as_of=options["as_of"] or "", heartbeat=heartbeat or heard.outside,
            # What nobody asked for is told and keeps nothing from coming back.
            most_behind=cluster.MOST_BEHIND if heartbeat else float("inf"), database=servers.own().name, look=look,
            tell=self.stderr.write,
        )  # fmt: skip
        named = "heartbeat" if heartbeat else f"newest seal outside of the database ({heard.place})"
        until = f"{done.recovered:%Y-%m-%d %H:%M:%S.%f} UTC"
        behind = "" if done.behind_seconds is None else f", {done.behind_seconds:.1f} s behind the {named}"
        self.stdout.write(
            f"{done.directory} came back from repository {done.repository} up to {until}{behind}, in "
            f"{done.seconds:.1f} s. {erasures} Start it, run manage.py restore --files and manage.py fsck, then the "
            "service."
        )

    def _files(self, place: str, at: datetime | None) -> None:
        done = files.bring_all_back(which=place, at=at)
        self.stdout.write(f"{done.returned} files came back, {done.whole} were whole.")
        if done.lost:
            raise CommandError(f"{len(done.lost)} files have no copy: {', '.join(done.lost[:5])}.")

    def _one_file(self, sha256: str, place: str, at: datetime | None) -> None:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise CommandError("--file takes a SHA-256: 64 hexadecimal digits, as fsck and the audit log show it.")
        label = files.bring_back(sha256=sha256, which=place, at=at)
        self.stdout.write(f"The file came back from place {label}.")


def _moment(text: str | None, option: str) -> datetime | None:
    if not text:
        return None
    found = local_time.instant(text)
    if found is None:
        raise CommandError(f"{option} is a moment such as 2026-11-26T03:15:00+00:00.")
    return found
