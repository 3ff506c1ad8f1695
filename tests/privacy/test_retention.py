import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Notification
from common.errors import Invalid, NotFound
from common.models import AuditEvent
from privacy import retention as kinds
from privacy.models import BlindValue, RetentionRule, RetentionRun, SubjectRequest, VaultEntry
from privacy.services import retention
from privacy.tasks import apply_retention
from tests.factories import client_of


def old(user, number, days=100):
    rows = Notification.objects.bulk_create(
        [Notification(user=user, kind="badge_earned") for _ in range(number)]
    )
    when = timezone.now() - timedelta(days=days)
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(created_at=when)
    return rows


def rule(admin, *, on=True, days=30, kind="notifications", project=None):
    return retention.set_rule(kind=kind, days=days, is_on=on, actor=admin.pk, project=project)


def test_nothing_goes_until_a_rule_is_switched_on(admin, annotator):
    old(annotator, 3)
    apply_retention()
    rule(admin, on=False)
    apply_retention()
    assert Notification.objects.count() == 3 and not RetentionRun.objects.exists()


def test_the_dry_run_shows_what_would_go_and_deletes_nothing(admin, annotator):
    oldest = old(annotator, 1, days=300)[0]
    old(annotator, 6)
    Notification.objects.create(user=annotator, kind="badge_earned")
    found = retention.preview(kind="notifications", days=30)
    assert found.count == 7 and found.samples[0] == str(oldest.pk) and len(found.samples) == 5
    assert (timezone.now() - found.oldest).days == 300
    assert Notification.objects.count() == 8


def test_a_rule_takes_the_old_and_stands_in_the_audit_log(admin, annotator, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 4)
    old(annotator, 10)
    fresh = Notification.objects.create(user=annotator, kind="badge_earned")
    row = rule(admin)
    assert retention.apply_all() == 10
    assert list(Notification.objects.all()) == [fresh]
    event = AuditEvent.objects.get(action="retention.applied")
    assert event.data["removed"] == 10 and event.data["kind"] == "notifications"
    run = RetentionRun.objects.get(rule=row)
    assert run.removed == 10 and run.finished_at
    assert retention.apply_all() == 0 and RetentionRun.objects.count() == 2


def test_what_was_removed_before_a_kill_counts_once(admin, annotator, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 4)
    old(annotator, 10)
    row = rule(admin)
    batches = retention._batches

    def killed(*args):
        for number, removed in enumerate(batches(*args)):
            if number == 1:
                raise SystemExit
            yield removed

    monkeypatch.setattr(retention, "_batches", killed)
    with pytest.raises(SystemExit):
        retention.apply_rule(row.pk)
    RetentionRule.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(retention, "_batches", batches)
    retention.apply_rule(row.pk)
    assert RetentionRun.objects.get().removed == 10 and not Notification.objects.exists()
    assert AuditEvent.objects.filter(action="retention.applied").count() == 1


def test_who_asks_for_longer_after_a_kill_has_it(admin, annotator):
    old(annotator, 5, days=100)
    row = rule(admin, days=30)
    RetentionRun.objects.create(rule=row, before=timezone.now() - timedelta(days=30))  # left by a kill
    rule(admin, days=365)
    assert retention.apply_rule(row.pk) == 0 and Notification.objects.count() == 5


def test_a_restriction_in_force_stays_whatever_its_age(admin):
    long_ago = timezone.now() - timedelta(days=2000)
    for kind, lifted in (("restrict", None), ("restrict", long_ago), ("opt_out", None)):
        SubjectRequest.objects.create(
            kind=kind, state="closed", channel="account", regime="gdpr", received_on=long_ago.date(),
            due_on=long_ago.date(), closed_at=long_ago, lifted_at=lifted, account=uuid4(),
        )  # fmt: skip
    rule(admin, kind="requests", days=365)
    assert retention.apply_all() == 2
    assert SubjectRequest.objects.get().is_in_force


def test_restricted_originals_stay(admin):
    project = uuid4()
    for restricted in (True, False):
        VaultEntry.objects.create(project=project, item=uuid4(), nonce=b"", sealed=b"", restricted=restricted)
    VaultEntry.objects.update(created_at=timezone.now() - timedelta(days=90))
    rule(admin, kind="originals", days=30)
    retention.apply_all()
    assert [entry.restricted for entry in VaultEntry.objects.all()] == [True]


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_carry_a_rule_out_once(admin, annotator, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 5)
    old(annotator, 60)
    row = rule(admin)
    start = threading.Barrier(4)
    removed = []

    def work():
        start.wait()
        try:
            removed.append(retention.apply_rule(row.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(removed) == 60 == sum(RetentionRun.objects.values_list("removed", flat=True))
    assert sum(1 for one in removed if one) == 1


def test_a_rule_that_is_switched_off_stops_at_the_next_batch(admin, annotator, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 4)
    old(annotator, 10)
    row = rule(admin)
    remove = retention._remove

    def switched_off(*args):
        RetentionRule.objects.update(is_on=False)
        return remove(*args)

    monkeypatch.setattr(retention, "_remove", switched_off)
    assert retention.apply_rule(row.pk) == 4 and Notification.objects.count() == 6


def entry(project, days):
    row = VaultEntry.objects.create(project=project, item=uuid4(), nonce=b"n", sealed=b"s")
    VaultEntry.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))
    BlindValue.objects.create(digest=uuid4(), item=row.item)
    return row


def test_a_project_has_a_rule_of_its_own_instead(admin):
    own, other = uuid4(), uuid4()
    kept, gone = entry(own, 100), entry(other, 100)
    older = entry(own, 400)
    rule(admin, kind="originals", days=50)
    rule(admin, kind="originals", days=365, project=own)
    assert retention.apply_all() == 2
    assert set(VaultEntry.objects.values_list("pk", flat=True)) == {kept.pk}
    assert not BlindValue.objects.filter(item__in=[gone.item, older.item]).exists()
    with pytest.raises(Invalid):
        rule(admin, project=own)  # notifications belong to no project


@pytest.mark.parametrize("kind", [kind.name for kind in kinds.all_kinds()])
def test_every_kind_can_be_looked_at_and_carried_out(admin, kind):
    assert retention.preview(kind=kind, days=1).count == 0
    rule(admin, kind=kind)
    assert retention.apply_all() == 0


def test_the_kinds_of_all_apps_are_there():
    names = {kind.name for kind in kinds.all_kinds()}
    assert names >= {"notifications", "originals", "predictions", "feedback_cases", "run_folders", "requests"}


def test_an_administrator_looks_first_and_then_switches_on(client, admin, annotator):
    old(annotator, 3)
    client.force_login(admin)
    assert "kept without end" in client.get("/privacy/retention/").text
    shown = client.get("/privacy/retention/notifications/?days=30&project=").text
    assert "3 records" in shown and not RetentionRule.objects.exists()
    sent = client.post("/privacy/retention/notifications/", {"days": 30, "project": "", "on": "1"})
    assert sent["Location"] == "/privacy/retention/"
    assert RetentionRule.objects.get().is_on and Notification.objects.count() == 3
    assert client.post("/privacy/retention/notifications/", {"days": 0, "on": "1"}).status_code == 422
    assert client.get("/privacy/retention/nothing/").status_code == 404


def test_by_rest_as_well(admin, annotator):
    old(annotator, 3)
    api = client_of(admin)
    assert api.get("/api/v1/privacy/retention/notifications?days=30").json()["count"] == 3
    put = api.put("/api/v1/privacy/retention/notifications", {"days": 30, "is_on": True})
    assert put.json()["is_on"] is True
    body = api.get("/api/v1/privacy/retention").json()
    assert [one["kind"] for one in body["rules"]] == ["notifications"]
    assert api.put("/api/v1/privacy/retention/x", {"days": 3, "is_on": True}).status_code == 404


def test_the_desk_does_not_exist_for_others(client, annotator):
    client.force_login(annotator)
    assert client.get("/privacy/retention/").status_code == 404
    assert client.post("/privacy/retention/notifications/", {"days": 1, "on": "1"}).status_code == 404
    assert client_of(annotator).get("/api/v1/privacy/retention").status_code == 404


def test_the_command_shows_first_and_applies_when_told(admin, annotator, capsys):
    old(annotator, 3)
    rule(admin)
    call_command("retention")
    assert "notifications (site, 30 days, on): 3, the oldest of" in capsys.readouterr().out
    assert Notification.objects.count() == 3
    call_command("retention", apply=True)
    assert "removed 3" in capsys.readouterr().out and not Notification.objects.exists()


def test_an_unknown_kind_is_refused(admin):
    with pytest.raises(NotFound):
        rule(admin, kind="nothing")
