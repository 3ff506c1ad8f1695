"""Texts whose use somebody has restricted are read by no model, whatever it is that asks for texts."""

import pytest

from tasks_app.models import Item, Project
from tests.annotations.crowd import answer
from tests.factories import make_items, make_project, make_user
from training import cross_fitting, preannotating, ranking
from training.models import ActiveLearning

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def test_restricted_items_are_neither_suggested_for_nor_chosen_nor_cross_fitted(project: Project) -> None:
    fresh, answered = make_items(project, 2)
    answer(answered, make_user(), "refund")
    wish = ActiveLearning(project=project)

    def read() -> set[Item]:
        folds = [item for fold in range(20) for item in cross_fitting._items_of(project, fold)]
        return {*preannotating.open_items(project.pk), *ranking._open(wish), *folds}

    assert read() == {fresh, answered}
    Item.objects.update(restricted=True)
    assert read() == set()
