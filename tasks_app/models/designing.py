"""The designer's own tables: a schema that is still being written, and somebody's trying it out."""

from typing import Any

from django.conf import settings
from django.db import models

from accounts.models import Role
from common.ids import uuid7


class SchemaDraft(models.Model):
    """The fields of a project as they stand in one person's designer, right or wrong; gone once saved."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        "tasks_app.Project", on_delete=models.CASCADE, related_name="schema_drafts", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="schema_drafts"
    )
    # JSON's kind of text, as the fields of a version are: names of fields and labels must stay as typed.
    text: Any = models.JSONField()
    # The number of the version that it was begun from; 0: none.
    base = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="schema_draft_of_person")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.person_id} after v{self.base}"


class PutAway(models.Model):
    """A card of first steps that a person does not want to see any more."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    card = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "card"], name="put_away_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.card}"


class TryOut(models.Model):
    """A few items answered on the real workbench without a lease, pay or any effect on the project.

    `project` is None for the practice task, whose items are a gallery template's sample. `items` names each
    item by its id, or by its number in the sample file; no text of an item is copied.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tries")
    project = models.ForeignKey(
        "tasks_app.Project", on_delete=models.CASCADE, null=True, related_name="tries"
    )
    template = models.CharField(max_length=60, blank=True)
    fields: Any = models.JSONField()
    items: Any = models.JSONField()  # [{"item": id} | {"sample": line number from 0}]
    answers: Any = models.JSONField(default=dict)  # place in items -> {"value", "seconds", "score"?}
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-started_at"], name="try_out_latest")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.project_id or self.template}"
