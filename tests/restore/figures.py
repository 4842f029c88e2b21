"""What the proofs measured: asserted as it is taken, and told in one block at the end of the run."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tests.restore.cluster import Tree

# The design's: sixty seconds of work at most, three minutes until it is back.
MOST_RPO, MOST_RTO = 60.0, 180.0
# The specification's, which are never missed, whatever becomes of the design's.
LIMIT_RPO, LIMIT_RTO = 15 * 60.0, 5 * 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one proof: seconds that were lost, and until it was back; how large the database was."""

    proof: str
    rpo: float
    rto: float
    megabytes: int
    archive_timeout: int


taken: list[Figures] = []


def take(tree: Tree, proof: str, *, rpo: float, rto: float) -> None:
    """Write it down, then hold it to the limits and to the targets; HRASSIST_PROOF_FIGURES names a file for it too."""
    one = Figures(proof, round(rpo, 1), round(rto, 1), size(tree), tree.archive_timeout)
    taken.append(one)
    line = json.dumps({"at": datetime.now(tz=UTC).isoformat(timespec="seconds"), **asdict(one)})
    sys.stderr.write(f"\nmeasured: {line}\n")
    assert not (short := too_small(one.megabytes)), f"{proof}: {short}"
    if path := os.environ.get("HRASSIST_PROOF_FIGURES"):
        with Path(path).open("a") as file:
            file.write(line + "\n")
    assert rpo <= LIMIT_RPO, f"{proof}: the specification's limit of what is lost is missed: {line}"
    assert rto <= LIMIT_RTO, f"{proof}: the specification's limit of a restore is missed: {line}"
    assert rpo <= MOST_RPO, f"{proof}: the target of what is lost is missed: {line}"
    assert rto <= MOST_RTO, f"{proof}: the target of a restore is missed: {line}"


def size(tree: Tree) -> int:
    """Megabytes that the database has."""
    with psycopg.connect(tree.url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database()) / 1000000").fetchone()
    return int(row[0]) if row else 0


def asked() -> int:
    """Megabytes that the database is to have; 0 where an empty one will do."""
    return int(os.environ.get("HRASSIST_PROOF_MB", "0"))


def too_small(megabytes: int) -> str:
    """Why a figure says nothing of the size that was asked for, or nothing: 2048 of them are 2 GB at least."""
    least = asked() * 1000 // 1024
    return f"the database has {megabytes} MB, and was to have {least}" if megabytes < least else ""


def block() -> list[str]:
    """All that was taken, as it is read by whoever ran it; nothing where nothing was."""
    if not taken:
        return []
    lines = [f"{'proof':46}{'database':>10}{'archive_timeout':>17}{'lost':>9}{'back after':>12}"]
    lines += [
        f"{one.proof:46}{one.megabytes:>7} MB{one.archive_timeout:>15} s{one.rpo:>7.1f} s{one.rto:>10.1f} s"
        for one in taken
    ]
    for name, rpo, rto in (("target", MOST_RPO, MOST_RTO), ("limit of the specification", LIMIT_RPO, LIMIT_RTO)):
        lines.append(f"{name:46}{'':10}{'':17}{rpo:>7.1f} s{rto:>10.1f} s")
    return lines
