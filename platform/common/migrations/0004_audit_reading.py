from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("common", "0003_audit_chain")]

    operations = [
        AddIndexConcurrently("auditevent", models.Index(fields=["actor", "-id"], name="audit_by_actor")),
        AddIndexConcurrently("auditevent", models.Index(fields=["action", "-id"], name="audit_by_action")),
        AddIndexConcurrently("auditevent", models.Index(fields=["at"], name="audit_by_time")),
    ]
