"""What rules look at: approvals, schedules, satisfaction and drift."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.training.retrain_rules.conftest import Make, Rule, end, later, verdict
from training import retraining as retraining_reads
from training.models import (
    DriftReading,
    Feedback,
    ModelVersion,
    Prediction,
)
from training.retrain_conditions import next_time
from training.services.retraining import evaluate_rule, evaluate_rules


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
