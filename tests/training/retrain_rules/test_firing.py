"""Rules that start runs by themselves: once each, no more often than cool-down and budget allow."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from accounts.models import Notification, User
from tasks_app.models import Project
from tests.training.conftest import approve
from tests.training.retrain_rules.conftest import Make, Rule, end, kinds_told, later, verdict
from training.models import (
    RetrainFiring,
    Run,
    Snapshot,
)
from training.services.retraining import conclude_firing, evaluate_rule, evaluate_rules


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
