from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("privacy", "0009_request_searched")]

    operations = [
        migrations.AddField("sharingoptout", "subject", models.UUIDField(null=True, unique=True)),
        migrations.RemoveConstraint("sharingoptout", "sharing_opt_out_of_one"),
        migrations.AddConstraint(
            "sharingoptout",
            models.CheckConstraint(
                condition=Q(account__isnull=False, item__isnull=True, subject__isnull=True)
                | Q(account__isnull=True, item__isnull=False, subject__isnull=True)
                | Q(account__isnull=True, item__isnull=True, subject__isnull=False),
                name="sharing_opt_out_of_one",
            ),
        ),
    ]
