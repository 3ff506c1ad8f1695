"""How runs that rules started end: promoted only where told to, told once, holding up no other."""

from unittest.mock import patch

import pytest
from django.utils import timezone

from accounts.models import User
from tasks_app.models import Project
from tests.training.retrain_rules.conftest import Make, Rule, end, kinds_told, verdict
from training import rounds
from training.models import (
    RetrainFiring,
    Run,
)
from training.services import retraining
from training.services.retraining import conclude_firing, evaluate_rules


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
