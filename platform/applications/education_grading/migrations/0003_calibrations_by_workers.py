import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def those_there_are_made(apps, schema_editor):
    apps.get_model("education_grading", "Calibration").objects.update(state="done")


class Migration(migrations.Migration):
    dependencies = [
        ("education_grading", "0002_subjects_and_teaching"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "calibration", "asked_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("calibration", "progress", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField(
            "calibration", "state",
            models.CharField(
                choices=[
                    ("queued", "Queued"), ("running", "Running"), ("done", "Done"), ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="queued", max_length=9,
            ),
        ),
        migrations.AddField("calibration", "reason", models.CharField(blank=True, default="", max_length=500), preserve_default=False),
        migrations.AddField("calibration", "claim", models.UUIDField(null=True)),
        migrations.AddField("calibration", "heartbeat_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "calibration", "queued_at", models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField("calibration", "sha256", models.CharField(blank=True, default="", max_length=64), preserve_default=False),
        migrations.AddField("calibration", "wanted", models.JSONField(null=True)),
        migrations.RunPython(those_there_are_made, migrations.RunPython.noop),
    ]
