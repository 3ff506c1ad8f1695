from django.db import models


class Finding(models.Model):
    """Where in an item's published text a replacement stands, and of what kind. Never holds the value."""

    id = models.BigAutoField(primary_key=True)
    project = models.UUIDField()
    item = models.UUIDField(db_index=True)
    turn = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    detector = models.CharField(max_length=60)
    score = models.FloatField()
    replacement = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["project", "kind"], name="finding_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} in {self.item}"
