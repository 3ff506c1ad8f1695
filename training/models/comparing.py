"""Two versions held against each other because somebody asked."""

from typing import Any

from django.db import models
from django.db.models import F, Q

from common.ends import EndNote
from common.ids import uuid7
from training.models.registry import ModelVersion
from training.models.serving import AskedWork


class VersionComparison(AskedWork):
    """`version` against `other` of the same model, on the test items of `version`'s snapshot.

    parts: those of versus.differences, `version` as the candidate; empty when no item is left to compare on.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="comparisons")
    other = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    parts: Any = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "other"], name="versions_compared_once"),
            models.CheckConstraint(condition=~Q(version=F("other")), name="version_against_another"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} against {self.other_id}: {self.state}"

    def end_note(self) -> EndNote:
        model = self.version.model
        url = f"/models/{model.name}/comparisons/"
        person = self.asked_by_id or model.project.owner_id
        return EndNote("comparison", person, url, model.project.title)
