"""Which provider writes a run."""

from __future__ import annotations

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
        raise llm.ModelUnreachable(
            "The language model of this run is switched off now. Finish without a model, or ask an operator to switch "
            "it on.",
            again=False,
        )
    return endpoint(row)


def row_of(run: TailoringRun) -> ModelEndpoint | None:
    """The language model that goes on with a run, as it is set now; None for the built-in provider."""
    return ModelEndpoint.objects.filter(pk=run.endpoint_id).first() if run.endpoint_id else None


def endpoint(row: ModelEndpoint) -> llm.Endpoint:
    """The client of an endpoint, with its key unsealed."""
    return llm.Endpoint(
        name=row.name, dialect=row.dialect, base_url=row.base_url, model=row.model,
        key=sealing.unseal(row.sealed_key) if row.sealed_key else "", price=price(row),
    )  # fmt: skip


def price(row: ModelEndpoint) -> llm.Price:
    return llm.Price(row.price_in, row.price_out)


def offered() -> list[tuple[str, str]]:
    """What a recruiter may choose, the built-in one first."""
    rows = ModelEndpoint.objects.filter(enabled=True).values_list("name", "model")
    return [(OFFLINE, "Built in, without a language model"), *((name, f"{name} ({model})") for name, model in rows)]
