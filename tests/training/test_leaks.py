"""What a version gives away: on its card, its page, over REST, and at the gate."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from common.errors import Conflict, Invalid
from tasks_app.models import Project
from tests.factories import CHOICE, client_of
from tests.training.test_pages import browser_of
from training import cards, seeds, spending
from training.engine.private import budget
from training.engine.recipes import PRIVATE
from training.gate import Guards
from training.models import Model, ModelVersion
from training.recipes import build_config, resolved
from training.services.predictions import predict
from training.services.registry import promote_version, set_guards
from training.services.rollouts import start_rollout
from training.services.runs import start_run

Make = Callable[..., ModelVersion]
TOLD = {
    "auc": 0.574, "interval": [0.52, 0.63], "tpr": 0.021, "tpr_interval": [0.0, 0.05], "fpr": 0.01,
    "members": 300, "others": 120, "split": "test",
}  # fmt: skip
PLANTED = {
    "count": 8, "times": 4, "candidates": 256, "chance": 1.44, "exposures": [2.0] * 8, "mean": 2.0,
    "highest": 3.5,
}  # fmt: skip
SPENT = {
    "mechanism": "DP-SGD", "epsilon": 2.987, "delta": 1e-5, "accountant": "prv", "unit": "group",
    "units": 4321, "unit_examples": 8, "max_grad_norm": 1.0, "noise_multiplier": 1.1, "sample_rate": 0.05,
    "steps": 200, "secure_mode": False,
}  # fmt: skip


@pytest.fixture
def leaky(make_version: Make) -> Make:
    """leaky(told=, planted=, spent=, head=) -> a version whose report says so."""

    def make(
        *, told: Any = TOLD, planted: Any = None, spent: Any = None, head: str = "choice", **more: Any
    ) -> ModelVersion:
        version = make_version(**more)
        report = version.run.report or {}
        report |= {"privacy": spent, "memorisation": {"membership": told, "canaries": planted}}
        version.run.report = report
        version.run.save(update_fields=["report"])
        version.card_data["evaluation"] |= {name: report[name] for name in ("privacy", "memorisation")}
        version.card = cards.render(version.card_data)
        version.save()
        Model.objects.filter(pk=version.model_id).update(head=head)
        return ModelVersion.objects.select_related("model", "run", "snapshot").get(pk=version.pk)

    return make


def url(version: ModelVersion, verb: str) -> str:
    return f"/api/v1/models/{version.model.name}/versions/{version.number}/{verb}"


def test_every_trained_version_has_the_figure_and_the_card_says_what_it_means(make_version: Make) -> None:
    version = make_version()
    assert (version.run.report or {})["memorisation"]["membership"]["members"] >= 10
    assert "whoever takes the one with the smaller loss is right" in version.card
    assert "without differential privacy: nothing bounds" in version.card
    assert "Canaries: none were planted" in version.card
    assert "differential-privacy" not in version.card


def test_the_card_of_a_private_version_states_guarantee_unit_and_limits(leaky: Make) -> None:
    card = leaky(spent=SPENT, planted=PLANTED).card
    assert "**ε = 2.99** at δ = 1.0e-05" in card and "- differential-privacy" in card
    assert "one conversation with all that was imported under the same group (4,321 of them)" in card
    assert "clipped to 1, noise multiplier 1.100; accountant: PRV" in card
    assert "the dev items" in card and "no “secure mode”" in card
    assert "right **57 of 100 times** (95 %: 52 to 63; 50 is a coin)" in card
    assert "Exposure 2.00 bits on average, 3.50 at the most, where chance gives 1.44" in card


def test_a_single_item_as_unit_is_no_conversation(leaky: Make) -> None:
    assert "one item alone; whoever has several" in leaky(spent={**SPENT, "unit": "example"}).card


def test_the_pages_say_it_in_plain_words(leaky: Make, admin: User) -> None:
    version = leaky(spent=SPENT, planted=PLANTED)
    for page in (f"/models/{version.model.name}/", f"/training/runs/{version.run_id}/"):
        shown = browser_of(admin).get(page).content.decode()
        assert "right 57 of 100 times (95 percent: 52 to 63); 50 is a coin" in shown
        assert "within epsilon 2.99 at delta 1.0e-05" in shown
        assert "Of 8 made-up strings that were planted, the model knows 2.00 bits" in shown


def test_a_run_from_before_says_that_it_was_not_measured(leaky: Make, admin: User) -> None:
    version = leaky(told=None)
    shown = browser_of(admin).get(f"/training/runs/{version.run_id}/").content.decode()
    assert "was not measured" in shown
    version.run.report = {"test": {}, "dev": {"accuracy": 0.5}}
    version.run.save(update_fields=["report"])
    assert browser_of(admin).get(f"/training/runs/{version.run_id}/").status_code == 200


def test_rest_gives_the_figures_with_each_version(leaky: Make, admin: User) -> None:
    version = leaky(spent=SPENT, planted=PLANTED)
    found = client_of(admin).get(f"/api/v1/models/{version.model.name}").json()["versions"][0]["privacy"]
    assert found == {
        "epsilon": 2.987, "delta": 1e-5, "unit": "group", "membership_auc": 0.574, "membership_tpr": 0.021,
        "exposure": 2.0,
    }  # fmt: skip


# -- the gate ---------------------------------------------------------------------------------------------


def test_the_gate_asks_nothing_of_it_unless_told(leaky: Make, admin: User) -> None:
    promote_version(version=leaky(told={**TOLD, "auc": 0.99}), actor=admin)
    assert ModelVersion.objects.get().stage == "production"
    assert Guards.from_json({}).allow(None) and Guards.from_json({"membership": None}).allow(1.0)


@pytest.mark.parametrize(
    ("auc", "told"),
    [(0.61, "is told 61 of 100 times (50 is a coin); the gate allows 60"), (None, "not measured")],
)
def test_above_the_bar_it_is_refused_in_words(auc: float | None, told: str, leaky: Make, admin: User) -> None:
    version = leaky(told=auc and {**TOLD, "auc": auc})
    path = f"/api/v1/models/{version.model.name}/guards"
    answer = client_of(admin).put(path, {"kinds": ["speaker"], "membership": 0.6})
    assert answer.json()["guards"] == {"kinds": ["speaker"], "tolerance": 0.0, "membership": 0.6}
    answer = client_of(admin).post(url(version, "promote"))
    assert answer.status_code == 409 and answer.json()["code"] == "gate"
    assert told in answer.json()["detail"] and answer.json()["gate"]["membership"] == auc
    promote_version(version=version, actor=admin, override=True, reason="a test")
    assert ModelVersion.objects.get().stage == "production"


def test_below_the_bar_it_passes(leaky: Make, admin: User) -> None:
    version = leaky()
    set_guards(model=version.model, kinds=[], tolerance=0, membership=0.6, actor=admin)
    version.refresh_from_db()
    promote_version(version=version, actor=admin)
    assert ModelVersion.objects.get().stage == "production"


@pytest.mark.parametrize("bar", [0.4, 1.01])
def test_a_bar_below_a_coin_is_none(bar: float, leaky: Make, admin: User) -> None:
    with pytest.raises(Invalid):
        set_guards(model=leaky().model, kinds=[], tolerance=0, membership=bar, actor=admin)


def test_the_bar_is_set_on_the_page(leaky: Make, admin: User) -> None:
    version = leaky()
    page = f"/models/{version.model.name}/"
    assert browser_of(admin).post(f"{page}guards/", {"points": "0", "told": "60"}).status_code == 302
    version.model.refresh_from_db()
    assert version.model.guards["membership"] == 0.6
    assert 'name="told" type="number" min="50" max="100" step="0.1" value="60"' in (
        browser_of(admin).get(page).content.decode()
    )
    assert browser_of(admin).post(f"{page}guards/", {"points": "0", "told": "20"}).status_code == 422


# -- planted strings never reach anybody ------------------------------------------------------------------


def test_a_writer_with_planted_strings_answers_nobody(leaky: Make, make_version: Make, admin: User) -> None:
    make_version(stage="production")
    version = leaky(planted=PLANTED, head="text")
    for asked in (
        lambda: promote_version(version=version, actor=admin, override=True, reason="I insist"),
        lambda: start_rollout(version=version, kind="canary", share=0.1, actor=admin),
        lambda: predict(model=version.model, items=[{"text": "canary 7"}], actor=admin, version=version),
    ):
        with pytest.raises(Conflict, match="made-up strings could come out"):
            asked()
    version.refresh_from_db()
    assert version.stage == "candidate"


def test_one_that_only_chooses_labels_cannot_say_them(leaky: Make, admin: User) -> None:
    promote_version(version=leaky(planted=PLANTED), actor=admin)
    assert ModelVersion.objects.get().stage == "production"


# -- asking for it ----------------------------------------------------------------------------------------


def test_a_budget_alone_takes_the_private_recipe(approved: Project, admin: User) -> None:
    assert resolved(CHOICE, {"name": "auto", "dp_epsilon": 3}, examples=5) == {
        "name": PRIVATE,
        "dp_epsilon": 3,
    }
    body = {"project": str(approved.pk), "field": "intent", "recipe": {"name": "auto", "dp_epsilon": 3.0}}
    answer = client_of(admin).post("/api/v1/runs", body)
    assert answer.status_code == 201 and answer.json()["recipe"]["name"] == PRIVATE


@pytest.mark.parametrize(
    ("recipe", "said"),
    [({"dp_epsilon": 3.0}, "needs fit_head_first at False"), ({"dp_epsilon": -1}, "between 0 and 100"),
     ({"name": PRIVATE, "class_weights": "balanced"}, "class_weights")],
)  # fmt: skip
def test_what_cannot_be_private_is_said_with_a_pointer(recipe: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        build_config(CHOICE, recipe)
    assert said in refused.value.problems[0].detail


def test_a_search_within_a_budget_is_refused(approved: Project, admin: User) -> None:
    with pytest.raises(Invalid) as refused:
        start_run(
            project=approved, field="intent", recipe={"name": PRIVATE}, search={"trials": 3}, actor=admin
        )
    assert refused.value.problems[0].pointer == "/search"


def test_the_page_offers_recipe_budget_and_test(approved: Project, admin: User) -> None:
    page = browser_of(admin).get("/training/").content.decode()
    for name in ("dp_epsilon", "dp_max_grad_norm", "memorisation_test"):
        assert f'name="{name}"' in page
    asked = {
        "target": f"{approved.pk}:intent", "base_model": "starter", "name": PRIVATE, "dp_epsilon": "4",
        "class_weights": "none", "seed": "13", "seeds": "1", "memorisation_test": "on",
    }  # fmt: skip
    assert browser_of(admin).post("/training/", asked).status_code == 302
    recipe = approved.runs.get().recipe
    assert recipe["name"] == PRIVATE and recipe["dp_epsilon"] == 4.0 and recipe["memorisation_test"] is True


def test_several_seeds_spend_together(tmp_path: Path) -> None:
    for seed in (1, 2):
        folder = seeds.folder_of(tmp_path, seed)
        (folder / "model").mkdir(parents=True)
        (folder / "model" / "head.json").write_text(str(seed))
        report = {"dev": {"accuracy": 0.5}, "test": {"accuracy": 0.5}, "privacy": SPENT}
        (folder / "report.json").write_text(json.dumps(report))
        seeds.note(tmp_path, seed, "accuracy")
    seeds.crown(tmp_path, "accuracy")
    told = json.loads((tmp_path / "report.json").read_text())["privacy"]["together"]
    twice = budget.spent(noise=1.1, rate=0.05, steps=400, delta=1e-5).epsilon
    assert told == {"models": 2, "epsilon": pytest.approx(twice)}
    assert twice > budget.spent(noise=1.1, rate=0.05, steps=200, delta=1e-5).epsilon
    assert spending.together({"privacy": None}, []) == {"privacy": None}
