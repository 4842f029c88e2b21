"""What the last look found that was taken with the key, left where processes without it find it.

The unit that looks every five minutes has the key of backups and reads what pgBackRest says; the web process has
neither (deploy/vm). What it can read in the places by itself, it reads there.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from hrassist.ops.backup.facts import Fact, Level, in_words
from hrassist.ops.backup.state import PlaceStatus, Status

# Three times the interval of the unit that looks: what is older says nothing of now.
HOLDS = timedelta(minutes=15)


def leave(found: Status) -> None:
    """Write down for the metrics when the last ones ended well, and for who has no key what it takes one to see.

    A backup counts when every place has it. Who has no key leaves what was written by the last one who has.
    """
    path: Path | None = settings.BACKUP_STATUS_FILE
    if path is None or not found.has_key:
        return
    told: dict[str, Any] = {}
    ages = [one.ages.get("database") for one in found.places]
    if ages and None not in ages:
        oldest = max(age for age in ages if age is not None)
        told["backup"] = {"finished_at": (found.at - timedelta(seconds=oldest)).isoformat()}
        sizes = [one.newest["database"]["size"] for one in found.places if "database" in one.newest]
        told["backup"] |= {"bytes": max(sizes)} if sizes else {}
    if (last := found.last_drill()) is not None and last["passed"]:
        told["drill"] = {"finished_at": last["moment"]}
    told["look"] = {
        "at": found.at.isoformat(),
        "facts": [asdict(one) for one in found.of_the_key],
        "places": {
            one.label: {
                "canary": one.canary, "age": one.ages.get("database"), "wal_age": one.wal_age,
                "shortest_lock": one.shortest_lock,
                "facts": [asdict(fact) for fact in one.of_the_key],
            }
            for one in found.places
        },
    }  # fmt: skip
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(told))
        draft.replace(path)
    except OSError as error:
        # In a sandbox one may not: the look of every five minutes writes it down.
        if error.errno not in {errno.EROFS, errno.EACCES}:
            raise


def last(*, at: datetime) -> dict[str, Any]:
    """What the last look found, or nothing where it was too long ago or nobody leaves word of it."""
    path: Path | None = settings.BACKUP_STATUS_FILE
    if path is None:
        return {}
    try:
        look: dict[str, Any] = json.loads(path.read_bytes())["look"]
        age = at - datetime.fromisoformat(look["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return look if age < HOLDS else {}


def facts_of(said: dict[str, Any]) -> list[Fact]:
    return [Fact(Level(one["level"]), one["what"], one["advice"]) for one in said.get("facts", [])]


def about_place(said: PlaceStatus, look: dict[str, Any], *, at: datetime) -> list[Fact]:
    """What the last look says of this place, or that there was none; its figures are filled in."""
    found = look.get("places", {}).get(said.label)
    if found is None:
        said.canary = None
        if settings.BACKUP_STATUS_FILE is None:
            what = f"Whether the key opens place {said.label} and how long its locks hold is told by the figures alone."
            return [Fact(Level.GOOD, what)]
        what = f"Whether the key opens place {said.label} is not known here: nobody who has it has looked"
        return [Fact(Level.WARN, f"{what} for {in_words(HOLDS)}.", "alerts/backup-status-old.md")]
    since = (at - datetime.fromisoformat(look["at"])).total_seconds()
    said.canary, said.shortest_lock = found["canary"], found["shortest_lock"]
    if settings.BACKUP_ENGINE == "pgbackrest":
        said.wal_age = None if found["wal_age"] is None else found["wal_age"] + since
        if found["age"] is not None:
            said.ages["database"] = found["age"] + since
    return facts_of(found)
