from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("finance_monitor", "0004_alert_since")]

    operations = [
        migrations.RemoveField(model_name="alert", name="mail_attempts"),
        migrations.RemoveField(model_name="alert", name="mailed_at"),
    ]
