"""What each promise costs, measured by turns on the items held back, so that somebody can choose one."""

import numpy as np
import pytest
from django.test import Client

from applications.health_triage import calibrating, conformal, offering
from applications.health_triage.promising import Risk, Scored
from tasks_app.models import Project
from tests.factories import client_of


def scored(count: int, *, sure: float, seed: int = 3) -> Scored:
    """3 groups and 4 levels in turn, of which the model knows the share `sure`; two messages a complaint."""
    draw = np.random.default_rng(seed)
    condition, urgency = np.arange(count) % 3, np.arange(count) % 4

    def says(truth: np.ndarray, kinds: int) -> np.ndarray:
        said = np.where(draw.random(count) < sure, truth, draw.integers(kinds, size=count))
        shares = draw.uniform(0.02, 0.1, (count, kinds))
        shares[np.arange(count), said] += draw.uniform(0.5, 1, count)
        return shares / shares.sum(axis=1, keepdims=True)

    return Scored(
        labels=("a", "b", "c"), levels=(1, 2, 3, 4), condition=says(condition, 3), urgency=says(urgency, 4),
        true_condition=condition, true_urgency=urgency, group=np.arange(count) // 2,
    )  # fmt: skip


def test_what_each_promise_leaves_to_people_is_counted_and_each_holds() -> None:
    found = offering.offers(scored(600, sure=0.9), Risk(0.12, 0.02))
    assert [one.risk.wrong for one in found] == [0.05, 0.1, 0.12, 0.15, 0.2, 0.3, 0.4]
    assert all(one.possible and one.abstains.count == 600 for one in found)
    # A promise looser than the models need lists nothing for some, so that later ones may leave more again.
    assert found[0].abstains.value > found[1].abstains.value > 0
    for one in found:
        assert min(one.groups.value, one.range.value) > 1 - one.risk.wrong - 0.05


def test_of_a_promise_that_too_few_items_bear_the_cost_is_unknown() -> None:
    strict, *_others, loose = offering.offers(scored(60, sure=0.9), Risk(0.2, 0.05))
    assert not strict.possible and strict.abstains.value == 1
    assert loose.possible
    assert offering.offers(scored(0, sure=0.9), Risk())[0].possible is False


def test_a_complaint_never_sets_a_threshold_for_itself() -> None:
    for count, parts in ((50, 50), (500, offering.FOLDS)):
        groups = np.repeat(np.arange(count), 3)
        folds = offering._folds(groups)
        assert len(folds) == parts and sorted(np.concatenate(folds).tolist()) == list(range(3 * count))
        assert all(not set(groups[fold]) & set(np.delete(groups, fold)) for fold in folds)
    assert offering._folds(np.zeros(0, dtype=np.int64)) == []


def test_the_upper_limit_is_what_risk_control_finds() -> None:
    known = scored(200, sure=0.7)
    at_truth = conformal.below(known.urgency)[np.arange(200), known.true_urgency]
    grid = np.unique(np.concatenate([[0.0], at_truth, [1.0]]))
    losses = (at_truth[:, None] > grid[None, :]).astype(np.float64)
    for risk in (0.004, 0.01, 0.05, 0.2):
        found = conformal.upper_limit(known.urgency, known.true_urgency, risk)
        assert found == conformal.controlled(grid, losses.sum(axis=0), 200, risk)


@pytest.mark.django_db
def test_the_page_and_rest_say_what_each_promise_costs(project: Project) -> None:
    assert calibrating.calibrate_now(project)
    page = Client()
    page.force_login(project.owner)
    path = f"/projects/{project.pk}/health-triage/coverage/"
    html = page.get(path).text
    assert "What each promise costs" in html and "?wrong=0.2&amp;under_triage=0.05#risk" in html
    assert "5% · 1% (now)" in html and ">20% · 5%</a>" in html
    assert 'value="0.2"' in page.get(f"{path}?wrong=0.2&under_triage=0.05").text
    told = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/health-triage/coverage").json()
    assert [one["promise"]["wrong"] for one in told["offers"]] == [0.05, 0.1, 0.15, 0.2, 0.3, 0.4]
    assert told["offers"][0]["abstains"]["of"] == 300


@pytest.mark.django_db
def test_before_a_calibration_nothing_is_offered(project: Project) -> None:
    told = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/health-triage/coverage").json()
    assert told["offers"] == []
