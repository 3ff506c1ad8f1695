"""From a text that is pushed to an alert that is judged, over REST; and who may not."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role, User
from accounts.roles import grant
from applications.finance_monitor import closing, reading
from applications.finance_monitor.models import Alert, Count, Monitor, NewsText
from tasks_app.models import Project
from tests.applications.finance_monitor.conftest import Fill
from tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db
PATHS = [
    ("post", "texts"), ("post", "texts/retry"), ("get", "series"), ("get", "alerts"), ("post", "replay"),
    ("get", "settings"), ("put", "settings"), ("get", "sources"), ("post", "sources"), ("get", "webhooks"),
    ("post", "webhooks"),
]  # fmt: skip


def base(project: Project) -> str:
    return f"/api/v1/projects/{project.pk}/finance-monitor"


@pytest.fixture
def client(owner: User) -> APIClient:
    return client_of(owner)


def test_from_a_text_to_a_judged_alert(
    client: APIClient, monitor: Monitor, fill: Fill, reader: list[str], project: Project
) -> None:
    fill(days=31, jump=10, now=timezone.now())
    yesterday = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=10)
    sent = [
        {"text": f"bad news {n} 坏消息", "at": yesterday.isoformat(), "language": "en"} for n in range(70)
    ]
    pushed = client.post(f"{base(project)}/texts", {"texts": sent}, headers={"Idempotency-Key": "a"})
    assert (pushed.status_code, pushed.json()) == (202, {"new": 70, "known": 0})
    again = client.post(f"{base(project)}/texts", {"texts": sent}, headers={"Idempotency-Key": "a"})
    assert again.json() == pushed.json() and NewsText.objects.count() == 70
    assert client.post(f"{base(project)}/texts", {"texts": sent}).json() == {"new": 0, "known": 70}
    assert reading.read_waiting(monitor.pk) == 70
    closing.close_bins(monitor.pk, now=timezone.now() + timedelta(minutes=10))

    series = client.get(f"{base(project)}/series?topic=energy&days=7").json()
    last = series["topics"]["energy"][-1]
    assert (last["texts"], last["negative"], last["alarm"]) == (110, 80, True)
    assert last["low"] < last["usual"] < last["high"] < 0.7 and series["waiting"] == 0

    [alert] = client.get(f"{base(project)}/alerts").json()["results"]
    shown = client.get(f"{base(project)}/alerts/{alert['id']}").json()
    assert len(shown["negative_texts"]) == 70 and "坏消息" in shown["negative_texts"][0]["text"]
    judged = client.post(f"{base(project)}/alerts/{alert['id']}/judge", {"true": False}).json()
    assert judged["true"] is False
    replay = client.post(f"{base(project)}/replay", {"calm_days": 3650, "days": 14}).json()
    assert replay["missed"] == 0 and replay["looks"] in {13, 14}
    assert [one["true"] for one in replay["alerts"]] in ([False], [])


def test_settings_are_read_and_changed(client: APIClient, project: Project) -> None:
    assert client.get(f"{base(project)}/settings").json()["calm_days"] == 30
    changed = client.put(f"{base(project)}/settings", {"calm_days": 90, "time_zone": "Asia/Shanghai"})
    assert changed.json()["time_zone"] == "Asia/Shanghai" and changed.json()["calm_days"] == 90
    wrong = client.put(f"{base(project)}/settings", {"time_zone": "Mars"})
    assert wrong.status_code == 422 and "/time_zone" in wrong.content.decode()
    bad_replay = client.post(f"{base(project)}/replay", {"bin": "day", "season": "hour_of_week"})
    assert bad_replay.status_code == 422


def test_a_webhooks_secret_is_shown_once(
    client: APIClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("applications.finance_monitor.services.connections.place_of", lambda url: None)
    body = {"url": "https://hooks.example.org/a"}
    made = client.post(f"{base(project)}/webhooks", body, headers={"Idempotency-Key": "w"})
    assert made.status_code == 201 and len(made.json()["secret"]) > 30
    again = client.post(f"{base(project)}/webhooks", body, headers={"Idempotency-Key": "w"})
    assert again.json()["id"] == made.json()["id"] and "secret" not in again.json()
    listed = client.get(f"{base(project)}/webhooks").json()["results"]
    assert [one["url"] for one in listed] == [body["url"]] and "secret" not in json.dumps(listed)
    one = f"{base(project)}/webhooks/{made.json()['id']}"
    assert client.get(one).json()["results"] == []
    assert client.delete(one).status_code == 204 and client.get(one).status_code == 404


def test_sources_are_listed_and_removed(
    client: APIClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("applications.finance_monitor.services.connections.place_of", lambda url: None)
    made = client.post(f"{base(project)}/sources", {"kind": "feed", "url": "https://example.org/rss"})
    assert made.status_code == 201
    [listed] = client.get(f"{base(project)}/sources").json()["results"]
    assert listed["minutes"] == 15 and listed["problem"] == ""
    assert client.delete(f"{base(project)}/sources/{listed['id']}").status_code == 204
    assert client.get(f"{base(project)}/sources").json()["results"] == []


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_strangers_hear_that_it_is_not_there(
    project: Project, monitor: Monitor, method: str, path: str
) -> None:
    stranger = make_user("stranger")
    grant(stranger, Role.REQUESTER)
    answer = getattr(client_of(stranger), method)(f"{base(project)}/{path}", {"texts": [{"text": "x"}]})
    assert answer.status_code == 404
    assert getattr(client_of(None), method)(f"{base(project)}/{path}", {}).status_code == 401


def test_an_alert_of_another_project_is_not_there(
    client: APIClient, project: Project, monitor: Monitor, fill: Fill
) -> None:
    other = Project.objects.create(owner=make_user(), title="Other", template="finance-monitor")
    theirs = Monitor.objects.create(project=other)
    now = timezone.now()
    alert = Alert.objects.create(
        monitor=theirs, topic="energy", start=now, end=now, total=1, negative=1, expected=0.1, high=0.2,
        chance=0.0, level=0.1,
    )  # fmt: skip
    for path in (f"alerts/{alert.pk}", f"alerts/{alert.pk}/judge"):
        assert client.post(f"{base(project)}/{path}", {"true": True}).status_code in {404, 405}
        assert client.get(f"{base(project)}/{path}").status_code in {404, 405}
    alert.refresh_from_db()
    assert alert.judged_true is None


def test_the_page_reads_counts_and_not_texts(
    client: APIClient, project: Project, monitor: Monitor, fill: Fill
) -> None:
    """What the series costs grows with bins and not with the stream."""
    fill(now=timezone.now())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(f"{base(project)}/series?days=30")
    about_texts = [one["sql"] for one in asked.captured_queries if "finance_monitor_newstext" in one["sql"]]
    # Of texts only those that no model has read yet: few, and by an index of their own.
    assert all("'waiting'" in sql or "'failed'" in sql for sql in about_texts) and len(about_texts) == 3
    assert Count.objects.exists()


def test_what_is_wrong_with_a_text_is_said_with_its_place(client: APIClient, project: Project) -> None:
    for texts in ([], [{"text": ""}], [{"at": "2026-01-01T00:00:00Z"}], [{"text": "x", "at": "soon"}], "x"):
        body: Any = {"texts": texts}
        assert client.post(f"{base(project)}/texts", body).status_code == 422
    assert not NewsText.objects.exists()
