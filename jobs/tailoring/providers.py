"""Which provider writes a run."""

from __future__ import annotations

from hrassist.lib import llm
from jobs.models.tailoring import TailoringRun
from jobs.tailoring.offline import OfflineProvider

OFFLINE = OfflineProvider.name


def of(run: TailoringRun) -> llm.Provider:
    """The provider that the run was started with. Raises ModelUnreachable where it is switched off since."""
    if run.provider == OFFLINE:
        return OfflineProvider()
    raise llm.ModelUnreachable(
        "The language model of this run is switched off now. Finish without a model, or ask an operator to switch it on."
    )
