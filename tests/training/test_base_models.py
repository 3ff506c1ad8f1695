"""Who may start from which base model: a folder of the server may be another project's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Role, User
from accounts.roles import grant
from common.errors import Invalid
from tasks_app.models import Project
from tests.factories import client_of, make_project, make_user
from training.base_models import check_base_model, refuse_taught_base
from training.models import ModelVersion, Recipe
from training.recipes import build_config
from training.services.recipes import keep_recipe
from training.services.retraining import Terms, create_rule
from training.services.runs import start_run

Make = Callable[..., ModelVersion]


@pytest.fixture
def trainer(approved: Project) -> User:
    """The admin of one project."""
    user = make_user("trainer")
    grant(user, Role.ADMIN, approved.pk)
    return user


def may(name: str, project: Project, actor: User | None) -> bool:
    try:
        check_base_model(name, project=project, actor=actor)
    except Invalid as refused:
        assert refused.problems[0].pointer == "/recipe/base_model"
        return False
    return True


@pytest.mark.parametrize("name", ["starter", "bert-base-cased", "sentence-transformers/all-MiniLM-L6-v2"])
def test_a_name_is_anybodys(name: str, approved: Project, trainer: User) -> None:
    assert may(name, approved, trainer)


@pytest.mark.parametrize(
    "name", ["/etc", "~/models", "../x", "./training", "training/engine", "training", "a/b/c", "a/../../etc"]
)
def test_a_place_is_not(name: str, approved: Project, trainer: User, admin: User) -> None:
    assert not may(name, approved, trainer)
    assert may(name, approved, admin) and may(name, approved, None)


def test_folders_that_were_set_aside_are(
    approved: Project, trainer: User, tmp_path: Path, settings: Settings
) -> None:
    inside, outside = tmp_path / "models" / "bert", tmp_path / "secret"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
    (tmp_path / "models" / "sly").symlink_to(outside)
    settings.BASE_MODELS_DIRS = [str(tmp_path / "models")]
    assert may(str(inside), approved, trainer)
    assert not may(str(outside), approved, trainer)
    assert not may(str(tmp_path / "models" / "sly"), approved, trainer)
    assert not may(str(tmp_path / "models" / ".." / "secret"), approved, trainer)
    assert not may(str(tmp_path / "models2"), approved, trainer)


def test_versions_of_the_same_project_are(make_version: Make, approved: Project, trainer: User) -> None:
    version = make_version()
    assert may(str(version.folder), approved, trainer)
    assert not may(str(version.folder.parent), approved, trainer)
    assert not may(str(version.folder), make_project(title="Another"), trainer)


def test_a_private_run_starts_from_nothing_that_saw_its_conversations(
    make_version: Make, approved: Project, trainer: User
) -> None:
    version = make_version()
    private = {"name": "private", "base_model": str(version.folder)}
    terms = Terms(condition={"every": 50}, recipe=private)
    for start in (
        lambda: start_run(project=approved, field="intent", recipe=private, actor=trainer),
        lambda: create_rule(project=approved, field="intent", kind="approvals", terms=terms, actor=trainer),
    ):
        with pytest.raises(Invalid) as refused:
            start()
        assert [(one.pointer, one.code) for one in refused.value.problems] == [
            ("/recipe/base_model", "private")
        ]
    config = build_config({"name": "intent", "type": "choice", "labels": ["a", "b"]}, private)
    refuse_taught_base(config, project=make_project(title="Another"))  # whose conversations it never saw


def test_what_the_site_chose_is(approved: Project, trainer: User, settings: Settings) -> None:
    settings.BASE_MODEL = "/srv/site-model"
    assert may("/srv/site-model", approved, trainer)
    Recipe.objects.create(project=None, name="site", head="choice", settings={"base_model": "/srv/kept"})
    assert may("/srv/kept", approved, trainer) and not may("/srv/other", approved, trainer)


def test_runs_recipes_and_rules_ask(approved: Project, trainer: User, tiny_encoder: Path) -> None:
    recipe: dict[str, Any] = {"base_model": str(tiny_encoder), "epochs": 1}
    with pytest.raises(Invalid):
        start_run(project=approved, field="intent", recipe=recipe, actor=trainer)
    with pytest.raises(Invalid):
        keep_recipe(project=approved, field="intent", name="mine", settings=recipe, actor=trainer)
    terms = Terms(condition={"every": 50}, recipe=recipe)
    with pytest.raises(Invalid):
        create_rule(project=approved, field="intent", kind="approvals", terms=terms, actor=trainer)
    assert not approved.runs.exists() and not Recipe.objects.exists()


def test_rest_says_so(approved: Project, trainer: User, admin: User, tiny_encoder: Path) -> None:
    body = {"project": str(approved.pk), "field": "intent", "recipe": {"base_model": str(tiny_encoder)}}
    answer = client_of(trainer).post("/api/v1/runs", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/recipe/base_model"
    assert client_of(admin).post("/api/v1/runs", body).status_code == 201
