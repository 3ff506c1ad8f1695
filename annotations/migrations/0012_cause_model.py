from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0011_model_judgments")]

    operations = [
        migrations.AlterField(
            model_name="consensus",
            name="cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("doubt", "Doubt"),
                    ("sample", "Sample"),
                    ("appeal", "Appeal"),
                    ("model", "Model"),
                ],
                default="",
                max_length=6,
            ),
        ),
    ]
