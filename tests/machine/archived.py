"""What pgBackRest of the machine holds: segments of WAL, and the points that a release named in them."""

from __future__ import annotations

import re

from tests.machine.machine import Machine

FETCHED = "/var/lib/postgresql/fetched"
AS_PGBACKREST = "runuser", "-u", "postgres", "--", "pgbackrest", "--stanza=hrassist"


def segments(machine: Machine, repo: int) -> list[str]:
    """The WAL that is in a repository, the oldest first."""
    listed = machine.run(*AS_PGBACKREST, f"--repo={repo}", "repo-ls", "--recurse", "archive/hrassist").splitlines()
    return sorted({path.rpartition("/")[2][:24] for path in listed if re.search(r"/[0-9A-F]{24}-", path)})


def points(machine: Machine, repo: int, *, after: str) -> list[str]:
    """The names of a release's points in what came to a repository since then, as PostgreSQL reads it from there."""
    found: list[str] = []
    machine.run("install", "--directory", "--owner=postgres", FETCHED)
    for segment in [one for one in segments(machine, repo) if one > after]:
        # Which segment it is, pg_waldump takes from the file's name.
        path = f"{FETCHED}/{segment}"
        machine.run(*AS_PGBACKREST, f"--repo={repo}", "archive-get", segment, path)
        # It ends where the segment was switched away from, and calls that an error.
        dumped = machine.ask("/usr/lib/postgresql/17/bin/pg_waldump", "--rmgr=XLOG", path)
        assert "could not find file" not in dumped.stderr
        found += re.findall(r"RESTORE_POINT (before-\S+)", dumped.stdout)
        machine.run("rm", path)
    return found
