from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0010_opt_out_of_subjects")]

    operations = [
        migrations.AddField("datasubject", "restricted", models.BooleanField(default=False, db_default=False))
    ]
