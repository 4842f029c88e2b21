"""The legal record: one flat, append-only row for everything that somebody did or saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils import timezone

from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user: User) -> Self:
        return self if user.has_perm("audit.view_event") else self.none()

    def about(self, subject: object) -> Self:
        return self.filter(subject_ref=str(subject))


class Event(models.Model):
    """Who did or saw what, when, from where, with what outcome.

    No foreign keys: the record outlives what it speaks of. No names or addresses of candidates: `subject_ref` is their
    random identifier, `changes` holds identifiers and flags. `ts` is the database's clock.
    """

    class Outcome(models.TextChoices):
        ALLOW = "allow"
        DENY = "deny"
        ERROR = "error"

    class ActorType(models.TextChoices):
        USER = "user"
        TOKEN = "token"  # noqa: S105  the kind of actor, not a secret
        SERVICE = "service"
        COMMAND = "command"
        ANONYMOUS = "anonymous"

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    ts = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    action = models.CharField(max_length=60, help_text="Noun and verb: resume.downloaded, user.login_failed, …")
    outcome = models.CharField(max_length=5, choices=Outcome.choices, default=Outcome.ALLOW)
    reason_code = models.CharField(max_length=60, blank=True)
    actor_type = models.CharField(max_length=9, choices=ActorType.choices)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_display = models.CharField(max_length=200, blank=True, help_text="As it was then.")
    token_id = models.CharField(max_length=40, blank=True)
    session_hash = models.CharField(max_length=64, blank=True)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    target_version = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file, where it is one.")
    subject_ref = models.CharField(max_length=40, blank=True, help_text="Whose data it is: the candidate's identifier.")
    job_id = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=256, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    method = models.CharField(max_length=8, blank=True)
    route = models.CharField(max_length=200, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    changes = models.JSONField(default=dict)
    node = models.CharField(max_length=64, blank=True)
    app_version = models.CharField(max_length=20, blank=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = EventQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "uid", "ts", "action", "outcome", "reason_code", "actor_type", "actor_id", "actor_display",
            "token_id", "session_hash", "target_type", "target_id", "target_version", "subject_ref", "job_id",
            "purpose", "ip",
            "user_agent", "request_id", "method", "route", "http_status", "changes", "node", "app_version",
            "schema_version",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("export_event", "Can export the audit log")]
        indexes: ClassVar = [
            models.Index(fields=["-ts", "-id"], name="event_newest"),
            models.Index(fields=["subject_ref", "-id"], name="event_subject"),
            models.Index(fields=["actor_id", "-id"], name="event_actor"),
            models.Index(fields=["action", "-id"], name="event_action"),
            # iexact compares UPPER(column): the index must be on the same expression.
            models.Index(Upper("actor_display"), models.F("id").desc(), name="event_actor_display"),
            models.Index(fields=["ip", "-id"], name="event_address"),
            models.Index(fields=["target_type", "target_id", "-id"], name="event_target"),
        ]
        constraints: ClassVar = [
            # One access is one row, however often a view asks for it within a request.
            models.UniqueConstraint(
                fields=["request_id", "action", "target_type", "target_id"],
                condition=~models.Q(request_id="") & ~models.Q(target_id="") & models.Q(method="GET"),
                name="event_one_per_access",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="no_truncate",
                operation=pgtrigger.Truncate,
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ts:%Y-%m-%d %H:%M:%S} {self.actor_display or self.actor_type} {self.action}"
