"""What is left of a text that was erased."""

from django.db import models


class ErasedText(models.Model):
    """That a text was erased from a project, so that no later file brings it back unseen.

    `digest` is an HMAC under the project's secret: whoever reads the table cannot try texts out on it.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey("tasks_app.Project", on_delete=models.CASCADE, db_index=False)
    digest = models.CharField(max_length=64)
    erased_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="erased_text_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.digest[:8]}"
