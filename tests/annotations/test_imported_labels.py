from typing import Any

import pytest

from accounts.models import User
from annotations import consensus
from annotations.models import Answer, Consensus, WorkerSkill
from annotations.services.imported_labels import store_labels
from rewards.models import Transfer
from tasks_app.importing.labels import ImportedLabels
from tasks_app.importing.lines import Labels
from tasks_app.models import Item, Project
from tests.factories import make_items, make_project

pytestmark = pytest.mark.django_db


def labels(item: Item, *answers: tuple[str, str], approved: str = "") -> ImportedLabels:
    return ImportedLabels(
        item.pk,
        item.payload,
        [Labels(who, {"intent": label}, 3.0) for who, label in answers],
        {"intent": approved} if approved else None,
    )


@pytest.fixture
def project() -> Project:
    return make_project(state="draft", funds=0)


def items_of(project: Project, number: int) -> list[Any]:
    return make_items(project, number, slots=0)


def store(project: Project, *rows: ImportedLabels) -> None:
    store_labels(project, project.schema_versions.get(), rows)


def test_unknown_annotators_become_inactive_accounts_of_the_project(project: Project) -> None:
    first, second = items_of(project, 2)
    store(project, labels(first, ("w01", "refund"), ("w02", "other")), labels(second, ("w01", "refund")))
    people = User.objects.filter(imported=True)
    assert people.count() == 2 and not people.filter(is_active=True).exists()
    assert all(p.email.startswith("imported+") and not p.has_usable_password() for p in people)
    other = make_project(state="draft", funds=0)
    store(other, labels(items_of(other, 1)[0], ("w01", "refund")))
    assert User.objects.filter(imported=True, display_name="w01").count() == 2


def test_answers_wait_for_aggregation_and_are_never_paid(project: Project) -> None:
    item = items_of(project, 1)[0]
    store(project, labels(item, ("w1", "refund"), ("w2", "refund"), ("w3", "refund")))
    item.refresh_from_db()
    assert item.needs_aggregation and set(Answer.objects.values_list("source", flat=True)) == {"imported"}
    consensus.aggregate_waiting()
    item.refresh_from_db()
    assert Consensus.objects.get().state == "approved" and item.state == "closed"
    assert set(Answer.objects.values_list("state", flat=True)) == {"approved"}
    assert not Transfer.objects.exists()


def test_doubtful_ones_go_to_review(project: Project) -> None:
    item = items_of(project, 1)[0]
    store(project, labels(item, ("w1", "refund"), ("w2", "other")))
    consensus.aggregate_waiting()
    assert Consensus.objects.get().state == "review"


def test_approved_values_are_final(project: Project) -> None:
    item = items_of(project, 1)[0]
    store(project, labels(item, ("w1", "refund"), approved="other"))
    row = Consensus.objects.get()
    assert (row.value, row.state, row.confidence) == ("other", "approved", 1.0)
    assert row.posterior == {"item": {"other": 1.0}}
    item.refresh_from_db()
    assert not item.needs_aggregation and Answer.objects.get().state == "approved"


def test_many_are_fitted_before_any_is_decided(project: Project) -> None:
    """Three who always say the same must not outvote two who are right."""
    truth = ["refund", "delivery", "other"]
    rows = [
        labels(
            item,
            *[(w, truth[n % 3]) for w in ("good1", "good2")],
            *[(w, "other") for w in ("lazy1", "lazy2", "lazy3")],
        )
        for n, item in enumerate(items_of(project, 60))
    ]
    store(project, *rows)
    consensus.aggregate_waiting()
    assert WorkerSkill.objects.count() == 5
    found = dict(Consensus.objects.values_list("item_id", "value"))
    assert [found[row.item_id] for row in rows] == [truth[n % 3] for n in range(60)]


def test_the_same_annotator_twice_on_an_item_counts_once(project: Project) -> None:
    item = items_of(project, 1)[0]
    store(project, labels(item, ("w1", "refund"), ("w1", "other")))
    assert Answer.objects.get().value == {"intent": "refund"}
