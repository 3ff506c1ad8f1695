from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("tasks_app", "0016_reviewers_needed")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["project", "state", "position"], name="item_by_state"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                fields=["project", "position"], condition=Q(gold__isnull=False), name="item_gold"
            ),
        ),
    ]
