"""A person who is erased leaves no text that points at them, and no count of one."""

from uuid import uuid4

import pytest

from accounts.models import User
from applications.finance_monitor import reading
from applications.finance_monitor.holder import FinanceMonitorHolder
from applications.finance_monitor.models import Alert, Count, Monitor, NewsText
from applications.finance_monitor.services.monitors import judge_alert
from applications.finance_monitor.services.texts import Incoming, push_texts
from privacy.holders import Subject, Terms
from tests.applications.finance_monitor.conftest import NOW

pytestmark = pytest.mark.django_db


def test_texts_that_name_a_person_go_with_their_counts(monitor: Monitor, reader: list[str]) -> None:
    texts = [Incoming("bad: Zorblatt Quuxley resigns", NOW), Incoming("bad: oil falls", NOW)]
    push_texts(monitor=monitor, texts=texts)
    reading.read_waiting(monitor.pk)
    holder, subject = FinanceMonitorHolder(), Subject(values=("Zorblatt Quuxley",))
    assert holder.residue(subject) == {"finance_monitor.newstext.text": 1}
    assert holder.erase(subject, Terms(uuid4())) == {"news_texts": 1}
    assert holder.residue(subject) == {}
    assert NewsText.objects.get().text == "bad: oil falls"
    count = Count.objects.get()
    assert (count.total, count.negative) == (1, 1)
    assert holder.erase(subject, Terms(uuid4())) == {}


def test_who_judged_an_alert_is_forgotten_and_the_judgement_stays(monitor: Monitor, owner: User) -> None:
    alert = Alert.objects.create(
        monitor=monitor, topic="energy", start=NOW, end=NOW, total=9, negative=8, expected=0.2, high=0.5,
        chance=0.0, level=0.1,
    )  # fmt: skip
    judge_alert(alert=alert, true=True, actor=owner)
    holder, subject = FinanceMonitorHolder(), Subject(account=owner.pk)
    [held] = holder.holdings(subject)
    assert [row["judged_true"] for row in held.rows] == [True] and holder.residue(subject) == {"judged": 1}
    assert holder.erase(subject, Terms(uuid4())) == {"judged": 1}
    alert.refresh_from_db()
    assert (alert.judged_by, alert.judged_true, holder.residue(subject)) == (None, True, {})
