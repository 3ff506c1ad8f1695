"""Optuna's side of a search: it proposes recipes and says which trials are not worth going on with.

Its tables lie in a schema of their own in the same PostgreSQL. Loaded only by trainers, never by the web.
"""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import optuna
from django.db import OperationalError, connection
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.exceptions import StorageInternalError
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

SCHEMA = "optuna"
RUNGS = 10  # a schedule's tenths, at which trials of different lengths are compared
LEAST_FOR_IMPORTANCE = 4
_RANDOM_FIRST = 6
_JUDGED_AFTER = 4  # trials that end before any is cut short

optuna.logging.set_verbosity(logging.WARNING)
Space = Mapping[str, Mapping[str, Any]]
P = ParamSpec("P")
T = TypeVar("T")


def _as_djangos(call: Callable[P, T]) -> Callable[P, T]:
    """A database that is away is the same fault through SQLAlchemy as through Django: wait for it."""

    @wraps(call)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except (DBAPIError, StorageInternalError) as error:
            raise OperationalError(str(error)) from error

    return wrapper


class Study:
    """One search's study. Every call is a few statements on a connection that is closed again.

    Raises Django's OperationalError while the database is away.
    """

    @_as_djangos
    def __init__(self, name: str, *, pruner: str, seed: int) -> None:
        _make_tables()
        storage = RDBStorage(_url(), engine_kwargs=_engine(), skip_table_creation=True)
        self.study = optuna.create_study(
            study_name=name, storage=storage, direction="maximize", load_if_exists=True,
            sampler=TPESampler(seed=seed, n_startup_trials=_RANDOM_FIRST), pruner=_pruner(pruner),
        )  # fmt: skip

    @_as_djangos
    def propose(self, space: Space, first: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """The trial's id in the storage and its settings; `first` is tried before anything else."""
        distributions = {name: distribution(entry) for name, entry in space.items()}
        if first is not None:
            fitting = {
                name: value
                for name, value in first.items()
                if name in distributions and _holds(distributions[name], value)
            }
            self.study.enqueue_trial(fitting, skip_if_exists=True)
        trial = self.study.ask(distributions)
        return trial._trial_id, trial.params

    @_as_djangos
    def is_hopeless(self, trial_id: int, rungs: Mapping[int, float]) -> bool:
        """Tell the figures by tenth of the schedule; True when the pruner would stop here."""
        trial = optuna.trial.Trial(self.study, trial_id)
        known = self.study._storage.get_trial(trial_id).intermediate_values
        for rung in sorted(set(rungs) - set(known)):
            trial.report(rungs[rung], rung)
        return bool(rungs) and trial.should_prune()

    @_as_djangos
    def tell(self, trial_id: int, *, value: float | None, state: str) -> None:
        """Once: a trial that has ended before keeps what was told first."""
        states = {"complete": TrialState.COMPLETE, "failed": TrialState.FAIL}
        trial = self.study._storage.get_trial(trial_id)
        if not trial.state.is_finished():
            chosen = states.get(state, TrialState.PRUNED)
            values = [value] if chosen == TrialState.COMPLETE and value is not None else None
            self.study._storage.set_trial_state_values(trial_id, chosen, values)

    @_as_djangos
    def importance(self) -> dict[str, float]:
        """Each setting's share in the variance of the figure (fANOVA, Hutter et al. 2014); {} too early."""
        done = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(done) < LEAST_FOR_IMPORTANCE or len({trial.value for trial in done}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        return optuna.importance.get_param_importances(self.study, evaluator=evaluator)


def distribution(entry: Mapping[str, Any]) -> BaseDistribution:
    """A range or a choice of the search space as Optuna has it."""
    if "choices" in entry:
        return CategoricalDistribution(entry["choices"])
    low, high, log = entry["low"], entry["high"], bool(entry.get("log"))
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log, step=int(entry.get("step") or 1))
    return FloatDistribution(float(low), float(high), log=log, step=entry.get("step"))


def rungs_of(values: list[tuple[int, float]], epochs: int) -> dict[int, float]:
    """The best figure so far at each tenth of a schedule of `epochs`, from (epochs done, figure).

    A long schedule learns more slowly at first and ends as well: equal shares are compared, not equal epochs.
    """
    rungs: dict[int, float] = {}
    best = float("-inf")
    for done, value in sorted(values):
        rung = min(RUNGS, done * RUNGS // epochs)
        rungs |= dict.fromkeys(range(max(rungs, default=rung) + 1, rung), best)
        best = max(best, value)
        if rung:
            rungs[rung] = best
    return rungs


def _holds(chosen: BaseDistribution, value: object) -> bool:
    try:
        return bool(chosen._contains(chosen.to_internal_repr(value)))
    except (ValueError, TypeError):
        return False


def _pruner(name: str) -> BasePruner:
    if name == "hyperband":
        return HyperbandPruner(min_resource=1, max_resource=RUNGS)
    return MedianPruner(n_startup_trials=_JUDGED_AFTER) if name == "median" else NopPruner()


def _url() -> str:
    """Django's own database, by socket or TCP, as SQLAlchemy writes it."""
    at = connection.settings_dict
    query = {"host": at["HOST"]} if str(at["HOST"]).startswith("/") else {}
    url = URL.create(
        "postgresql+psycopg2", username=at["USER"], password=at["PASSWORD"] or None, database=at["NAME"],
        host=None if query else at["HOST"] or None, port=int(at["PORT"]) if at["PORT"] else None, query=query,
    )  # fmt: skip
    return url.render_as_string(hide_password=False)


def _engine() -> dict[str, Any]:
    given = connection.settings_dict["OPTIONS"]
    more = {name: value for name, value in given.items() if name.startswith("ssl")}
    arguments = {**more, "connect_timeout": 5, "options": f"-csearch_path={SCHEMA}"}
    # No pool: a trainer asks a few times in a minute, and must not keep connections from those who serve.
    return {"poolclass": NullPool, "connect_args": arguments}


def _make_tables() -> None:
    """Schema and tables, made once by whoever comes first; the others wait for it."""
    engine = create_engine(_url(), isolation_level="AUTOCOMMIT", **_engine())
    with engine.connect() as link:
        if link.scalar(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.version_info"}):
            return
        link.execute(text("SELECT pg_advisory_lock(hashtext('optuna tables'))"))
        link.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        RDBStorage(_url(), engine_kwargs=_engine())  # the lock ends with the connection
