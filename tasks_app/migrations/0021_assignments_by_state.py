from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # People go on answering while the index is built.
    atomic = False

    dependencies = [('tasks_app', '0020_drafts_of_persons')]

    operations = [
        AddIndexConcurrently(
            model_name='assignment',
            index=models.Index(fields=['project', 'state', 'id'], name='assignment_by_state'),
        ),
        RemoveIndexConcurrently(model_name='assignment', name='assignment_by_project'),
    ]
