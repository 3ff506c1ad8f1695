from typing import Any

from django.db import models


class Activity(models.Model):
    """Signs of life that the server heard while somebody worked on one assignment: see fair_rate.py."""

    assignment = models.UUIDField(primary_key=True)
    sure_seconds = models.FloatField(default=0)  # between signs of life that came close after one another
    trimmed_seconds = models.FloatField(
        default=0
    )  # since the first sign, with every gap cut to the idle limit
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.assignment} {self.trimmed_seconds:.0f} s"


class WorkedDay(models.Model):
    """A person's work for a project on one day (UTC): answers, active seconds, and what they earn."""

    id = models.BigAutoField(primary_key=True)
    project = models.UUIDField()
    worker = models.UUIDField()
    day = models.DateField()
    answers = models.PositiveIntegerField()
    seconds = models.FloatField()
    earned_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "worker", "day"], name="worked_day_once")]

    def __str__(self) -> str:
        return f"{self.worker} {self.day}"


class FairRate(models.Model):
    """What an hour of a project's work earned, as last measured, and the floor that it is held against."""

    project = models.UUIDField(primary_key=True)
    currency = models.CharField(max_length=3)
    median_minor = models.BigIntegerField(null=True)
    upper_minor = models.BigIntegerField(null=True)  # the 75th percentile
    median_seconds = models.FloatField(null=True)  # active, for one answer
    people = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    below_floor = models.PositiveIntegerField(default=0)  # people
    own_floor_minor = models.PositiveBigIntegerField(null=True)  # above the site's; set by the requester
    alarmed_at = models.DateTimeField(null=True)
    measured_until = models.DateTimeField(null=True)
    decided_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.project} {self.median_minor}"


class Recognition(models.Model):
    """A person's points and streaks, worked out anew from the answers each time; and how to be listed."""

    class Listing(models.TextChoices):
        ALIAS = "alias"  # under a made-up name
        NICKNAME = "nickname"  # under a name that the person chose
        HIDDEN = "hidden"  # nowhere

    user = models.UUIDField(primary_key=True)
    points = models.PositiveIntegerField(default=0)
    recent_points = models.PositiveIntegerField(default=0)  # of the last 30 days
    streak = models.PositiveIntegerField(default=0)
    longest_streak = models.PositiveIntegerField(default=0)
    active_days = models.PositiveIntegerField(default=0)
    last_day = models.DateField(null=True)
    facts: Any = models.JSONField(default=dict)
    listing = models.CharField(max_length=8, choices=Listing.choices, default=Listing.ALIAS)
    nickname = models.CharField(max_length=30, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    updated_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-recent_points"], name="recognition_board")]

    def __str__(self) -> str:
        return f"{self.user} {self.points}"


class Badge(models.Model):
    """Given once and never taken away."""

    id = models.BigAutoField(primary_key=True)
    user = models.UUIDField()
    name = models.CharField(max_length=20)
    earned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="badge_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.name}"
