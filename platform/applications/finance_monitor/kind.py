"""The finance monitor as one of the applications: set up, tried, measured."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

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
SEED = 5
UPDATE = {"en": "Update: ", "zh": "最新消息："}


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
    read_waiting(project.pk, most=len(texts))
    closing.close_bins(project.pk)
    texts_read = NewsText.objects.filter(monitor=monitor, state=NewsText.State.READ).count()
    said = {"texts": texts_read, "alerts": Alert.objects.filter(monitor=monitor).count()}
    return _("Read %(texts)d texts; alerts raised: %(alerts)d.") % said


def shipped_stream(now: datetime) -> Iterator[Incoming]:
    """Each shipped text and an update of it, with time stamps until the end of yesterday; even, but for a
    planted jump."""
    rows = [json.loads(line) for path in KIND.data for line in path.read_text(encoding="utf-8").splitlines()]
    random.Random(SEED).shuffle(rows)  # noqa: S311 - no secret
    held_back = {row["id"] for row in [row for row in rows if _is_jump(row)][::2]}
    usual = [row for row in rows if row["id"] not in held_back]
    jump = [row for row in rows if row["id"] in held_back]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    whole = [*usual, *map(_update, usual)]
    random.Random(SEED).shuffle(whole)  # noqa: S311 - no secret
    yield from _spread(whole, midnight, DAYS)
    yield from _spread(jump, midnight, JUMP_DAYS)


def _spread(rows: Sequence[dict[str, Any]], midnight: datetime, days: int) -> Iterator[Incoming]:
    """Evenly over the days before."""
    for place, row in enumerate(rows):
        ago = timedelta(days=days * (1 - (place + 0.5) / len(rows)))
        yield Incoming(row["text"], midnight - ago, row["language"])


def _update(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "text": UPDATE[row["language"]] + row["text"]}


def _is_jump(row: dict[str, Any]) -> bool:
    return bool(row["approved"]["topic"] == [JUMP_TOPIC] and row["approved"]["sentiment"] == "negative")


# Chosen on a tenth of the training frames.
RECIPE = {"epochs": 12, "learning_rate": 3e-4, "max_length": 64, "stride": 16, "new_characters": True}

KIND = Kind(
    template="finance-monitor",
    page="finance-monitor",
    fields=(TOPIC, SENTIMENT),
    data=(DATA / "en.jsonl", DATA / "zh.jsonl"),
    recipes={TOPIC: RECIPE, SENTIMENT: RECIPE},
    prepare=prepare,
    first_use=first_use,
    measure=figures.measure,
)
