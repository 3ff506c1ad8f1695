from django.conf import settings
from django.db import models

from common.ids import uuid7
from tasks_app.models.projects import Project


class ImportJob(models.Model):
    """A file on its way into a project. `offset` and the counts are committed with each batch of items, so a
    killed worker's job goes on where the last committed batch ended."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="import_jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    path = models.CharField(max_length=300)
    format = models.CharField(max_length=10)
    options = models.JSONField(default=dict)
    size = models.BigIntegerField(default=0)
    offset = models.BigIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    findings = models.JSONField(default=dict)
    error_count = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.project_id} {self.state}"
