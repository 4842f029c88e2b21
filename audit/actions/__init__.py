"""The doors of the audit trail: `record` for changes, `viewed` for reads, `denied` for what was refused."""

from audit.actions.events import AuditUnavailable, denied, record, viewed

__all__ = ["AuditUnavailable", "denied", "record", "viewed"]
