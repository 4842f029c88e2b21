from django.db import migrations


def add_rules(apps, schema_editor):
    from candidates.retention.presets import PRESETS

    rules = apps.get_model("candidates", "RetentionRule").objects
    for one in PRESETS:
        rules.get_or_create(
            key=one.key,
            defaults={
                "name": one.name, "effect": one.effect, "clock": one.clock, "months": one.months,
                "country": one.country, "active": one.active, "source": one.source,
            },
        )


def remove_rules(apps, schema_editor):
    apps.get_model("candidates", "RetentionRule").objects.exclude(key="").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0010_erasure_and_retention'),
    ]

    operations = [
        migrations.RunPython(add_rules, remove_rules),
    ]
