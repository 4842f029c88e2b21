"""What the language model may take: checked before each call, of a run and of a month."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Coalesce

from hrassist.lib import llm
from jobs.models.tailoring import TailoringRun


def check(run: TailoringRun, provider: llm.Provider) -> None:
    """Raises BudgetSpent where one more call could go beyond what a run may take. What stays here costs nothing."""
    if not provider.leaves:
        return
    taken = run.steps.aggregate(tokens=Coalesce(Sum("tokens_in") + Sum("tokens_out"), 0))["tokens"]
    if taken >= settings.TAILORING_RUN_TOKENS:
        raise llm.BudgetSpent(
            f"This run has taken {taken:,} tokens, and {settings.TAILORING_RUN_TOKENS:,} are what one may take. Finish "
            "it without a model, or start anew."
        )
