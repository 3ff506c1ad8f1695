from django.db import models

from common.ids import uuid7
from tasks_app.models import Item


class Suggestion(models.Model):
    """A model's answer shown (visibly as such) with an item before the person answers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="suggestions")
    field = models.CharField(max_length=60)
    value = models.JSONField()
    confidence = models.FloatField()
    source = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "field"], name="suggestion_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.field}"
