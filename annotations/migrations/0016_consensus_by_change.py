from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("annotations", "0015_suspected")]

    operations = [
        AddIndexConcurrently(
            "consensus", models.Index(fields=["project", "updated_at"], name="consensus_by_change")
        ),
    ]
