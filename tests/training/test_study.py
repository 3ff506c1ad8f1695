"""What Optuna is asked and told."""

import threading
from dataclasses import fields
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from training.engine.config import HEADS, FitConfig
from training.search_space import FIXED, default_space
from training.study import SCHEMA, Study, distribution, rungs_of

SPACE = {"learning_rate": {"low": 1e-5, "high": 1e-3, "log": True}, "epochs": {"low": 2, "high": 8}}


@pytest.mark.parametrize("head", HEADS)
def test_the_default_space_holds_settings_that_the_engine_takes(head: str) -> None:
    known = {field.name for field in fields(FitConfig)} - FIXED
    space = default_space(head)
    assert set(space) <= known and {"learning_rate", "epochs"} <= set(space)
    for entry in space.values():
        distribution(entry)


@pytest.mark.parametrize(
    ("values", "epochs", "expected"),
    [
        ([], 4, {}),
        ([(1, 0.5)], 2, {5: 0.5}),
        ([(1, 0.5), (2, 0.4)], 2, {5: 0.5, 6: 0.5, 7: 0.5, 8: 0.5, 9: 0.5, 10: 0.5}),
        ([(1, 0.1), (2, 0.2), (3, 0.3)], 30, {1: 0.3}),
        ([(3, 0.3)], 3, {10: 0.3}),
    ],
)
def test_trials_of_different_lengths_are_compared_by_shares(
    values: list[tuple[int, float]], epochs: int, expected: dict[int, float]
) -> None:
    assert rungs_of(values, epochs) == expected


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_first_makes_the_tables_in_their_own_schema() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    name, faults = str(uuid4()), []

    def ask() -> None:
        try:
            Study(name, pruner="median", seed=1).propose(SPACE)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM optuna.trials")
        assert cursor.fetchone() == (5,)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'studies'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize("pruner", ["median", "hyperband", "none"])
def test_only_a_trial_that_falls_behind_is_hopeless(pruner: str) -> None:
    study = Study(str(uuid4()), pruner=pruner, seed=3)
    for _ in range(6):
        trial, _params = study.propose(SPACE)
        assert not study.is_hopeless(trial, {1: 0.8, 2: 0.9}) or pruner == "hyperband"
        study.tell(trial, value=0.9, state="complete")
    trial, _params = study.propose(SPACE)
    if pruner != "hyperband":
        assert study.is_hopeless(trial, {1: 0.1, 2: 0.2}) == (pruner == "median")
    study.tell(trial, value=None, state="pruned")
    study.tell(trial, value=0.5, state="complete")  # what was told first stands
    assert [str(one.state.name) for one in study.study.trials][-1] == "PRUNED"


@pytest.mark.django_db
def test_importance_is_told_when_there_is_enough_to_tell() -> None:
    study = Study(str(uuid4()), pruner="none", seed=5)
    shares: dict[str, Any] = study.importance()
    for _ in range(8):
        trial, params = study.propose(SPACE)
        study.tell(trial, value=params["epochs"] / 8, state="complete")
    assert shares == {} and study.importance()["epochs"] > 0.8
