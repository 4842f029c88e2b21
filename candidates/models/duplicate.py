"""Records that seem to be one person, what a human decided about them, and merges that can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from candidates.models import visibility
from candidates.models.candidate import Candidate
from hrassist.lib.constraints import both_or_none
from hrassist.lib.ids import uuid7

if TYPE_CHECKING:
    from hrassist.models import User


class DuplicateGroupQuerySet(models.QuerySet["DuplicateGroup"]):
    def visible_to(self, user: User) -> Self:
        """Groups of which the user sees at least two members; how many more there are is not told either."""
        seen = DuplicateMember.objects.filter(
            visibility.condition(user, path="candidate__"), group=OuterRef("pk"), candidate__merged_into__isnull=True
        )
        # Asked of each group by itself: a list that shows fifty of a hundred thousand looks at fifty.
        pair = seen.order_by().values("group").annotate(members=models.Count("pk")).filter(members__gte=2)
        return self.filter(Exists(pair))


class DuplicateGroup(models.Model):
    """Two or more records that an e-mail address, a phone number or a link connects, directly or through others."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    size = models.PositiveIntegerField()
    found_at = models.DateTimeField(default=timezone.now)

    objects = DuplicateGroupQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "size", "found_at"}

    class Meta:
        ordering: ClassVar = ["-found_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["-found_at", "-id"], name="duplicategroup_newest")]

    def __str__(self) -> str:
        return f"{self.size} records"


class DuplicateMember(models.Model):
    """A record in a group, and what connects it with another one."""

    group = models.ForeignKey(DuplicateGroup, on_delete=models.CASCADE, related_name="members")
    candidate = models.OneToOneField(Candidate, on_delete=models.CASCADE, related_name="duplicate_member")
    via = models.JSONField(default=list, help_text='[{"kind": "email" | "phone" | "link", "with": candidate id}]')

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "group", "candidate", "via"}

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.candidate}"


class NotDuplicate(models.Model):
    """A human's word that two records are two people; the smaller identifier stands first."""

    first = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "first", "second", "by", "at"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="notduplicate_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="notduplicate_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first} is not {self.second}"


class DuplicateSearch(models.Model):
    """How far the search for duplicates came: people who changed since then are looked at next. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    until = models.DateTimeField()

    class PersonalData:
        erase: ClassVar[set[str]] = set()
        keep: ClassVar = {"id", "until"}

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="duplicatesearch_one_row")]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M:%S}"


class CandidateMergeQuerySet(models.QuerySet["CandidateMerge"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(visibility.condition(user, path="kept__"))


class CandidateMerge(models.Model):
    """One record that went into another: the values before and every row that moved, so that it can be undone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kept = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="merged_by")
    before = models.JSONField(default=dict, help_text="{field: value of the kept record before}, to be restored.")
    moved = models.JSONField(default=list, help_text="[{what, rows: [ids], …}] in the order they moved.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = CandidateMergeQuerySet.as_manager()

    class PersonalData:
        erase: ClassVar = {"before", "moved"}
        keep: ClassVar = {"id", "kept", "gone", "by", "at", "undone_at", "undone_by"}

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["-at", "-id"], name="candidatemerge_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=both_or_none("undone_at", "undone_by"), name="candidatemerge_undone_pair"),
            models.UniqueConstraint(
                fields=["gone"], condition=Q(undone_at__isnull=True), name="candidatemerge_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone} into {self.kept}"
