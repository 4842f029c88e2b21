"""A call of a language model holds, while it is under way, the most that it can take of a month's budget."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0034_say_what_no_budget_means")]

    operations = [
        migrations.AddField(
            model_name="modelcall",
            name="held_in",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Tokens that it can take in at most."
            ),
        ),
        migrations.AddField(
            model_name="modelcall",
            name="held_out",
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="Tokens that it can say at most."),
        ),
        migrations.AddField(
            model_name="modelcall",
            name="held_cost",
            field=models.DecimalField(db_default=0, decimal_places=6, default=0, max_digits=12),
        ),
        migrations.AddField(
            model_name="modelcall",
            name="held_until",
            field=models.DateTimeField(
                blank=True,
                help_text="No call takes longer; what one held whose worker died is free then.",
                null=True,
            ),
        ),
    ]
