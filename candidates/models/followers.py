"""How this app's own rows follow a person whose record is merged into another."""

from __future__ import annotations

from uuid import UUID

from django.apps import apps
from django.db.models import Q

from candidates.models import moving
from candidates.models.data_export import DataExport
from candidates.models.duplicate import NotDuplicate
from candidates.models.erasure import Erasure
from candidates.models.moving import Entry, Ledger, Mover, follow
from candidates.models.resume import Resume


def move_resumes(ledger: Ledger) -> None:
    """All of them; the current one is the kept record's, unless it has none or the other's was chosen."""
    current = {one.candidate_id: one for one in Resume.objects.ready().current().filter(
        candidate__in=[ledger.kept.pk, ledger.gone.pk])}  # fmt: skip
    stays, comes = current.get(ledger.kept.pk), current.get(ledger.gone.pk)
    if stays and comes:
        ledger.change(stays if "resume" in ledger.taken else comes, is_current=False)
    ledger.hand_over(Resume.objects.filter(candidate=ledger.gone))


def settle_resumes(kept: UUID, gone: UUID, entries: list[Entry]) -> None:
    """Each of the two has a current resume again, even if a newer file took the place of both meanwhile."""
    del entries
    for person in (kept, gone):
        mine = Resume.objects.ready().filter(candidate=person)
        newest = mine.order_by("-created_at", "-id").first()
        if newest is not None and not mine.current().exists():
            Resume.objects.filter(pk=newest.pk).update(is_current=True)


def move_words(ledger: Ledger) -> None:
    """Who is not the one that goes is not the one that stays either."""
    said = NotDuplicate.objects.filter(Q(first=ledger.gone) | Q(second=ledger.gone))
    known = NotDuplicate.objects.filter(Q(first=ledger.kept) | Q(second=ledger.kept))
    others = {one for pair in known.values_list("first_id", "second_id") for one in pair}
    for word in said.order_by("pk"):
        other = word.second_id if word.first_id == ledger.gone.pk else word.first_id
        if other != ledger.kept.pk and other not in others:
            first, second = sorted((ledger.kept.pk, other))
            ledger.add(NotDuplicate(first_id=first, second_id=second, by_id=word.by_id, at=word.at))


def _mover(one: str, many: str, name: str, **once: Q) -> Mover:
    model = f"candidates.{name}"
    return Mover(label=(one, many), model=model, move=follow(model, once=once))


def _asked(name: str, *, state: Q) -> Mover:
    """One that goes on stays where it is if the kept record has one that goes on too."""

    def move(ledger: Ledger) -> None:
        rows = apps.get_model(f"candidates.{name}")._default_manager
        mine = rows.filter(candidate=ledger.gone)
        ledger.hand_over(mine.exclude(state) if rows.filter(state, candidate=ledger.kept).exists() else mine)

    return Mover(label=("request", "requests"), model=f"candidates.{name}", move=move, counted=False)


def register() -> None:
    moving.register(
        _mover("e-mail address", "e-mail addresses", "candidateemail", address=Q()),
        _mover("phone number", "phone numbers", "candidatephone", number=Q()),
        _mover("link", "links", "candidatelink", url=Q()),
        Mover(label=("resume", "resumes"), model="candidates.resume", move=move_resumes, settle=settle_resumes),
        Mover(
            label=("upload", "uploads"),
            model="candidates.uploadticket",
            move=follow("candidates.uploadticket"),
            counted=False,
        ),
        _mover("tag", "tags", "candidatetag", tag=Q()),
        Mover(label=("other person", "other people"), model="candidates.notduplicate", move=move_words, counted=False),
        _mover("consent", "consents", "consentrecord"),
        _mover("correction asked for", "corrections asked for", "correctionrequest"),
        Mover(
            label=("notice", "notices"),
            model="candidates.noticedelivery",
            move=follow("candidates.noticedelivery"),
            counted=False,
        ),
        # A link opens the record that stands for its person, wherever that is by then.
        Mover(
            label=("link to their page", "links to their page"),
            model="candidates.selfservicelink",
            move=follow("candidates.selfservicelink"),
            counted=False,
        ),
        _mover("talent pool", "talent pools", "poolmembership", pool=Q(removed_at__isnull=True)),
        # What was asked for concerns the person, under whichever record they stand.
        _asked("erasure", state=Q(state__in=Erasure.OPEN)),
        _asked("dataexport", state=Q(state__in=[DataExport.State.WAITING, DataExport.State.MAKING])),
        # Found anew with the next run of the rules.
        Mover(label=("date", "dates"), model="candidates.retentiondue", move=lambda _ledger: None, counted=False),
    )
