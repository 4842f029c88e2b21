import django.db.models.functions.text
from django.db import migrations, models


def fill_match_keys(apps, schema_editor):
    """Links that were written before their key was."""
    from candidates.models.contact import link_key

    links = apps.get_model("candidates", "CandidateLink").objects
    batch = []
    for link in links.filter(match_key="").only("pk", "url").iterator(chunk_size=5000):
        link.match_key = link_key(link.url)
        if link.match_key:
            batch.append(link)
        if len(batch) == 5000:
            links.bulk_update(batch, ["match_key"])
            batch = []
    links.bulk_update(batch, ["match_key"])


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0008_remember_imported_rows'),
    ]

    operations = [
        migrations.CreateModel(
            name='DuplicateSearch',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddIndex(
            model_name='candidatephone',
            index=models.Index(models.Case(models.When(models.Q(('e164', ''), _negated=True), then=django.db.models.functions.text.Substr('e164', 2)), default=models.Func(models.F('number'), models.Value('\\D'), models.Value(''), models.Value('g'), function='REGEXP_REPLACE'), output_field=models.CharField()), name='candidatephone_key'),
        ),
        migrations.AddConstraint(
            model_name='duplicatesearch',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='duplicatesearch_one_row'),
        ),
        migrations.RunPython(fill_match_keys, migrations.RunPython.noop),
    ]
