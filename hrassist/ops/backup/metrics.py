"""How backups stand, as metrics for a collector of text files."""

from __future__ import annotations

from datetime import datetime

from hrassist.ops.backup.state import Status


def prometheus(status: Status) -> str:
    """The same as metrics, in the format of Prometheus; an absent one is absent, so that its alert sees that."""
    lines: list[str] = []

    def metric(name: str, helped: str, values: list[tuple[str, float]]) -> None:
        if values:
            lines.extend([f"# HELP {name} {helped}", f"# TYPE {name} gauge"])
            lines.extend(
                f"{name}{{{labels}}} {float(value)!r}" if labels else f"{name} {float(value)!r}"
                for labels, value in values
            )

    ages = [
        (f'kind="{kind}",place="{one.label}"', one.ages[kind])
        for one in status.places
        for kind in ("database", "files")
        if kind in one.ages
    ]
    metric("hrassist_backup_age_seconds", "Age of the newest complete backup.", ages)
    metric("hrassist_backup_key_canary", "1 where the newest key opens what lies there.", [
        (f'place="{one.label}"', float(one.canary)) for one in status.places if one.canary is not None
    ])  # fmt: skip
    metric("hrassist_backup_files_missing", "Files that rows name and the last copy did not find.", [
        (f'place="{one.label}"', one.missing) for one in status.places if "files" in one.ages
    ])  # fmt: skip
    metric("hrassist_backup_files_altered", "Files that the last copy found altered.", [
        (f'place="{one.label}"', one.altered) for one in status.places if "files" in one.ages
    ])  # fmt: skip
    metric("hrassist_backup_shortest_lock_seconds", "How long the first lock to end still holds.", [
        (f'place="{one.label}"', one.shortest_lock) for one in status.places if one.shortest_lock is not None
    ])  # fmt: skip
    for name, helped in (("wal_age", "Since WAL last came to a place."), ("wal_holes", "Missing segments of a place.")):
        unit = "_seconds" if name == "wal_age" else ""
        known = [(f'place="{one.label}"', getattr(one, name)) for one in status.places]
        metric(f"hrassist_{name}{unit}", helped, [(label, value) for label, value in known if value is not None])
    if (failing := status.archive.failing_for) is not None:
        metric("hrassist_wal_archiver_failing_seconds", "Since the archiver's last success, while it fails.", [
            ("", failing)
        ])  # fmt: skip
    metric("hrassist_wal_slot_bytes", "How much WAL a replication slot keeps.", [
        (f'slot="{name}"', kept) for name, kept in status.archive.slots.items()
    ])  # fmt: skip
    if status.room:
        metric("hrassist_restore_free_bytes", "Room on the disk that a restore writes to.", [("", status.room.free)])
        metric("hrassist_restore_needed_bytes", "What a restore has to hold.", [("", status.room.needed)])
    metric("hrassist_backup_free_bytes", "Room in a place that is a folder.", [
        (f'place="{one.label}"', one.free) for one in status.places if one.free is not None
    ])  # fmt: skip
    if (last := status.last_drill()) is not None:
        age = (status.at - datetime.fromisoformat(last["moment"])).total_seconds()
        metric("hrassist_drill_age_seconds", "Age of the last drill.", [("", age)])
        metric("hrassist_drill_passed", "1 where the last drill passed.", [("", float(last["passed"]))])
        # With dumps the RPO is the time since the last one: another limit holds for it.
        for name, labels in (("rpo", f'engine="{last.get("engine", "dump")}"'), ("rto", "")):
            if f"{name}_seconds" in last:
                metric(f"hrassist_drill_{name}_seconds", f"The {name.upper()} that the last drill measured.", [
                    (labels, last[f"{name}_seconds"])
                ])  # fmt: skip
    metric("hrassist_backup_read_timestamp_seconds", "When the places were read.", [("", status.at.timestamp())])
    return "\n".join(lines) + "\n"
