"""A finance monitor with a month behind it: a jump of bad news, an alert, texts, a webhook that failed."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from applications.finance_monitor import closing
from applications.finance_monitor.models import Alert, Count, Delivery, Monitor, NewsText, Source, Webhook
from tasks_app.gallery.catalogue import template
from tasks_app.models import Project
from tests.factories import make_project

TEXTS = (
    "A refinery burns, and fuel is short. 燃油短缺",
    "Oil is little changed.",
    "Wind power gets cheaper.",
)
MOODS = ("negative", "neutral", "positive")


def watching(owner: User) -> Alert:
    """The alert of yesterday; its monitor has one of everything."""
    shipped = template("finance-monitor")
    project: Project = make_project(
        owner, fields=shipped.fields, funds=0, template=shipped.name, title="News 新闻"
    )
    monitor = Monitor.objects.create(project=project, bin="day", season="none")
    hook = Webhook.objects.create(monitor=monitor, url="https://hooks.example.org/alerts", sealed=b"x" * 40)
    Source.objects.create(
        monitor=monitor,
        kind="feed",
        url="https://example.org/markets.rss",
        problem="The server took too long.",
    )
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    count(monitor, midnight)
    for n in range(12):
        NewsText.objects.create(
            monitor=monitor, digest=f"{project.pk}-{n}", text=f"{TEXTS[n % 3]} ({n})", state="read",
            at=midnight - timedelta(hours=n + 1), topics=["energy"], sentiment=MOODS[n % 3],
        )  # fmt: skip
    [alert] = closing.close_bins(monitor.pk, now=midnight + timedelta(minutes=10))
    Delivery.objects.filter(webhook=hook).update(
        attempts=2, status=503, problem="The server answered with 503."
    )
    return alert


def count(monitor: Monitor, midnight: datetime) -> None:
    Count.objects.bulk_create(
        Count(
            monitor=monitor, topic=topic, start=midnight - timedelta(days=day) + timedelta(hours=9), total=40,
            negative=30 if (day, topic) == (1, "energy") else 9 + day % 4,
        )
        for topic in ("energy", "rates")
        for day in range(1, 36)
    )  # fmt: skip
