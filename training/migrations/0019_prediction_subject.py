from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("training", "0018_cleaning_task")]

    operations = [
        migrations.AddField("prediction", "subject", models.UUIDField(null=True)),
        AddIndexConcurrently(
            "prediction",
            models.Index(
                fields=["subject"], condition=models.Q(subject__isnull=False), name="prediction_subject"
            ),
        ),
    ]
