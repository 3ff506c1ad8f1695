"""The finance monitor as one of the applications: set up, tried, measured."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.finance_monitor import closing, figures
from applications.finance_monitor.models import Alert, Monitor, NewsText
from applications.finance_monitor.reading import SENTIMENT, TOPIC, read_waiting
from applications.finance_monitor.services.texts import MOST_AT_ONCE, Incoming, push_texts
from applications.kinds import Kind
from tasks_app.models import Project

DATA = Path(__file__).parent / "data"
DAYS = 40  # of the stream that is made of the shipped texts
JUMP_DAYS, JUMP_TOPIC = 2, "energy"


def prepare(project: Project) -> None:
    """A monitor by days, as the shipped stream has a few texts of each topic a day."""
    Monitor.objects.get_or_create(
        project=project, defaults={"bin": Monitor.Bin.DAY, "season": Monitor.Season.NONE}
    )


def first_use(project: Project, actor: User) -> str:
    """Push the shipped texts as a stream of 40 days, in whose last two bad news about energy pile up."""
    monitor = Monitor.objects.get(project=project)
    texts = list(shipped_stream(timezone.now()))
    for place in range(0, len(texts), MOST_AT_ONCE):
        push_texts(monitor=monitor, texts=texts[place : place + MOST_AT_ONCE])
    read_waiting(project.pk)
    closing.close_bins(project.pk)
    texts_read = NewsText.objects.filter(monitor=monitor, state=NewsText.State.READ).count()
    said = {"texts": texts_read, "alerts": Alert.objects.filter(monitor=monitor).count()}
    return _("Read %(texts)d texts; alerts raised: %(alerts)d.") % said


def shipped_stream(now: datetime) -> Iterator[Incoming]:
    """The shipped texts with time stamps until the end of yesterday; even, but for a planted jump."""
    rows = [json.loads(line) for path in KIND.data for line in path.read_text(encoding="utf-8").splitlines()]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    bad = [row for row in rows if _is_jump(row)]
    held_back = {row["id"] for row in bad[: len(bad) // 2]}
    counts: Counter[str] = Counter()
    sizes = {True: len(held_back), False: len(rows) - len(held_back)}
    for row in rows:
        jump = row["id"] in held_back
        begin, span = (JUMP_DAYS, JUMP_DAYS) if jump else (DAYS, DAYS)
        share = (counts[str(jump)] + 0.5) / sizes[jump]
        counts[str(jump)] += 1
        yield Incoming(row["text"], midnight - timedelta(days=begin - span * share), row["language"])


def _is_jump(row: dict[str, dict[str, object]]) -> bool:
    return row["approved"]["topic"] == [JUMP_TOPIC] and row["approved"]["sentiment"] == "negative"


KIND = Kind(
    template="finance-monitor",
    page="finance-monitor",
    fields=(TOPIC, SENTIMENT),
    data=(DATA / "en.jsonl", DATA / "zh.jsonl"),
    recipes={
        TOPIC: {"epochs": 4, "max_length": 64, "stride": 16},
        SENTIMENT: {"epochs": 4, "max_length": 64, "stride": 16},
    },
    prepare=prepare,
    first_use=first_use,
    measure=figures.measure,
)
