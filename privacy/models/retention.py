from django.db import models
from django.db.models import Q

from common.ids import uuid7


class RetentionRule(models.Model):
    """How long one kind of record is kept: on the whole site (project null), or in one project instead.

    busy_until: somebody is at it; who is killed leaves it to pass, and the next one goes on.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    project = models.UUIDField(null=True)
    days = models.PositiveIntegerField()
    is_on = models.BooleanField(default=False)
    busy_until = models.DateTimeField(null=True)
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "project"], name="retention_rule_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(days__gte=1), name="retention_days"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.days} days"


class RetentionRun(models.Model):
    """One execution of a rule. `removed` is committed with each batch, so it holds whatever is killed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.ForeignKey(RetentionRule, on_delete=models.CASCADE, related_name="runs")
    before = models.DateTimeField()
    removed = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule"], condition=Q(finished_at=None), name="retention_run_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.removed}"
