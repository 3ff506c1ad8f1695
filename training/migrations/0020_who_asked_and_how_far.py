import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0019_prediction_subject"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "versioncomparison", "asked_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("versioncomparison", "progress", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField(
            "servingruntime", "asked_by",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("servingruntime", "progress", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("crossfit", "progress", models.PositiveSmallIntegerField(default=0)),
    ]
