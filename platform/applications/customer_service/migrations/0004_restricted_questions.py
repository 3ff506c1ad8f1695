from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("customer_service", "0003_read_again")]

    operations = [
        migrations.AddField(
            model_name="unknown",
            name="restricted",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
