"""Who wrote the steps there are, and what they took, as far as it is known; then the index that nothing reads goes."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

BATCH = 5_000
# A run that was finished without a model has forgotten which one it had.
FORGOTTEN = "a language model"


def fill(apps, schema_editor):
    Endpoint, Run, Step, Call = (
        apps.get_model("jobs", name) for name in ("ModelEndpoint", "TailoringRun", "TailoringStep", "ModelCall")
    )
    for row in Endpoint.objects.all():
        Run.objects.filter(provider=row.name, endpoint=None).update(endpoint=row)
    provider = Subquery(Run.objects.filter(pk=OuterRef("run")).values("provider")[:1])
    paid = Q(tokens_in__gt=0) | Q(tokens_out__gt=0)
    written = Step.objects.filter(Q(output__isnull=False) | paid, provider="")
    written.filter(paid, run__provider="offline").update(provider=FORGOTTEN)
    written.update(provider=provider)
    steps = Step.objects.filter(paid, calls=None).annotate(
        of=F("run__endpoint"), when=Coalesce("started_at", Now())
    )  # fmt: skip
    told = steps.values_list("pk", "of", "provider", "tokens_in", "tokens_out", "cost", "when")
    Call.objects.bulk_create(
        (
            Call(step_id=pk, endpoint_id=of, provider=name, tokens_in=came, tokens_out=went, cost=cost, at=when)
            for pk, of, name, came, went, cost, when in told.iterator(chunk_size=BATCH)
        ),
        batch_size=BATCH,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0028_models_that_write_and_are_paid")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        RemoveIndexConcurrently(model_name="tailoringstep", name="tailoringstep_month"),
    ]
