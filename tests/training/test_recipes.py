"""Recipes with a name, and the choice of one by the amount of data."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from common.errors import Invalid
from tasks_app.models import Project
from tests.factories import CHOICE, SPAN, client_of
from training import execution
from training.engine.config import FitConfig
from training.engine.recipes import FEW, RECIPES, STARTER, THOROUGH, suggest
from training.models import Model, ModelVersion, Run
from training.recipes import build_config, resolved
from training.services.runs import start_run


@pytest.mark.parametrize(
    ("kind", "examples", "labels", "name"),
    [
        ("choice", 770, 77, FEW),
        ("choice", 77 * 30, 77, FEW),
        ("choice", 10_003, 77, THOROUGH),
        ("choice", 0, 0, FEW),
        ("span", 50, 2, STARTER),
        ("span", 50_000, 2, STARTER),
    ],
)
def test_the_recipe_follows_from_the_number_of_examples(
    kind: str, examples: int, labels: int, name: str
) -> None:
    assert suggest(kind, examples=examples, labels=labels) == name


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_one_that_the_engine_takes(name: str) -> None:
    config = build_config(CHOICE, {"name": name})
    assert {key: getattr(config, key) for key in RECIPES[name]} == RECIPES[name]


def test_what_is_set_beside_the_name_wins() -> None:
    config = build_config(CHOICE, {"name": THOROUGH, "epochs": 2})
    assert (config.epochs, config.average_share) == (2, RECIPES[THOROUGH]["average_share"])


def test_a_recipe_without_a_name_is_what_it_was() -> None:
    plain = FitConfig(head="span", field=SPAN, epochs=2)
    assert build_config(SPAN, {"epochs": 2}) == plain
    assert resolved(SPAN, {"epochs": 2}, examples=5) == {"epochs": 2}


def test_the_run_keeps_the_name_that_was_chosen_for_it(approved: Project, admin: User) -> None:
    body = {"project": str(approved.pk), "field": "intent", "recipe": {"name": "auto", "epochs": 1}}
    answer = client_of(admin).post("/api/v1/runs", body)
    assert answer.status_code == 201
    assert answer.json()["recipe"] == {"name": FEW, "epochs": 1, "base_model": "starter"}


@pytest.mark.parametrize("recipe", [{"name": "best"}, {"name": 3}, {"head": "rank"}, {"head": []}])
def test_an_unknown_name_or_head_is_refused(approved: Project, admin: User, recipe: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        start_run(project=approved, field="intent", recipe=recipe, actor=admin)
    assert [problem.pointer for problem in refused.value.problems] == [f"/recipe/{next(iter(recipe))}"]
    assert not Run.objects.exists()


def test_the_page_offers_the_recipes_and_vectors(approved: Project, admin: User) -> None:
    client = Client()
    client.force_login(admin)
    sent = {
        "target": f"{approved.pk}:intent", "base_model": "starter", "name": "auto", "vectors": "on",
        "class_weights": "none", "seed": "13", "seeds": "1",
    }  # fmt: skip
    assert client.post("/training/", sent).status_code == 302
    assert Run.objects.get().recipe == {
        "name": FEW, "head": "embedding", "base_model": "starter", "class_weights": "none", "seed": 13,
        "targets": "soft",
    }  # fmt: skip


def test_vectors_become_a_model_of_their_own_beside_the_field_s(
    approved: Project, admin: User, quick_recipe: dict[str, Any]
) -> None:
    for more in ({}, {"head": "embedding"}):
        run = start_run(
            project=approved, field="intent", recipe={**quick_recipe, "epochs": 1, **more}, actor=admin
        )
        execution.execute(run.pk)
        run.refresh_from_db()
        assert run.state == Run.State.SUCCEEDED, run.reason
    answers, vectors = Model.objects.order_by("created_at")
    assert (answers.head, vectors.head) == ("choice", "embedding")
    assert vectors.name == f"{answers.name}-embedding"
    assert vectors.versions.get().metrics["metric"] == "mrr"
    page = Client()
    page.force_login(admin)
    assert b"mean reciprocal rank" in page.get(f"/training/runs/{run.pk}/").content
    assert page.get(f"/models/{vectors.name}/").status_code == 200
    ModelVersion.objects.filter(model=vectors).update(stage="production")
    items = [{"turns": [{"speaker": "customer", "text": "hello"}]}]
    said = client_of(admin).post(f"/api/v1/models/{vectors.name}/predict", {"items": items})
    assert said.status_code == 200, said.content
    assert len(said.json()["results"][0]["value"]) == 32
