"""crowd-kit's algorithms, given our judgments and asked for a posterior."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from annotations.aggregation.judgments import Coded, Floats


def crowdkit_posterior(method: str, coded: Coded, iterations: int) -> Floats:
    """(patterns, labels) as crowd-kit's `method` sees it; labels that nobody gave have probability 0."""
    # Imported here because crowd-kit brings pandas, scipy and scikit-learn, a second and 100 MB that web
    # processes, which only ever call posterior_given_skill, need not spend.
    import pandas as pd  # noqa: PLC0415

    # Numbers for names, and sorted: crowd-kit is quicker with them, and its sums then never depend on the
    # order in which judgments came.
    units, pairs = coded.all_pairs()
    workers, labels = np.divmod(pairs, len(coded.labels))
    frame = pd.DataFrame({"task": units, "worker": workers, "label": labels})
    with warnings.catch_warnings():
        # crowd-kit 1.4 uses a few pandas spellings that will go; that is not for our users to read.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        shares = _fit(method, frame, iterations).probas_
    shares = shares.reindex(index=range(len(coded.units)), columns=range(len(coded.labels)))
    table = shares.to_numpy(np.float64, na_value=0.0)
    one_unit_of = np.zeros(len(coded.starts), dtype=np.int64)
    one_unit_of[coded.pattern_of] = np.arange(len(coded.units))
    posterior: Floats = table[one_unit_of]
    posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior


def _fit(method: str, frame: Any, iterations: int) -> Any:
    from crowdkit import aggregation as crowdkit  # noqa: PLC0415 - as above

    # MACE restarts ten times by default, but each time from the same random state: once is the same.
    models: dict[str, Callable[[], Any]] = {
        "majority": crowdkit.MajorityVote,
        "dawid-skene": lambda: crowdkit.DawidSkene(n_iter=iterations),
        "one-coin": lambda: crowdkit.OneCoinDawidSkene(n_iter=iterations),
        "glad": lambda: crowdkit.GLAD(n_iter=iterations),
        "mace": lambda: crowdkit.MACE(n_iter=iterations, n_restarts=1),
    }
    if method == "wawa":
        # Wawa's own predict is this vote too, but asks scikit-learn in a way that 1.7 and later refuse.
        return crowdkit.MajorityVote().fit(frame, skills=crowdkit.Wawa().fit(frame).skills_)
    return models[method]().fit(frame)
