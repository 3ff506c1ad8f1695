import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What was written so far is the owner's: they are the only ones who are there for certain.
_TAKE_OVER = """
INSERT INTO tasks_app_schemadraft (project_id, person_id, text, base, updated_at)
SELECT d.project_id, p.owner_id, d.text, d.base, d.updated_at
FROM tasks_app_olddraft d JOIN tasks_app_project p ON p.id = d.project_id
"""


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('tasks_app', '0019_designer'),
    ]

    operations = [
        migrations.RenameModel('SchemaDraft', 'OldDraft'),
        migrations.CreateModel(
            name='SchemaDraft',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('text', models.JSONField()),
                ('base', models.PositiveIntegerField(default=0)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schema_drafts', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='schema_drafts', to='tasks_app.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'person'), name='schema_draft_of_person')],
            },
        ),
        migrations.RunSQL(_TAKE_OVER, migrations.RunSQL.noop),
        migrations.DeleteModel('OldDraft'),
    ]
