import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks_app', '0017_items_by_state'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='undo_seconds',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(30)]),
        ),
    ]
