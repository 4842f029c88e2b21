"""The legal record: one flat, append-only row for everything that somebody did or saw, and the seals over the rows."""

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


def _append_only() -> list[pgtrigger.Trigger]:
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;",
        ),
    ]


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
        CANDIDATE = "candidate", "a person on their own page"

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    ts = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    code = models.CharField(max_length=16, blank=True, help_text="Stable for programs: RES-DL-I, RES-DL-D, …")
    action = models.CharField(max_length=60, help_text="Noun and verb: resume.downloaded, user.login_failed, …")
    outcome = models.CharField(max_length=5, choices=Outcome.choices, default=Outcome.ALLOW)
    reason_code = models.CharField(max_length=60, blank=True)
    actor_type = models.CharField(max_length=9, choices=ActorType.choices)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_display = models.CharField(max_length=200, blank=True, help_text="As it was then.")
    impersonator_id = models.CharField(max_length=40, blank=True, help_text="Who acted in this actor's name.")
    auth_method = models.CharField(max_length=40, blank=True, help_text="password, password+totp, oidc, token, …")
    token_id = models.CharField(max_length=40, blank=True)
    session_hash = models.CharField(max_length=64, blank=True)
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    target_version = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file, where it is one.")
    subject_ref = models.CharField(max_length=40, blank=True, help_text="Whose data it is: the candidate's identifier.")
    job_id = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    ip_chain_trusted = models.BooleanField(null=True, help_text="Whether only proxies of ours stand before it.")
    user_agent = models.CharField(max_length=256, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    method = models.CharField(max_length=8, blank=True)
    route = models.CharField(max_length=200, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    changes = models.JSONField(default=dict)
    node = models.CharField(max_length=64, blank=True)
    app_version = models.CharField(max_length=20, blank=True)
    schema_version = models.PositiveSmallIntegerField(default=2)
    tx = models.BigIntegerField(
        default=0, editable=False, help_text="The transaction that wrote it; a trigger sets it. Seals follow its order."
    )

    objects = EventQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "id", "uid", "ts", "code", "action", "outcome", "reason_code", "actor_type", "actor_id", "actor_display",
            "impersonator_id", "auth_method", "token_id", "session_hash", "target_type", "target_id", "target_version",
            "subject_ref", "job_id", "purpose", "ip", "ip_chain_trusted", "user_agent", "request_id", "trace_id",
            "method", "route", "http_status", "changes", "node", "app_version", "schema_version", "tx",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("export_event", "Can export the audit log")]
        indexes: ClassVar = [
            models.Index(fields=["-ts", "-id"], name="event_newest"),
            models.Index(fields=["subject_ref", "-ts", "-id"], name="event_subject"),
            models.Index(fields=["actor_id", "-ts", "-id"], name="event_actor"),
            models.Index(fields=["action", "-ts", "-id"], name="event_action"),
            # iexact compares UPPER(column): the index must be on the same expression.
            models.Index(
                Upper("actor_display"), models.F("ts").desc(), models.F("id").desc(), name="event_actor_display"
            ),
            models.Index(fields=["ip", "-ts", "-id"], name="event_address"),
            models.Index(fields=["target_id", "-ts", "-id"], name="event_target"),
            models.Index(fields=["tx", "id"], name="event_sealing"),
            # Most of what happens belongs to no job and no request of its own.
            models.Index(fields=["job_id", "-ts", "-id"], name="event_job", condition=~models.Q(job_id="")),
            models.Index(fields=["request_id"], name="event_request", condition=~models.Q(request_id="")),
            models.Index(fields=["outcome", "-ts", "-id"], name="event_outcome", condition=~models.Q(outcome="allow")),
        ]
        constraints: ClassVar = [
            # One access is one row, however often a view asks for it within a request.
            models.UniqueConstraint(
                fields=["request_id", "action", "target_type", "target_id"],
                condition=~models.Q(request_id="") & ~models.Q(target_id="") & models.Q(method="GET"),
                name="event_one_per_access",
            ),
        ]
        triggers: ClassVar = _append_only()

    def __str__(self) -> str:
        return f"{self.ts:%Y-%m-%d %H:%M:%S} {self.actor_display or self.actor_type} {self.action}"


class SealQuerySet(models.QuerySet["Seal"]):
    def visible_to(self, user: User) -> Self:
        return self if user.has_perm("audit.view_event") else self.none()


class Seal(models.Model):
    """A signature over a batch of events, chained to the seal before it; an interval without events is sealed too.

    What is signed is `audit.sealing.body.body_of`. `leaves` are the hashes of the rows, so that a row that was changed
    can be named and not only known to exist.
    """

    class Kind(models.TextChoices):
        ROWS = "rows"
        HEARTBEAT = "heartbeat"
        EXPIRY = "expiry"

    seq = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    sealed_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    ids = models.TextField(blank=True, help_text="The rows it covers: 5-9,11-11.")
    leaves = models.BinaryField(help_text="The SHA-256 of each row, in the order of ids.")
    root = models.CharField(max_length=64)
    prev = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)
    # All that was committed up to here is sealed; see audit.actions.seals.
    tx_position = models.BigIntegerField()
    id_position = models.BigIntegerField()
    id_floor = models.BigIntegerField(default=0)
    next_tx = models.BigIntegerField()
    cluster = models.CharField(max_length=24, help_text="The identifier of the database system.")
    details = models.JSONField(default=dict)
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)
    version = models.PositiveSmallIntegerField(default=1)

    objects = SealQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {
            "seq", "kind", "sealed_at", "count", "first_id", "last_id", "ids", "leaves", "root", "prev", "hash",
            "tx_position", "id_position", "id_floor", "next_tx", "cluster", "details", "key_id", "signature", "version",
        }  # fmt: skip

    class Meta:
        ordering: ClassVar = ["-seq"]
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["-sealed_at", "-seq"], name="seal_newest"),
            models.Index(fields=["first_id"], name="seal_first", condition=models.Q(first_id__isnull=False)),
            models.Index(fields=["last_id"], name="seal_last", condition=models.Q(last_id__isnull=False)),
        ]
        triggers: ClassVar = _append_only()

    def __str__(self) -> str:
        return f"seal {self.seq}"


class Anchor(models.Model):
    """That a seal and its rows were copied to a place outside this database."""

    place = models.CharField(max_length=120)
    seq = models.BigIntegerField()
    anchored_at = models.DateTimeField(db_default=Now())

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "place", "seq", "anchored_at"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["place", "seq"], name="anchor_once")]
        triggers: ClassVar = _append_only()

    def __str__(self) -> str:
        return f"seal {self.seq} in {self.place}"


class Feed(models.Model):
    """How far a system that collects logs has taken the trail."""

    name = models.CharField(max_length=40, primary_key=True)
    cursor = models.CharField(max_length=40, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="How often in a row it did not take them.")
    last_error = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"name", "cursor", "failures", "last_error", "updated_at"}

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} after {self.cursor or 'nothing'}"
