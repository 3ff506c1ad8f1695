"""Searches for a recipe, their trials, and the recipes that are kept."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings as site
from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models import Project
from training.models.runs import Run


class Recipe(models.Model):
    """Settings under a name, for one project's fields of one type; without a project, for the whole site's.

    `value` is what they reached on dev in the search that found them, if one did.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="recipes")
    name = TypedChar(max_length=80)
    head = models.CharField(max_length=20)
    settings = models.JSONField(default=dict)
    metric = models.CharField(max_length=20, blank=True)
    value = models.FloatField(null=True)
    origin = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(site.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="recipe_name_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(project__isnull=True), name="recipe_name_once_on_site"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Search(models.Model):
    """A run that first looks for its recipe. Trials are handed out while it is open, and until it is done.

    The budget is `trials` or `minutes` at work, whichever ends first; `spent_seconds` were used before the
    present beginning (`began_at`), which a cancel ends.
    """

    class Pruner(models.TextChoices):
        MEDIAN = "median"
        HYPERBAND = "hyperband"
        NONE = "none"

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True)
    trials_wanted = models.PositiveIntegerField()
    minutes = models.FloatField(null=True)
    space = models.JSONField()
    pruner = models.CharField(max_length=9, choices=Pruner.choices, default=Pruner.MEDIAN)
    final = models.BooleanField(default=True, help_text="train with the best recipe in the end")
    keep_as = TypedChar(max_length=80, blank=True)
    seed = models.PositiveIntegerField(default=13)
    is_open = models.BooleanField(default=True)
    began_at = models.DateTimeField(null=True)
    spent_seconds = models.FloatField(default=0)
    metric = models.CharField(max_length=20, blank=True)
    importance = models.JSONField(default=dict)
    best = models.ForeignKey("training.Trial", on_delete=models.SET_NULL, null=True, related_name="+")
    recipe = models.ForeignKey(Recipe, on_delete=models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "searches"

    def __str__(self) -> str:
        return f"search of {self.run_id}"

    @property
    def deadline(self) -> datetime | None:
        if self.minutes is None or self.began_at is None:
            return None
        return self.began_at + timedelta(seconds=self.minutes * 60 - self.spent_seconds)

    @property
    def folder(self) -> Path:
        return self.run.folder / "trials"


class Trial(models.Model):
    """One recipe tried on the search's snapshot. `values` are [epoch, dev figure], `optuna` its id there.

    A waiting trial was begun and lost its trainer, or was cancelled: it is taken up at its last checkpoint.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        COMPLETE = "complete"
        PRUNED = "pruned"
        STOPPED = "stopped"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    search = models.ForeignKey(Search, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField()
    optuna = models.PositiveBigIntegerField(null=True)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    value = models.FloatField(null=True)
    values = models.JSONField(default=list)
    progress = models.FloatField(default=0)
    device = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    claim = models.UUIDField(null=True)
    losses = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["search", "number"], name="trial_number_once")]
        indexes = [
            models.Index(fields=["state"], condition=Q(state__in=["running", "waiting"]), name="trial_live")
        ]

    def __str__(self) -> str:
        return f"trial {self.number} of {self.search_id}"

    @property
    def folder(self) -> Path:
        return self.search.folder / f"{self.number:04d}"

    @property
    def is_over(self) -> bool:
        return self.state not in {self.State.WAITING, self.State.RUNNING}
