"""The doors of the audit trail: `record` for changes, `viewed` for reads, `denied` and `failed` for the rest."""

from audit.actions.events import AuditUnavailable, denied, failed, record, viewed

__all__ = ["AuditUnavailable", "denied", "failed", "record", "viewed"]
