"""Vectors of resumes, made again when the sentence model changed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from candidates.models import Resume, ResumeText, ResumeVector
from hrassist.lib.embeddings import Embedder, shared_embedder

BATCH = 64
Progress = Callable[[int, int], None]


def embed_again(*, embedder: Embedder | None = None, progress: Progress = lambda _done, _total: None) -> int:
    """Give each READY resume whose vector is missing or by another model one by this model; returns how many.

    Until then a ranking leaves such a person out. Each batch commits by itself: stopped at any moment and run again, it
    goes on where it stands. `progress` hears (done, total).
    """
    model = embedder or shared_embedder()
    waiting = Resume.objects.ready().filter(text__isnull=False)
    waiting = waiting.filter(Q(vector__isnull=True) | ~Q(vector__model_hash=model.model_hash))
    total = waiting.count()
    done, after = 0, UUID(int=0)
    # By key: a resume that arrives meanwhile has a vector by this model already.
    while batch := list(waiting.filter(pk__gt=after).order_by("pk").values_list("pk", "text__head")[:BATCH]):
        rows = model.embed([head for _, head in batch])
        vectors = {
            pk: ResumeVector(resume_id=pk, embedding=row.tolist(), model_hash=model.model_hash)
            for (pk, _), row in zip(batch, rows, strict=True)
        }
        done += _store(vectors, heads=dict(batch))
        after = batch[-1][0]
        progress(done, total)
    return done


@transaction.atomic
def _store(vectors: dict[UUID, ResumeVector], *, heads: dict[UUID, str]) -> int:
    # Locked and compared: somebody may have been erased, or their text read again, while the model worked.
    texts = ResumeText.objects.select_for_update(no_key=True).filter(pk__in=vectors, resume__state=Resume.State.READY)
    still = [pk for pk, head in texts.order_by("pk").values_list("pk", "head") if head == heads[pk]]
    ResumeVector.objects.bulk_create(
        [vectors[pk] for pk in still],
        update_conflicts=True,
        unique_fields=["resume"],
        update_fields=["embedding", "model_hash", "made_at"],
    )
    return len(still)
