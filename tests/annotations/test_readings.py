"""The model that reads the text as one more annotator: estimated, measured, heard only where it helps."""

from random import Random
from typing import Any
from uuid import UUID

import pytest

from annotations import consensus
from annotations.aggregation.reading import compare, join, learn_reader
from annotations.models import Consensus, FieldFit, ModelJudgment
from annotations.services.fitting import refit_project
from annotations.services.model_judgments import drop_model_judgments, store_model_judgments
from tasks_app.models import Project
from tests.annotations.crowd import answer
from tests.factories import client_of, make_items, make_project, make_user

PRIORS = {"a": 0.5, "b": 0.5}


def beliefs(right: float, sure: float, seed: int, units: int = 400):
    """Truth, and beliefs that are right in a share `right` and always claim `sure`."""
    dice = Random(seed)  # noqa: S311 - a simulation
    truth = {f"u{n}": "ab"[n % 2] for n in range(units)}
    said = {}
    for unit, label in truth.items():
        named = label if dice.random() < right else "ba"["ab".index(label)]
        said[unit] = {named: sure, "ba"["ab".index(named)]: 1 - sure}
    return truth, said


def test_an_informed_model_helps_and_its_overconfidence_is_seen_through():
    truth, crowd = beliefs(0.8, 0.8, seed=1)
    _, model = beliefs(0.85, 0.999, seed=2)
    reader = learn_reader(crowd, model, PRIORS)
    both = join(crowd, model, reader)
    found = compare(crowd, both, truth)
    assert found.helps and found.both.accuracy > found.crowd.accuracy + 0.02
    assert found.both.log_loss < found.crowd.log_loss
    assert max(max(row.values()) for row in both.values()) < 0.98  # 0.999 would have been believed blindly


def test_a_model_that_knows_nothing_changes_nothing():
    truth, crowd = beliefs(0.8, 0.8, seed=1)
    _, model = beliefs(0.5, 0.99, seed=3)
    reader = learn_reader(crowd, model, PRIORS)
    both = join(crowd, model, reader)
    assert not compare(crowd, both, truth).helps
    assert all(abs(both[unit][label] - crowd[unit][label]) < 0.1 for unit in crowd for label in PRIORS)


def test_with_little_gold_the_model_is_never_heard():
    truth, crowd = beliefs(0.7, 0.7, seed=1)
    _, model = beliefs(0.99, 0.99, seed=2)
    few = dict(list(truth.items())[:29])
    both = join(crowd, model, learn_reader(crowd, model, PRIORS))
    assert not compare(crowd, both, few).helps and compare(crowd, both, truth).helps


def test_units_that_the_model_did_not_read_keep_the_crowds_belief():
    _, crowd = beliefs(0.8, 0.8, seed=1, units=20)
    _, model = beliefs(0.9, 0.9, seed=2, units=10)
    both = join(crowd, model, learn_reader(crowd, model, PRIORS))
    assert both["u15"] == crowd["u15"] and set(both) == set(crowd)


# -- in a project --------------------------------------------------------------------------------------------


def project_with(right: float, *, gold: int = 40) -> tuple[Project, Any, dict[UUID, str]]:
    """Three people who are right in two of three, and one item that they leave undecided."""
    project, dice = make_project(overlap_max=3, confidence=0.999), Random(5)  # noqa: S311 - a simulation
    people, truth = [make_user() for _ in range(3)], {}
    labels = ["refund", "delivery", "other"]
    for number in range(gold):
        true = labels[number % 3]
        item = make_items(project, slots=3, gold={"intent": true})[0]
        truth[item.pk] = true
        for person in people:
            answer(item, person, true if dice.random() < 0.67 else dice.choice(labels))
    open_item = make_items(project, slots=3)[0]
    for person, label in zip(people, labels, strict=True):
        answer(open_item, person, label)
    return project, open_item, truth


def read(project: Project, truth: dict[UUID, str], open_item: Any, *, right: bool = True) -> int:
    others = {"refund": "delivery", "delivery": "other", "other": "refund"}
    said = {item: label if right else others[label] for item, label in truth.items()}
    said[open_item.pk] = "delivery"
    rows = {item: {"item": {label: 0.9, others[label]: 0.1}} for item, label in said.items()}
    return store_model_judgments(project=project, field="intent", version="m 1", folds={0: rows})


@pytest.mark.django_db
def test_a_model_that_helps_on_gold_decides_what_the_crowd_could_not() -> None:
    project, item, truth = project_with(0.67)
    refit_project(project.pk)
    unsure = Consensus.objects.get(item=item).confidence
    assert read(project, truth, item) == 41
    refit_project(project.pk)
    fit = FieldFit.objects.get()
    assert fit.reading["on"] and fit.reading["gold"] == 40
    assert fit.reading["both"]["accuracy"] >= fit.reading["crowd"]["accuracy"]
    assert fit.reading["both"]["log_loss"] < fit.reading["crowd"]["log_loss"]
    row = Consensus.objects.get(item=item)
    assert row.value == "delivery" and row.confidence > unsure
    body = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/quality").json()
    assert body["fields"][0]["reading"]["on"] is True


@pytest.mark.django_db
def test_between_fits_the_model_is_heard_as_well_and_can_be_dropped() -> None:
    project, item, truth = project_with(0.67)
    read(project, truth, item)
    refit_project(project.pk)
    Consensus.objects.all().delete()
    consensus.aggregate_item(item.pk)
    heard = Consensus.objects.get(item=item)
    drop_model_judgments(project=project, field="intent")
    refit_project(project.pk)
    Consensus.objects.all().delete()
    consensus.aggregate_item(item.pk)
    assert heard.value == "delivery"
    assert Consensus.objects.get(item=item).confidence < heard.confidence
    assert FieldFit.objects.get().reading == {}


@pytest.mark.django_db
def test_a_model_that_misleads_is_measured_and_left_out() -> None:
    project, item, truth = project_with(0.67)
    some = {pk: label for n, (pk, label) in enumerate(truth.items()) if n % 2}
    rest = {pk: "refund" for pk in truth if pk not in some}
    read(project, some | rest, item, right=False)
    before = Consensus.objects.filter(item=item).count()
    refit_project(project.pk)
    assert before == 0 and FieldFit.objects.get().reading["on"] is False


@pytest.mark.django_db
def test_judgments_on_other_projects_items_are_not_kept_and_old_ones_are_replaced() -> None:
    project, item, truth = project_with(0.67, gold=3)
    stranger = make_items(make_project())[0]
    assert read(project, truth | {stranger.pk: "refund"}, item) == 4
    assert read(project, {}, item) == 1
    assert ModelJudgment.objects.count() == 1


@pytest.mark.django_db
def test_the_page_tells_what_the_model_did(client: Any) -> None:
    project, item, truth = project_with(0.67)
    read(project, truth, item)
    refit_project(project.pk)
    client.force_login(project.owner)
    page = client.get(f"/projects/{project.pk}/quality/").content.decode()
    assert "joins as one more annotator" in page and "held-out gold judgments" in page
