"""What people hear of, how, and when: preferences, mails that are never sent twice, and a way out of them."""

import re
import threading
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPServerDisconnected
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Notification, NotificationPreference, User
from accounts.services import mailing, preferences
from accounts.services.notifications import notify
from accounts.services.preferences import Mail, Topic, Wish, next_digest, topic_of
from tests.factories import client_of, make_user

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def user(db: None) -> User:
    made = make_user("anna", time_zone="Asia/Shanghai")
    EmailAddress.objects.create(user=made, email=made.email, primary=True, verified=True)
    return made


def wish(user: User, mail: str, *, in_app: bool = True, topic: Topic = Topic.WORK) -> None:
    preferences.save_wishes(user=user, wishes={topic: Wish(in_app, mail)}, actor=user.pk)


def tell(user: User, number: int = 1) -> None:
    for _one in range(number):
        notify(user_id=user.pk, kind="appeal_upheld", url="/work/", project="Chats & more")


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("answer_rejected", Topic.WORK),
        ("measure_appealed", Topic.PROJECTS),
        ("payout_paid", Topic.MONEY),
        ("retrain_fired", Topic.MODELS),
        ("subject_request_due", Topic.PRIVACY),
        ("finance_alert", Topic.OTHER),
    ],
)
def test_each_kind_has_a_topic(kind: str, topic: Topic) -> None:
    assert topic_of(kind) == topic


def test_nobody_is_mailed_who_did_not_ask(user: User) -> None:
    tell(user)
    assert mailing.send_waiting() == 0 and Notification.objects.get().in_app


def test_at_once_is_one_mail_with_the_words_of_the_site(user: User) -> None:
    wish(user, Mail.AT_ONCE)
    tell(user, 2)
    assert [mailing.send_waiting(), mailing.send_waiting()] == [1, 0]
    [sent] = mail.outbox
    assert sent.to == [user.email] and sent.subject == "Manyhands: 2 messages for you"
    assert "Your appeal in “Chats & more” was upheld" in sent.body and "/work/" in sent.body
    assert Notification.objects.exclude(mailed_at=None).count() == 2


def test_a_digest_waits_for_eight_o_clock_where_the_person_is(user: User) -> None:
    wish(user, Mail.DAILY)
    tell(user, 3)
    due = set(Notification.objects.values_list("mail_due_at", flat=True))
    assert {at.astimezone(SHANGHAI).strftime("%H:%M") for at in due} == {"08:00"}
    assert mailing.send_waiting() == 0
    Notification.objects.update(mail_due_at=timezone.now())
    assert mailing.send_waiting() == 1 and len(mail.outbox) == 1


def test_eight_o_clock_stays_eight_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for now, due in (
        (datetime(2026, 3, 28, 6, 0, tzinfo=UTC), datetime(2026, 3, 28, 7, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 6, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),
    ):
        assert next_digest(now, berlin) == due


def test_what_was_read_on_the_site_needs_no_mail(user: User) -> None:
    wish(user, Mail.AT_ONCE)
    tell(user)
    Notification.objects.update(read_at=timezone.now())
    assert mailing.send_waiting() == 0 and mail.outbox == []


def test_an_address_that_nobody_proved_gets_nothing(user: User) -> None:
    EmailAddress.objects.update(verified=False)
    wish(user, Mail.AT_ONCE)
    tell(user)
    assert mailing.send_waiting() == 0 and mail.outbox == []


def test_mail_alone_is_not_in_the_list(client: Client, user: User) -> None:
    wish(user, Mail.AT_ONCE, in_app=False)
    tell(user)
    client.force_login(user)
    assert "was upheld" not in client.get("/settings/notifications/").text
    assert mailing.send_waiting() == 1


def test_a_server_that_is_away_is_tried_again(user: User, monkeypatch: Any) -> None:
    wish(user, Mail.AT_ONCE)
    tell(user)
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.backends.locmem.EmailBackend.open", refuse)
        assert mailing.send_waiting() == 0
    row = Notification.objects.get()
    assert row.mail_attempts == 1 and row.mail_due_at > timezone.now() + timedelta(minutes=1)
    Notification.objects.update(mail_due_at=timezone.now())
    assert mailing.send_waiting() == 1


def refuse(*_args: Any, **_options: Any) -> None:
    raise SMTPServerDisconnected


@pytest.mark.parametrize(
    ("said", "again"),
    [(SMTPServerDisconnected(), False), (TimeoutError(), False), (SMTPDataError(451, b"busy"), True)],
)
def test_a_mail_that_the_server_may_have_is_not_sent_again(
    user: User, monkeypatch: Any, said: Exception, again: bool
) -> None:
    wish(user, Mail.AT_ONCE)
    tell(user)

    def fail(*_args: Any) -> None:
        raise said

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    assert mailing.send_waiting() == 0
    assert (Notification.objects.get().mail_due_at is not None) == again


def test_a_mail_server_that_says_nothing_holds_no_worker(settings: Any) -> None:
    assert 0 < settings.EMAIL_TIMEOUT <= 60


def test_whoever_dies_while_sending_sends_nothing_twice(user: User, monkeypatch: Any) -> None:
    wish(user, Mail.AT_ONCE)
    tell(user)

    def die(*_args: Any, **_options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", die)
        with pytest.raises(KeyboardInterrupt):
            mailing.send_waiting()
    assert mailing.send_waiting() == 0 and mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_news_once(transactional_db: None) -> None:
    people = [make_user(f"p{number}") for number in range(6)]
    for one in people:
        EmailAddress.objects.create(user=one, email=one.email, primary=True, verified=True)
        wish(one, Mail.AT_ONCE)
        tell(one, 2)
    start, sent = threading.Barrier(4), []

    def work() -> None:
        try:
            start.wait(timeout=20)
            sent.append(mailing.send_waiting())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    news = sum(message.body.count("was upheld") for message in mail.outbox)
    assert sum(sent) == len(mail.outbox) and news == 12


def test_one_press_in_the_mail_program_ends_them(client: Client, user: User) -> None:
    wish(user, Mail.AT_ONCE)
    tell(user)
    mailing.send_waiting()
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [path] = re.findall(r"<https?://[^/]+(/\S+)>", headers["List-Unsubscribe"])
    assert client.get(path).status_code == 200  # a scanner that opens links ends nothing
    assert NotificationPreference.objects.get().mail == Mail.AT_ONCE
    strict = Client(enforce_csrf_checks=True)
    for _twice in range(2):
        assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert NotificationPreference.objects.get().mail == Mail.NEVER
    assert strict.post(path[:-3] + "xx/").status_code == 404


def test_the_page_and_the_api_say_the_same(client: Client, user: User) -> None:
    client.force_login(user)
    path = "/settings/notifications/preferences/"
    form = {f"{topic}-mail": "daily" for topic in Topic} | {"work-in_app": "on"}
    assert client.post(path, form).status_code == 302
    api = client_of(user)
    rows = {row["topic"]: row for row in api.get("/api/v1/me/notification-preferences").json()["results"]}
    assert rows["work"] == {"topic": "work", "in_app": True, "mail": "daily"}
    assert rows["money"]["in_app"] is False
    change = [{"topic": "money", "in_app": True, "mail": "never"}]
    answer = api.patch("/api/v1/me/notification-preferences", change)
    assert {row["topic"]: row["mail"] for row in answer.json()["results"]}["money"] == "never"
    wrong = api.patch("/api/v1/me/notification-preferences", [{"topic": "x", "in_app": 1, "mail": "never"}])
    assert wrong.status_code == 422
    tell(user)
    assert len(api.get("/api/v1/me/notifications").json()["results"]) == 1


def test_a_topic_that_is_silenced_stops_what_waits(user: User) -> None:
    wish(user, Mail.DAILY)
    tell(user)
    wish(user, Mail.NEVER)
    assert Notification.objects.get().mail_due_at is None


def test_the_browser_says_the_zone_once(client: Client, db: None) -> None:
    user = make_user()
    client.force_login(user)
    for name in ("Mars/Base", "Asia/Shanghai", "Europe/Berlin"):
        assert client.post("/settings/time-zone/", {"time_zone": name}).status_code == 204
    user.refresh_from_db()
    assert user.time_zone == "Asia/Shanghai"
    Notification.objects.create(user=user, kind="appeal_upheld", data={"project": "P"})
    at = datetime(2026, 1, 1, 20, 30, tzinfo=UTC)
    Notification.objects.update(created_at=at)
    page = client.get("/settings/notifications/").text
    assert "2026-01-02 04:30" in page and 'data-zone="Asia/Shanghai"' in page
    api = client_of(user)
    assert api.patch("/api/v1/me", {"time_zone": "Mars/Base"}).status_code == 422
    assert api.patch("/api/v1/me", {"time_zone": "Europe/Berlin"}).json()["time_zone"] == "Europe/Berlin"
