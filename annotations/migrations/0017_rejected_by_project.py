from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("annotations", "0016_consensus_by_change")]

    operations = [
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(
                fields=["project", "decided_at"], condition=Q(state="rejected"), name="answer_rejected_of"
            ),
        )
    ]
