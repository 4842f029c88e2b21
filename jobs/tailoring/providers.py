"""Which provider writes a run."""

from __future__ import annotations

from datetime import datetime

from hrassist.identity import sealing
from hrassist.lib import llm
from jobs.models.model_endpoint import ModelEndpoint
from jobs.models.tailoring import OFFLINE, TailoringRun
from jobs.tailoring.offline import OfflineProvider


def of(run: TailoringRun) -> llm.Provider:
    """The provider that the run was started with. Raises ModelUnreachable where it is switched off since."""
    if run.provider == OFFLINE:
        return OfflineProvider()
    row = row_of(run)
    if row is None or not row.enabled:
        raise switched_off()
    return endpoint(row)


def switched_off() -> llm.ModelUnreachable:
    return llm.ModelUnreachable(
        "The language model of this run is switched off now. Finish without a model, or ask an operator to switch it "
        "on.",
        again=False,
    )


def row_of(run: TailoringRun) -> ModelEndpoint | None:
    """The language model that goes on with a run, as it is set now; None for the built-in provider."""
    return ModelEndpoint.objects.filter(pk=run.endpoint_id).first() if run.endpoint_id else None


# A question that is too long, and one that was not paid for, say nothing of whether the model can be reached.
_OF_THE_QUESTION = (llm.ModelContextTooSmall, llm.BudgetSpent)


def note(run: TailoringRun, error: llm.ModelFailed | None, *, now: datetime) -> None:
    """Keep how a call ended, as a test of the connection does: a model that is down is seen without anybody's click."""
    if run.endpoint_id and not isinstance(error, _OF_THE_QUESTION):
        said = error.message[:300] if error else ""
        ModelEndpoint.objects.filter(pk=run.endpoint_id).update(tested_at=now, test_said=said)


def endpoint(row: ModelEndpoint) -> llm.Endpoint:
    """The client of an endpoint, with its key unsealed. Raises ModelRefusedKey where no key of ours opens it."""
    return llm.Endpoint(
        name=row.name, dialect=row.dialect, base_url=row.base_url, model=row.model, key=_key_of(row), price=price(row)
    )  # fmt: skip


def _key_of(row: ModelEndpoint) -> str:
    if not row.sealed_key:
        return ""
    try:
        key = sealing.unseal(row.sealed_key)
    except sealing.Unreadable as error:
        raise llm.ModelRefusedKey(
            "The key of this language model was sealed with another SECRET_KEY. An operator enters it anew under "
            "Language models, or puts the former key into HRASSIST_SECRET_KEY_FALLBACKS; then continue.",
            again=False,
        ) from error
    if sealing.is_former(row.sealed_key):
        # Each use lets the former key go a little sooner; somebody may have entered another one meanwhile.
        now = sealing.resealed(row.sealed_key)
        ModelEndpoint.objects.filter(pk=row.pk, sealed_key=row.sealed_key).update(sealed_key=now)
    return key


def price(row: ModelEndpoint) -> llm.Price:
    return llm.Price(row.price_in, row.price_out)


def offered() -> list[tuple[str, str]]:
    """What a recruiter may choose, the built-in one first."""
    rows = ModelEndpoint.objects.filter(enabled=True).values_list("name", "model")
    return [(OFFLINE, "Built in, without a language model"), *((name, f"{name} ({model})") for name, model in rows)]
