"""How far a restore has to come, by what is kept outside of the database; the database itself is a second witness.

A copy of each seal of the audit trail lies where this database has no say: a database that is gone, or that was cut and
goes on, cannot make it look as if nothing had been lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from audit.actions import anchoring
from audit.sealing import anchors
from audit.sealing import keys as audit_keys
from hrassist.lib.errors import DomainError, NotFound
from hrassist.ops.backup import servers
from hrassist.ops.backup.servers import DatabaseUnavailable

# The database writes an event with every change and a seal each minute: how far it came is in these.
HEARTBEAT = "SELECT greatest((SELECT max(ts) FROM audit_event), (SELECT max(sealed_at) FROM audit_seal))"
# A seal is made and copied each minute.
MOST_APART = timedelta(minutes=10)


class NoEvidence(NotFound):
    code = "no_evidence"
    default_message = (
        "Nothing says how far a restore has to come: the database does not answer, and no place outside of it has a "
        "seal (manage.py audit_anchors)."
    )


@dataclass(slots=True)
class Evidence:
    """When the database was last heard of, by each of the two; `disagreement` where they cannot both be true."""

    outside: datetime | None = None
    # Where that seal lies.
    place: str = ""
    database: datetime | None = None
    disagreement: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def heartbeat(self) -> datetime:
        """The later of the two. Raises NoEvidence."""
        found = [one for one in (self.outside, self.database) if one is not None]
        if not found:
            raise NoEvidence
        return max(found)

    def as_json(self) -> dict[str, Any]:
        return {
            "outside": self.outside.isoformat() if self.outside else None, "place": self.place,
            "database": self.database.isoformat() if self.database else None, "notes": self.notes,
        }  # fmt: skip


def gather() -> Evidence:
    """Ask the places of seals, then the database: what it says is never older than what was copied from it before."""
    found = outside()
    try:
        with servers.own().connect() as connection:
            row = connection.execute(HEARTBEAT).fetchone()
        found.database = row[0] if row else None
    except DatabaseUnavailable as error:
        found.notes.append(f"{error.message} What is lost was measured by the seal outside of it.")
        return found
    _compare(found)
    return found


def outside() -> Evidence:
    """The newest genuine seal of which a place has a copy; no database is needed."""
    found = Evidence()
    try:
        ring = audit_keys.configured()
    except (DomainError, OSError) as error:
        why = error.message if isinstance(error, DomainError) else f"{error.filename}: {error.strerror}."
        found.notes.append(f"Seals outside of the database could not be verified: {why}")
        return found
    for place in anchors.configured():
        try:
            seal = anchoring.newest(place, ring=ring)
        except DomainError as error:
            found.notes.append(error.message)
            continue
        except OSError as error:
            # A folder of the application's, asked by the server's user (deploy/vm/pgbackrest).
            found.notes.append(f"{place.name} cannot be read: {error.strerror}.")
            continue
        if seal is not None and (found.outside is None or seal.sealed_at > found.outside):
            found.outside, found.place = seal.sealed_at, place.name
    return found


def _compare(found: Evidence) -> None:
    if found.outside is None:
        found.notes.append("No seal was found outside of the database: what is lost was measured by itself alone.")
    elif found.database is None or found.database < found.outside:
        newest = "knows of nothing" if found.database is None else f"ends at {found.database:%Y-%m-%d %H:%M:%S} UTC"
        found.disagreement = (
            f"{found.place} has a seal of {found.outside:%Y-%m-%d %H:%M:%S} UTC, and the database {newest}: it was "
            "cut, or it is another one (manage.py audit_verify --anchors)."
        )
    elif found.database - found.outside > MOST_APART:
        minutes = (found.database - found.outside) / timedelta(minutes=1)
        found.notes.append(
            f"The newest seal outside of the database is {minutes:.0f} minutes older than it: what is lost was "
            "measured by the database alone (manage.py audit_anchors)."
        )
