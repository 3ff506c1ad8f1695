from django.db import migrations


def read_anew(apps, schema_editor):
    """Of short posts only the script was known: they are hidden until they have been read again."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("""
            UPDATE social_content_post SET tongues = NULL
            WHERE cardinality(tongues) > 0
            AND NOT EXISTS (SELECT 1 FROM unnest(tongues) AS one WHERE one NOT LIKE 'script:%')
        """)
    apps.get_model("social_content", "Floor").objects.update(version=None, threshold=None)


class Migration(migrations.Migration):

    dependencies = [("social_content", "0002_subjects_and_tongues")]

    operations = [migrations.RunPython(read_anew, migrations.RunPython.noop)]
