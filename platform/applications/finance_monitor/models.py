"""A monitor, what it watches, what it has counted, and what it has raised."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common.gate import TypedChar, TypedText
from common.ids import uuid7
from tasks_app.models import Project
from training.models import Prediction


class Monitor(models.Model):
    """The settings of a project's monitor, one for each project.

    calm_days: at most one false alarm for each topic in so many days is wished. closed_until: bins that end
    by then were looked at; a late text sets it back, so that its bin is looked at again.
    """

    class Bin(models.TextChoices):
        HOUR = "hour"
        DAY = "day"

    class Season(models.TextChoices):
        NONE = "none"
        HOUR_OF_DAY = "hour_of_day"
        DAY_OF_WEEK = "day_of_week"
        HOUR_OF_WEEK = "hour_of_week"

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="finance_monitor"
    )
    bin = models.CharField(max_length=4, choices=Bin.choices, default=Bin.HOUR)
    season = models.CharField(max_length=12, choices=Season.choices, default=Season.HOUR_OF_DAY)
    time_zone = models.CharField(max_length=60, default="UTC")
    calm_days = models.PositiveSmallIntegerField(default=30)
    memory_days = models.PositiveSmallIntegerField(default=56)
    by_mail = models.BooleanField(default=True)
    closed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(calm_days__gte=1, calm_days__lte=3650), name="monitor_calm"),
            models.CheckConstraint(
                condition=Q(memory_days__gte=14, memory_days__lte=366), name="monitor_memory"
            ),
        ]

    def __str__(self) -> str:
        return str(self.project_id)


class Source(models.Model):
    """Where texts are fetched from: a feed at a URL, or a folder of the server. `etag` and `modified` are
    what the feed's server said last, so that it need not send the same again.

    refused: entries that could not be taken when it was last read; refused_why: the first of them, and why.
    """

    class Kind(models.TextChoices):
        FEED = "feed"
        FOLDER = "folder"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    url = models.CharField(max_length=500, help_text="the feed's URL, or the folder's path")
    minutes = models.PositiveIntegerField(default=15, help_text="between two looks")
    etag = TypedChar(max_length=300, blank=True)
    modified = TypedChar(max_length=100, blank=True)
    next_at = models.DateTimeField(auto_now_add=True)
    pulled_at = models.DateTimeField(null=True)
    problem = TypedChar(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refused_why = TypedChar(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "url"], name="one_source_of_a_url")]
        indexes = [models.Index(fields=["next_at"], name="source_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SourceFile(models.Model):
    """A file of a folder that was read as it was then. stamp: a digest of its name, size and times."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="files")
    stamp = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "stamp"], name="each_file_once")]

    def __str__(self) -> str:
        return str(self.stamp)


class NewsText(models.Model):
    """A text of the stream, once for each monitor, with what the models said of it.

    digest: of the text as it came, so that it is known again. at: when it was published, else when it came.
    Once read, it is in the counts of its topics. problem: why it could not be read; retry_at: when that is
    tried again, None where it was given up.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        READ = "read"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="texts")
    digest = models.CharField(max_length=64)
    text = TypedText()
    language = models.CharField(max_length=10, blank=True)
    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, related_name="texts")
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = TypedChar(max_length=300, blank=True)
    retry_at = models.DateTimeField(null=True)
    topics = ArrayField(models.CharField(max_length=100), default=list)
    sentiment = models.CharField(max_length=100, blank=True)
    topic_prediction = models.ForeignKey(Prediction, on_delete=models.SET_NULL, null=True, related_name="+")
    sentiment_prediction = models.ForeignKey(
        Prediction, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "digest"], name="each_news_text_once")]
        indexes = [
            models.Index(
                fields=["monitor", "received_at"], name="news_waiting", condition=Q(state="waiting")
            ),
            models.Index(fields=["monitor", "-at"], name="news_by_time"),
            models.Index(fields=["monitor", "retry_at"], name="news_failed", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Count(models.Model):
    """Texts of a topic in a quarter of an hour, from which every bin of every time zone can be summed.

    No text is read for a page or an alert; a year of one topic has at most 35,040 of these.
    """

    id = models.BigAutoField(primary_key=True)
    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="counts")
    topic = models.CharField(max_length=100)
    start = models.DateTimeField()
    total = models.PositiveIntegerField(default=0)
    negative = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["monitor", "topic", "start"], name="one_count_of_a_quarter"),
            models.CheckConstraint(condition=Q(negative__lte=F("total")), name="negative_within_total"),
        ]
        indexes = [models.Index(fields=["monitor", "start"], name="counts_by_time")]

    def __str__(self) -> str:
        return f"{self.topic} {self.start:%Y-%m-%d %H:%M}"


class Watched(models.Model):
    """How many false alarms a topic's looks have been allowed so far: the sum of their chances of one."""

    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="watched")
    topic = models.CharField(max_length=100)
    until = models.DateTimeField(null=True)
    allowed = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "topic"], name="watched_once_for_a_topic")]

    def __str__(self) -> str:
        return f"{self.topic} {self.allowed:.3f}"


class Alert(models.Model):
    """A topic's negative share above its usual range, from `start` until `end` (neighbouring bins are one).

    since: where the bins begin that raised it together, which end with the first one; None in old rows.
    total, negative: their texts; expected, high: of their share, which has this `chance` while all is as
    usual; `level`: what it had to fall below. judged_true: None until a person says.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="alerts")
    topic = models.CharField(max_length=100)
    start = models.DateTimeField()
    end = models.DateTimeField()
    since = models.DateTimeField(null=True)
    total = models.PositiveIntegerField()
    negative = models.PositiveIntegerField()
    expected = models.FloatField()
    high = models.FloatField()
    chance = models.FloatField()
    level = models.FloatField()
    raised_at = models.DateTimeField(auto_now_add=True)
    judged_true = models.BooleanField(null=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["monitor", "topic", "start"], name="one_alert_of_a_bin")
        ]
        indexes = [models.Index(fields=["monitor", "-start"], name="alerts_by_time")]

    def __str__(self) -> str:
        return f"{self.topic} {self.start:%Y-%m-%d %H:%M}"

    @property
    def begins(self) -> datetime:
        return self.since or self.start

    @property
    def share(self) -> float:
        return self.negative / self.total if self.total else 0.0


class Webhook(models.Model):
    """Where alerts are sent to, signed with a secret that is shown once; `sealed` is the secret under a key
    of the site's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    sealed = models.BinaryField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "url"], name="one_webhook_of_a_url")]

    def __str__(self) -> str:
        return str(self.pk)


class Delivery(models.Model):
    """One alert to one webhook: tried again with growing pauses until it is taken or given up."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        GIVEN_UP = "given_up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(auto_now_add=True)
    status: Any = models.PositiveSmallIntegerField(null=True)
    problem = TypedChar(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "alert"], name="one_delivery_of_an_alert")]
        indexes = [
            models.Index(fields=["next_at"], name="deliveries_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
