"""Answers about sex and race, in a table that nothing leads to, and where people are asked for them: nowhere yet."""

import django.db.models.deletion
import django.utils.timezone
import hrassist.lib.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0031_find_tailored_together'),
    ]

    operations = [
        migrations.AddField(
            model_name='jobprivacy',
            name='asks_demographics',
            field=models.CharField(blank=True, choices=[('', 'As its place says'), ('yes', 'Ask'), ('no', 'Do not ask')], db_default='', default='', max_length=3, verbose_name='asks for sex and race'),
        ),
        migrations.AddField(
            model_name='jurisdictionsetting',
            name='asks_demographics',
            field=models.BooleanField(db_default=False, default=False, help_text='Applicants are asked, if they like, after they applied.', verbose_name='asks for sex and race'),
        ),
        migrations.CreateModel(
            name='DemographicAnswer',
            fields=[
                ('id', models.UUIDField(default=hrassist.lib.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('sex', models.CharField(blank=True, choices=[('female', 'Female'), ('male', 'Male'), ('another', 'Another')], max_length=7)),
                ('race', models.CharField(blank=True, choices=[('hispanic', 'Hispanic or Latino'), ('white', 'White'), ('black', 'Black or African American'), ('islander', 'Native Hawaiian or Other Pacific Islander'), ('asian', 'Asian'), ('native', 'American Indian or Alaska Native'), ('several', 'Two or more races')], max_length=8)),
                ('form_version', models.CharField(max_length=20)),
                ('consent_version', models.CharField(blank=True, help_text='Empty where a program had asked.', max_length=20)),
                ('channel', models.CharField(choices=[('apply_form', 'After the application form'), ('self_service', 'Their own page'), ('api', 'A program that had asked them')], max_length=12)),
                ('asked_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('application', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.application')),
                ('submission', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.intakesubmission')),
            ],
            options={
                'permissions': [('count_demographicanswer', 'Can count answers about sex and race')],
                'default_permissions': ('add',),
                'indexes': [models.Index(fields=['answered_at'], name='demographicanswer_oldest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('race', ''), ('sex', ''), _negated=True), name='demographicanswer_says_something'), models.CheckConstraint(condition=models.Q(('application__isnull', False), ('submission__isnull', False), _connector='OR'), name='demographicanswer_of_somebody'), models.CheckConstraint(condition=models.Q(('asked_at__lte', models.F('answered_at'))), name='demographicanswer_asked_before')],
            },
        ),
    ]
