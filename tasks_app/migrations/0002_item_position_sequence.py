from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks_app", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE tasks_app_item_position", "DROP SEQUENCE tasks_app_item_position")
    ]
