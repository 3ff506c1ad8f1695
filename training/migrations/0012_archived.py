from django.db import migrations, models


def rename(apps, _editor):
    apps.get_model("training", "ModelVersion").objects.filter(stage="retired").update(stage="archived")


def rename_back(apps, _editor):
    apps.get_model("training", "ModelVersion").objects.filter(stage="archived").update(stage="retired")


class Migration(migrations.Migration):
    dependencies = [("training", "0011_retrain_rules")]

    operations = [
        migrations.AddField(
            model_name="model", name="guards", field=models.JSONField(db_default={}, default=dict)
        ),
        migrations.AlterField(
            model_name="modelversion",
            name="stage",
            field=models.CharField(
                choices=[("candidate", "Candidate"), ("production", "Production"), ("archived", "Archived")],
                default="candidate",
                max_length=10,
            ),
        ),
        migrations.RunPython(rename, rename_back),
    ]
