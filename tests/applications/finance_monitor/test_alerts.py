"""Alerts: raised once, told once, linked to their texts, and judged."""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import Notification, User
from accounts.services import mailing, preferences
from accounts.services.preferences import Mail, Topic, Wish
from applications.finance_monitor import access, closing, counting, replaying, telling
from applications.finance_monitor.models import Alert, Count, Monitor, NewsText, Watched
from applications.finance_monitor.services.monitors import judge_alert, set_settings
from common.errors import Invalid
from tests.applications.finance_monitor.conftest import NOW, Fill

pytestmark = pytest.mark.django_db


def test_a_jump_raises_one_alert_and_calm_raises_none(monitor: Monitor, fill: Fill) -> None:
    fill(jump=30)
    fill(topic="rates")
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    assert (alert.topic, alert.total, alert.negative) == ("energy", 40, 30)
    assert alert.start == NOW.replace(hour=0) - timedelta(days=1) and alert.end == NOW.replace(hour=0)
    assert alert.chance < alert.level and 0.2 < alert.expected < 0.3 < alert.high < 0.75
    assert closing.close_bins(monitor.pk, now=NOW) == []


def test_the_same_bins_looked_at_again_raise_nothing_new(monitor: Monitor, fill: Fill) -> None:
    fill(jump=30)
    closing.close_bins(monitor.pk, now=NOW)
    allowed = Watched.objects.get().allowed
    Monitor.objects.update(closed_until=None)
    assert closing.close_bins(monitor.pk, now=NOW) == []
    assert Alert.objects.count() == 1 and Watched.objects.get().allowed == allowed > 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_moment_raise_an_alert_once(monitor: Monitor, fill: Fill) -> None:
    fill(jump=30)
    start, raised = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        raised.append(len(closing.close_bins(monitor.pk, now=NOW)))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(raised) == [0, 1]
    assert Alert.objects.count() == Notification.objects.count() == 1


def test_a_jump_that_goes_on_is_one_alert_that_grows(monitor: Monitor, fill: Fill) -> None:
    fill(jump=30)
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    tomorrow = NOW + timedelta(days=1)
    counted(monitor, tomorrow - timedelta(days=1), bad=30)
    assert closing.close_bins(monitor.pk, now=tomorrow) == []
    alert.refresh_from_db()
    assert alert.end - alert.start == timedelta(days=2)


def test_a_slow_rise_is_told_with_all_the_bins_that_raised_it(monitor: Monitor, fill: Fill) -> None:
    """No day of it is unusual by itself: an alert that showed one day would contradict itself."""
    fill(jump=16)
    for day in range(2, 8):
        start = NOW.replace(hour=9) - timedelta(days=day)
        Count.objects.filter(monitor=monitor, start=start).update(negative=16)
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    assert alert.begins < alert.start and alert.total > 40
    assert alert.share > alert.high > alert.expected
    text = NewsText.objects.create(
        monitor=monitor, digest="1", text="bad", at=alert.begins, state="read", topics=["energy"],
        sentiment="negative",
    )  # fmt: skip
    assert list(access.texts_of(alert)) == [text]


def counted(monitor: Monitor, at: object, *, bad: int, fine: int = 10) -> list[NewsText]:
    """Texts that were read now, `bad` of them negative."""
    moods = ["negative"] * bad + ["neutral"] * fine
    rows = [
        NewsText(
            monitor=monitor, digest=f"{at} {n}", text=f"news {n}", at=at, state="read", topics=["energy"],
            sentiment=mood,
        )
        for n, mood in enumerate(moods)
    ]  # fmt: skip
    NewsText.objects.bulk_create(rows)
    counting.add_texts(monitor, rows, NOW)
    return rows


def test_late_texts_have_their_bin_looked_at_again(monitor: Monitor, fill: Fill) -> None:
    fill()
    assert closing.close_bins(monitor.pk, now=NOW) == []
    counted(monitor, NOW - timedelta(days=2), bad=60, fine=0)
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    assert alert.start == NOW.replace(hour=0) - timedelta(days=2)


def test_what_is_later_than_a_week_is_counted_and_raises_nothing(monitor: Monitor, fill: Fill) -> None:
    fill()
    closing.close_bins(monitor.pk, now=NOW)
    counted(monitor, NOW - timedelta(days=9), bad=60, fine=0)
    assert closing.close_bins(monitor.pk, now=NOW) == []


def test_too_short_a_past_raises_nothing(monitor: Monitor, fill: Fill) -> None:
    fill(days=10, jump=40)
    assert closing.close_bins(monitor.pk, now=NOW) == []


def test_monitors_are_due_once_a_bin_has_ended(monitor: Monitor, fill: Fill) -> None:
    assert closing.due_monitors(NOW) == []
    fill()
    assert closing.due_monitors(NOW) == [monitor.pk]
    closing.close_bins(monitor.pk, now=NOW)
    assert closing.due_monitors(NOW) == []
    assert closing.due_monitors(NOW + timedelta(days=1)) == [monitor.pk]


# --- telling ----------------------------------------------------------------------------------------------


@pytest.fixture
def reached(owner: User, settings: Settings) -> User:
    """The owner, who has proven their address on a site whose mail goes out."""
    settings.MAIL_REACHES_PEOPLE = True
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    return owner


def test_the_owner_is_told_on_the_page_and_by_mail_once(monitor: Monitor, fill: Fill, reached: User) -> None:
    fill(jump=30)
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    note = Notification.objects.get()
    assert note.user == reached and str(alert.pk) in note.url
    assert (mailing.send_waiting(), mailing.send_waiting()) == (1, 0)
    [sent] = mail.outbox
    assert sent.to == [reached.email] and "30" in sent.body and note.url in sent.body


def test_one_press_ends_the_mails_and_not_the_alerts(monitor: Monitor, fill: Fill, reached: User) -> None:
    fill(jump=30)
    closing.close_bins(monitor.pk, now=NOW)
    mailing.send_waiting()
    [sent] = mail.outbox
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix(django_settings.SITE_URL)
    assert Client().post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    fill(topic="rates", jump=30)
    Monitor.objects.update(closed_until=None)
    assert closing.close_bins(monitor.pk, now=NOW) and Notification.objects.count() == 2
    assert mailing.send_waiting() == 0 and telling.why_no_mail(monitor) == "refused"


def test_no_mail_goes_to_an_address_that_nobody_has_proven(
    monitor: Monitor, fill: Fill, reached: User, settings: Settings
) -> None:
    EmailAddress.objects.update(verified=False)
    fill(jump=30)
    closing.close_bins(monitor.pk, now=NOW)
    assert mailing.send_waiting() == 0 and not mail.outbox
    page = Client()
    page.force_login(reached)
    path, asked = f"/projects/{monitor.pk}/finance-monitor/settings/", "Confirm your e-mail address"
    assert asked in page.get(path).text
    EmailAddress.objects.update(verified=True)
    assert asked not in page.get(path).text and telling.why_no_mail(monitor) == ""
    settings.MAIL_REACHES_PEOPLE = False
    assert "this site cannot send mail yet" in page.get(path).text


@pytest.mark.parametrize("of_its_own", [True, False])
def test_whoever_hears_of_everything_by_mail_gets_one(
    monitor: Monitor, fill: Fill, reached: User, of_its_own: bool
) -> None:
    Monitor.objects.update(by_mail=of_its_own)
    wishes = {Topic.OTHER: Wish(in_app=True, mail=Mail.AT_ONCE)}
    preferences.save_wishes(user=reached, wishes=wishes, actor=reached.pk)
    fill(jump=30)
    closing.close_bins(monitor.pk, now=NOW)
    assert mailing.send_waiting() == 1


def test_no_mail_where_it_is_not_wished(monitor: Monitor, fill: Fill, reached: User) -> None:
    Monitor.objects.update(by_mail=False)
    fill(jump=30)
    closing.close_bins(monitor.pk, now=NOW)
    assert mailing.send_waiting() == 0 and not mail.outbox


# --- judging ----------------------------------------------------------------------------------------------


def test_false_alarms_make_the_topic_stricter_and_no_other_one(
    monitor: Monitor, fill: Fill, owner: User
) -> None:
    fill(jump=30)
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    before, others = closing.level_now(monitor, "energy"), closing.level_now(monitor, "rates")
    judge_alert(alert=alert, true=False, actor=owner)
    judge_alert(alert=alert, true=False, actor=owner)
    assert closing.level_now(monitor, "energy") < before
    assert closing.level_now(monitor, "rates") == others


def test_a_right_alert_is_left_out_of_what_is_usual(monitor: Monitor, fill: Fill, owner: User) -> None:
    fill(jump=30)
    [alert] = closing.close_bins(monitor.pk, now=NOW)
    series = counting.series_of(
        monitor.pk, bin="day", time_zone="UTC", since=NOW - timedelta(days=40), until=NOW
    )["energy"]
    assert not closing.unusual(monitor, "energy", series).any()
    judge_alert(alert=alert, true=True, actor=owner)
    assert list(closing.unusual(monitor, "energy", series)) == [False] * 29 + [True]
    judge_alert(alert=alert, true=False, actor=owner)
    assert not closing.unusual(monitor, "energy", series).any()


# --- settings and replay ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"time_zone": "Moon/Base"}, "/time_zone"),
        ({"season": "hour_of_day"}, "/season"),
        ({"calm_days": 0}, "/calm_days"),
        ({"memory_days": 3}, "/memory_days"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    monitor: Monitor, owner: User, wrong: dict[str, object], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_settings(monitor=monitor, actor=owner, **wrong)
    assert [one.pointer for one in refused.value.problems] == [pointer]
    monitor.refresh_from_db()
    assert monitor.calm_days == 30


@pytest.fixture
def past(monitor: Monitor, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> Monitor:
    """A jump on the last day."""
    monkeypatch.setattr(replaying.timezone, "now", lambda: NOW)
    fill(jump=22)
    return monitor


def test_replay_shows_what_other_settings_would_raise_and_saves_nothing(past: Monitor) -> None:
    loose = replaying.settings_of(past, {"calm_days": 3})
    strict = replaying.settings_of(past, {"calm_days": 3650})
    [found] = replaying.replay(past, loose, days=14).alerts
    assert (found.topic, found.negative, found.judged) == ("energy", 22, None)
    assert replaying.replay(past, strict, days=14).alerts == []
    past.refresh_from_db()
    assert past.calm_days == 30 and not Alert.objects.exists() and not Watched.objects.exists()


def test_replay_knows_what_was_judged_and_what_it_would_miss(past: Monitor, owner: User) -> None:
    [alert] = closing.close_bins(past.pk, now=NOW)
    judge_alert(alert=alert, true=True, actor=owner)
    same = replaying.replay(past, replaying.settings_of(past), days=14)
    assert [one.judged for one in same.alerts] == [True] and same.missed == 0
    strict = replaying.replay(past, replaying.settings_of(past, {"calm_days": 3650}), days=14)
    assert strict.alerts == [] and strict.missed == 1


def test_before_the_first_text_each_page_says_what_comes_first(monitor: Monitor, owner: User) -> None:
    page, home = Client(), f"/projects/{monitor.pk}/finance-monitor/"
    page.force_login(owner)
    Count.objects.all().delete()
    assert "No texts of this topic yet" in page.get(home).text
    assert "There is no past to try on yet" in page.get(f"{home}replay/").text
    settings = page.get(f"{home}settings/").text
    assert "No sources" in settings and "No webhooks" in settings
    Count.objects.create(monitor=monitor, topic="energy", start=NOW, total=1, negative=0)
    assert "There is no past to try on yet" not in page.get(f"{home}replay/").text
