"""Rules that start runs by themselves: once each, no more often than cool-down and budget allow."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from unittest.mock import patch

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone

from accounts.models import Notification, Role, User
from accounts.roles import grant
from common.errors import Invalid
from tasks_app.models import Project
from tests.factories import client_of, make_user
from tests.training.conftest import approve
from training import retraining as retraining_reads
from training import rounds
from training.models import (
    DriftReading,
    Feedback,
    ModelVersion,
    Prediction,
    RetrainFiring,
    RetrainRule,
    Run,
    Snapshot,
)
from training.retrain_conditions import next_time
from training.services import retraining
from training.services.retraining import Terms, conclude_firing, create_rule, evaluate_rule, evaluate_rules

Make = Callable[..., ModelVersion]
Rule = Callable[..., RetrainRule]
URL = "/api/v1/retrain-rules"


@pytest.fixture
def rule(approved: Project, admin: User) -> Rule:
    def make(kind: str = "approvals", **terms: Any) -> RetrainRule:
        terms.setdefault("condition", {"every": 50} if kind == "approvals" else {})
        return create_rule(project=approved, field="intent", kind=kind, terms=Terms(**terms), actor=admin)

    return make


def verdict(rule: RetrainRule) -> str:
    rule.refresh_from_db()
    return str(rule.last_look["verdict"])


def end(run: Run, state: str = "failed", *, minutes: int = 1) -> None:
    began = timezone.now() - timedelta(minutes=minutes)
    Run.objects.filter(pk=run.pk).update(state=state, started_at=began, finished_at=timezone.now())


def later(**more: int) -> datetime:
    return timezone.now() + timedelta(**more)


def kinds_told() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("kind", flat=True))


# -- new approvals ----------------------------------------------------------------------------------------


def test_enough_new_approvals_start_a_run_and_the_admins_hear_of_it(rule: Rule, admin: User) -> None:
    kept = rule(recipe={"epochs": 2})
    [firing] = evaluate_rules()
    assert firing.run.field == "intent" and firing.run.recipe["epochs"] == 2 and firing.run.state == "queued"
    assert firing.figures == {"new": 60, "every": 50} and verdict(kept) == "fired"
    note = Notification.objects.get(user=admin)
    assert note.kind == "retrain_fired" and note.url == f"/training/runs/{firing.run_id}/"


def test_too_few_start_nothing_and_the_figures_say_so(rule: Rule) -> None:
    kept = rule(condition={"every": 500})
    assert evaluate_rules() == []
    kept.refresh_from_db()
    assert kept.last_look == {"verdict": "waiting", "new": 60, "every": 500}


def test_only_what_was_approved_since_the_last_good_training_counts(
    rule: Rule, approved: Project, make_version: Make
) -> None:
    kept = rule(condition={"every": 10})
    end(make_version().run, "succeeded")
    assert evaluate_rules() == []
    approve(approved, 10)
    assert len(evaluate_rules()) == 1 and verdict(kept) == "fired"


def test_what_a_snapshot_left_out_as_a_duplicate_is_not_new_for_ever(
    rule: Rule, approved: Project, make_version: Make
) -> None:
    kept = rule(condition={"every": 10})
    version = make_version()
    end(version.run, "succeeded")
    summary = {**version.snapshot.summary, "duplicates": {"joined": 20, "clusters": 10, "left_out": 10}}
    Snapshot.objects.filter(pk=version.snapshot_id).update(summary=summary)
    approve(approved, 10)  # all of them like items that are tested on
    assert evaluate_rules() == []
    approve(approved, 10)
    assert len(evaluate_rules()) == 1 and verdict(kept) == "fired"


# -- once -------------------------------------------------------------------------------------------------


@contextmanager
def at_once(work: Callable[[], object], number: int) -> Iterator[None]:
    barrier = threading.Barrier(number)

    def go() -> None:
        close_old_connections()
        barrier.wait()
        work()
        connection.close()

    threads = [threading.Thread(target=go) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield


@pytest.mark.django_db(transaction=True)
def test_however_many_look_at_the_same_moment_one_run_starts(rule: Rule) -> None:
    """Two rules of one field, looked at by ten: beat may tick twice, and workers are many."""
    rules = cycle([rule().pk, rule("schedule", condition={"every_days": 1}).pk])
    with at_once(lambda: evaluate_rule(rule_id=next(rules), now=later(days=2)), 10):
        assert Run.objects.count() == RetrainFiring.objects.count() == 1
    assert kinds_told() == ["retrain_fired"]


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_run_is_told_once(rule: Rule, make_version: Make) -> None:
    kept = rule(promote=True)
    version = make_version()
    firing = RetrainFiring.objects.create(rule=kept, run=version.run, fired_at=timezone.now())
    with at_once(lambda: conclude_firing(firing_id=firing.pk), 6):
        firing.refresh_from_db()
    assert firing.outcome == "promoted" and kinds_told() == ["retrain_promoted"]


def test_nothing_starts_while_a_run_of_the_field_is_at_work(rule: Rule) -> None:
    kept = rule()
    evaluate_rules()
    assert evaluate_rules(now=later(days=9)) == [] and verdict(kept) == "at_work"


# -- cool-down and budget -----------------------------------------------------------------------------------


def test_it_cools_down_between_two_runs(rule: Rule) -> None:
    kept = rule(cooldown_hours=6)
    [first] = evaluate_rules()
    end(first.run)
    assert evaluate_rules(now=later(hours=5)) == [] and verdict(kept) == "cooling"
    assert datetime.fromisoformat(kept.last_look["until"]) == first.fired_at + timedelta(hours=6)
    assert len(evaluate_rules(now=later(hours=7))) == 1


@pytest.mark.parametrize("budget", [{"budget_runs": 1}, {"budget_minutes": 30}])
def test_a_used_up_budget_is_told_once_and_is_new_every_month(rule: Rule, budget: dict[str, int]) -> None:
    kept = rule(cooldown_hours=1, **budget)
    now = datetime(2026, 11, 10, 12, tzinfo=UTC)
    firing = evaluate_rule(rule_id=kept.pk, now=now)
    assert firing is not None
    end(firing.run, minutes=40)
    for hours in (2, 3):
        assert evaluate_rule(rule_id=kept.pk, now=now + timedelta(hours=hours)) is None
    assert verdict(kept) == "over_budget" and kinds_told() == ["retrain_fired", "retrain_over_budget"]
    assert evaluate_rule(rule_id=kept.pk, now=datetime(2026, 12, 1, tzinfo=UTC)) is not None


def test_minutes_left_are_enough_for_another_run(rule: Rule) -> None:
    kept = rule(cooldown_hours=1, budget_minutes=60)
    firing = evaluate_rule(rule_id=kept.pk)
    assert firing is not None
    end(firing.run, minutes=40)
    assert evaluate_rule(rule_id=kept.pk, now=later(hours=2)) is not None


# -- schedule -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "after", "expected"),
    [
        ({"every_days": 1, "hour": 3, "timezone": "UTC"}, "2026-03-01T01:00", "2026-03-01T03:00"),
        ({"every_days": 1, "hour": 3, "timezone": "UTC"}, "2026-03-01T03:00", "2026-03-02T03:00"),
        ({"every_days": 7, "hour": 3, "timezone": "UTC"}, "2026-03-01T09:00", "2026-03-08T03:00"),
        # 3:00 in Shanghai is 19:00 of the day before in UTC.
        ({"every_days": 1, "hour": 3, "timezone": "Asia/Shanghai"}, "2026-03-01T12:00", "2026-03-01T19:00"),
        # Summer time begins on 29 March: the same hour of the clock, an hour earlier in UTC.
        ({"every_days": 7, "hour": 9, "timezone": "Europe/Berlin"}, "2026-03-25T12:00", "2026-04-01T07:00"),
        # The hour that is left out that night.
        ({"every_days": 1, "hour": 2, "timezone": "Europe/Berlin"}, "2026-03-28T12:00", "2026-03-29T01:00"),
    ],
)
def test_when_a_schedule_comes_next(condition: dict[str, Any], after: str, expected: str) -> None:
    found = next_time(condition, datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_tuned_encoder_of_the_field_is_no_training_of_its_answers(rule: Rule, make_version: Make) -> None:
    version = make_version(stage="production")
    end(version.run, "succeeded")
    model = version.model
    kept, tuned = rule(condition={"every": 10}), rule(recipe={"head": "embedding"}, condition={"every": 10})
    assert retraining_reads.production_for(kept) == version and not retraining_reads.production_for(tuned)
    model.head = "embedding"
    model.save()
    assert retraining_reads.production_for(tuned) == version and not retraining_reads.production_for(kept)
    assert retraining_reads.read_approvals(kept, timezone.now())[1]["new"] == 60
    assert retraining_reads.read_approvals(tuned, timezone.now())[1]["new"] == 0


def test_a_schedule_that_was_missed_fires_once_and_goes_on(rule: Rule) -> None:
    kept = rule("schedule", condition={"every_days": 1, "hour": 3}, cooldown_hours=1)
    assert evaluate_rules() == [] and verdict(kept) == "waiting"
    [firing] = evaluate_rules(now=later(days=12))
    end(firing.run)
    kept.refresh_from_db()
    assert kept.next_at is not None and later(days=12) < kept.next_at <= later(days=13)
    assert evaluate_rule(rule_id=kept.pk, now=later(days=12, minutes=1)) is None


# -- satisfaction -------------------------------------------------------------------------------------------


def voices(version: ModelVersion, *, up: int, down: int, days_ago: int = 1, stars: bool = False) -> None:
    for number in range(up + down):
        asked = Prediction.objects.create(version=version, payload={"text": "hi"}, confidence=0.5)
        content = number < up
        said = {"rating": 5 if content else 2} if stars else {"thumbs": 1 if content else -1}
        given = Feedback.objects.create(prediction=asked, end_user=f"{number}", **said)
        Feedback.objects.filter(pk=given.pk).update(created_at=timezone.now() - timedelta(days=days_ago))


@pytest.mark.parametrize(
    ("condition", "before", "now", "fires"),
    [
        ({"below": 0.7}, (0, 0), (6, 4), True),
        ({"below": 0.7}, (0, 0), (8, 2), False),
        ({"below": 0.7}, (0, 0), (2, 4), False),  # six voices are too few
        ({"fallen_by": 0.2}, (9, 1), (6, 4), True),
        ({"fallen_by": 0.2}, (7, 3), (6, 4), False),
        ({"fallen_by": 0.2}, (3, 0), (6, 4), False),  # nothing to compare with
    ],
)
def test_satisfaction_below_a_bar_or_fallen(
    rule: Rule,
    make_version: Make,
    condition: dict[str, float],
    before: tuple[int, int],
    now: tuple[int, int],
    fires: bool,
) -> None:
    earlier, version = make_version(stage="archived"), make_version(stage="production")
    kept = rule("satisfaction", condition={**condition, "window_days": 7, "least_voices": 10})
    voices(earlier, up=before[0], down=before[1], days_ago=10)
    voices(version, up=now[0], down=now[1], stars=True)
    assert bool(evaluate_rules()) is fires
    kept.refresh_from_db()
    assert kept.last_look["voices"] == sum(now)


def test_without_a_model_in_production_nobody_can_be_content(rule: Rule) -> None:
    kept = rule("satisfaction", condition={"below": 0.5})
    assert evaluate_rules() == [] and kept.__class__.objects.get().last_look["missing"] == "production"


# -- drift ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "fires"),
    [
        ({"embedding": 0.3, "embedding_chance": 0.1}, True),
        ({"embedding": 0.2, "embedding_chance": 0.1}, False),
        ({"embedding": 0.3, "embedding_chance": 0.4}, False),  # as much as chance does
        ({"embedding": 0.0, "embedding_chance": 0.1, "labels": 0.5, "labels_chance": 0.1}, True),
        ({"embedding": 0.3, "embedding_chance": 0.1, "items": 60}, False),
    ],
)
def test_drift_of_texts_or_labels_beyond_chance(
    rule: Rule, make_version: Make, reading: dict[str, float], fires: bool
) -> None:
    version = make_version(stage="production")
    rule("drift")
    today = timezone.now().date()
    DriftReading.objects.create(
        version=version, day=today - timedelta(days=1), embedding=9, embedding_chance=0, items=9
    )
    DriftReading.objects.create(version=version, day=today, **{"items": 300, "source": "items", **reading})
    assert bool(evaluate_rules()) is fires


def test_an_old_reading_of_drift_starts_nothing(rule: Rule, make_version: Make) -> None:
    """Readings end where nobody asks the model any more; the last one would fire after each cool-down."""
    version = make_version(stage="production")
    kept = rule("drift")
    long_ago = timezone.now().date() - timedelta(days=30)
    DriftReading.objects.create(version=version, day=long_ago, embedding=9, embedding_chance=0, items=900)
    assert evaluate_rules() == []
    kept.refresh_from_db()
    assert kept.last_look["missing"] == "reading"


# -- the end of its runs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promote", "current", "outcome", "stage"),
    [
        (False, 0.5, "candidate", "candidate"),
        (True, 0.5, "promoted", "production"),
        (True, 0.9, "refused", "candidate"),
    ],
)
def test_a_rule_promotes_only_when_told_to_and_when_the_gate_allows_it(
    rule: Rule, make_version: Make, promote: bool, current: float, outcome: str, stage: str
) -> None:
    make_version(test=current, stage="production")
    version = make_version(test=0.7)
    firing = RetrainFiring.objects.create(
        rule=rule(promote=promote), run=version.run, fired_at=timezone.now()
    )
    assert retraining.ended_firings() == [firing.pk]
    assert conclude_firing(firing_id=firing.pk).outcome == outcome
    version.refresh_from_db()
    assert version.stage == stage and kinds_told() == [f"retrain_{outcome}"]
    assert retraining.ended_firings() == []


def test_a_failed_run_is_told(rule: Rule) -> None:
    rule()
    [firing] = evaluate_rules()
    assert conclude_firing(firing_id=firing.pk).outcome == ""
    end(firing.run)
    assert conclude_firing(firing_id=firing.pk).outcome == "failed"
    assert kinds_told() == ["retrain_fired", "retrain_failed"]


def test_beats_round_looks_and_asks_for_the_ends(rule: Rule) -> None:
    rule()
    rounds.retrain()
    firing = RetrainFiring.objects.get()
    end(firing.run)
    with patch.object(rounds.predict_end_of_firing, "delay") as asked:
        rounds.retrain()
    asked.assert_called_once_with(str(firing.pk))


def test_a_rule_that_cannot_start_says_why_and_holds_up_no_other(
    rule: Rule, approved: Project, admin: User
) -> None:
    kept, other = rule(condition={"every": 1}), rule("schedule")
    approved.consensus.filter(item__in=approved.items.order_by("pk")[3:].values("pk")).delete()
    evaluate_rules()
    assert verdict(kept) == "refused" and "too few" in kept.last_look["said"]
    assert verdict(other) == "waiting" and not Run.objects.exists()


# -- REST and page ------------------------------------------------------------------------------------------


def body(project: Project, **more: Any) -> dict[str, Any]:
    return {"project": str(project.pk), "field": "intent", "kind": "approvals", "condition": {}, **more}


def test_rest_keeps_changes_pauses_looks_and_deletes(approved: Project, admin: User) -> None:
    client = client_of(admin)
    made = client.post(URL, body(approved, budget_runs=5), headers={"Idempotency-Key": "one"})
    again = client.post(URL, body(approved, budget_runs=5), headers={"Idempotency-Key": "one"})
    assert made.status_code == 201 and made.json()["condition"] == {"every": 500}
    assert again.json()["id"] == made.json()["id"] and RetrainRule.objects.count() == 1
    url = f"{URL}/{made.json()['id']}"
    changed = client.patch(url, {"condition": {"every": 20}, "paused": True}).json()
    assert changed["condition"] == {"every": 20} and changed["paused"] and changed["budget_runs"] == 5
    assert client.post(f"{url}/look").json()["last_look"] is None and not Run.objects.exists()
    client.patch(url, {"paused": False})
    looked = client.post(f"{url}/look").json()
    assert looked["last_look"]["verdict"] == "fired" and looked["used"]["runs"] == 1
    [fired] = client.get(f"{url}/firings").json()["results"]
    assert fired["run"] == str(Run.objects.get().pk) and fired["outcome"] is None
    assert [row["id"] for row in client.get(URL).json()["results"]] == [made.json()["id"]]
    assert client.delete(url).status_code == 204 and client.get(url).status_code == 404
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"condition": {"every": 0}}, "/condition/every"),
        ({"condition": {"evry": 5}}, "/condition/evry"),
        ({"kind": "schedule", "condition": {"timezone": "Mars/Base"}}, "/condition/timezone"),
        ({"kind": "satisfaction"}, "/condition/below"),
        ({"field": "nothing"}, "/field"),
        ({"recipe": {"epochs": 0}}, "/recipe/epochs"),
        ({"cooldown_hours": 20_000}, "/cooldown_hours"),
    ],
)
def test_a_wrong_rule_is_refused_with_pointers(
    approved: Project, admin: User, wrong: dict[str, Any], pointer: str
) -> None:
    answer = client_of(admin).post(URL, body(approved, **wrong))
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer
    assert not RetrainRule.objects.exists()


def test_a_stranger_and_another_projects_admin_find_nothing(
    rule: Rule, approved: Project, stranger: User, project: Project
) -> None:
    kept = rule()
    other = make_user("other")
    grant(other, Role.ADMIN, kept.pk)  # of some other scope
    for user in (stranger, other):
        client = client_of(user)
        assert client.post(URL, body(approved)).status_code == 404
        for path in (f"{URL}/{kept.pk}", f"{URL}/{kept.pk}/firings"):
            assert client.get(path).status_code == 404
        assert client.patch(f"{URL}/{kept.pk}", {"paused": True}).status_code == 404
        assert client.delete(f"{URL}/{kept.pk}").status_code == 404
    browser = Client()
    browser.force_login(stranger)
    for verb in ("pause", "look", "delete"):
        assert browser.post(f"/training/rules/{kept.pk}/{verb}/").status_code == 404
    assert browser.get("/training/rules/").status_code == 404


@pytest.mark.parametrize("kind", ["approvals", "schedule", "satisfaction", "drift"])
def test_the_page_keeps_a_rule_of_each_kind(
    approved: Project, admin: User, kind: str, redis_url: str
) -> None:
    client = Client()
    client.force_login(admin)
    form = client.get(f"/training/rules/?kind={kind}").context["form"]
    sent = {name: field.initial for name, field in form.fields.items() if field.initial is not None}
    sent |= {"target": f"{approved.pk}:intent"} | ({"below": "0.7"} if kind == "satisfaction" else {})
    assert client.post(f"/training/rules/?kind={kind}", sent).status_code == 302
    kept = RetrainRule.objects.get()
    assert kept.kind == kind and kept.budget_runs == 5 and not kept.promote
    assert kept.recipe == {"name": "auto"}
    refused = client.post(f"/training/rules/?kind={kind}", {**sent, "cooldown_hours": "0"})
    assert refused.status_code == 422 and "cooldown_hours" in refused.context["form"].errors


def test_the_page_says_why_it_did_not_fire_and_what_did(rule: Rule, admin: User, redis_url: str) -> None:
    client = Client()
    client.force_login(admin)
    assert "No rule yet" in client.get("/training/rules/").content.decode()
    kept, far = rule(budget_runs=5, budget_minutes=60), rule(condition={"every": 500})
    client.post(f"/training/rules/{kept.pk}/look/")
    run = Run.objects.get()
    end(run, minutes=40)
    client.post(f"/training/rules/{kept.pk}/look/"), client.post(f"/training/rules/{far.pk}/look/")
    page = client.get("/training/rules/").content.decode()
    assert "60 of 50 approvals · cooling down until " in page and "60 of 500 approvals" in page
    assert "1 of 5 runs / 40 of 60 minutes this month" in page and f"/training/runs/{run.pk}/" in page
    assert "started run 1" in client.get("/settings/notifications/").content.decode()
    client.post(f"/training/rules/{kept.pk}/pause/", {"paused": "on"})
    assert RetrainRule.objects.get(pk=kept.pk).paused
    client.post(f"/training/rules/{kept.pk}/delete/")
    assert RetrainRule.objects.count() == 1


def test_a_condition_is_checked_wherever_it_comes_from(approved: Project) -> None:
    for condition in ({"every": True}, {"every": "5"}, {"every": 1.5}):
        with pytest.raises(Invalid):
            create_rule(
                project=approved,
                field="intent",
                kind="approvals",
                terms=Terms(condition=condition),
                actor=None,
            )
