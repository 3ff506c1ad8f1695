"""Active learning against drawing by lot: how many labels the same test figure takes.

`manage.py bench active --data FOLDER` takes the intents of BANKING77 (see intents_bench.py): a linear model
on the untouched starter encoder is fitted after each round, so that one draw takes seconds. Without --data
the shipped dialogues are used: each different turn is an item, the starter model is fine-tuned on its
questions and answers after each round, and shops are kept apart for the test. --draws (5): seeds.

What is compared: the figure after N labels drawn by lot with that after N / 2 that were chosen (all of them
by doubt; the share that the platform draws by lot goes into the test set, not into training).
"""

import json
import statistics
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from local.bench.command import Settings
from local.bench.intents_bench import read_rows
from local.demo.dialogues import Dialogue, read_sample
from training.engine.artifact import load
from training.engine.batching import Floats, Ints
from training.engine.data import Row, write_arrow
from training.engine.device import choose_device
from training.engine.fit import SUCCEEDED, fit
from training.engine.selection import pick
from training.engine.survey import Describer, doubt_of

DRAWS = 5
INTENT_ROUNDS = (154, 231, 308, 462, 616, 770, 924, 1232, 1540)  # labels chosen; twice as many are drawn
SPAN_ROUNDS = (50, 100, 200, 400)
_STEPS = 120  # of fine-tuning, at least, however few the turns are
Learn = Callable[[Ints], tuple[float, Callable[[Ints], Floats]]]


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: the figure by number of labels, drawn and chosen, means over the draws."""
    draws = settings.draws or DRAWS
    make, rounds = (_intents(settings.data), INTENT_ROUNDS) if settings.data else (_spans(), SPAN_ROUNDS)
    chosen: dict[int, list[float]] = {}
    drawn: dict[int, list[float]] = {}
    for seed in range(draws):
        pool, features, learn = make(seed)
        for count, value in choosing(pool, features, learn, rounds, seed=seed):
            chosen.setdefault(count, []).append(value)
        for count, value in drawing(pool, learn, [2 * count for count in rounds], seed=seed):
            drawn.setdefault(count, []).append(value)
    figures = {f"chosen_{count}": round(statistics.mean(values), 4) for count, values in chosen.items()}
    figures |= {f"drawn_{count}": round(statistics.mean(values), 4) for count, values in drawn.items()}
    enough = [count for count in chosen if figures[f"chosen_{count}"] >= figures[f"drawn_{2 * count}"]]
    figures["half_is_enough"] = len(enough)
    data = settings.data.name if settings.data else "shipped"
    return {"settings": {"data": data, "draws": draws, "rounds": list(rounds)}, "figures": figures}


def choosing(
    pool: Ints, features: Floats, learn: Learn, rounds: Sequence[int], *, seed: int
) -> list[tuple[int, float]]:
    """The figure after each round of chosen labels; features of all rows, pool: what may be labelled."""
    labelled, found = np.zeros(0, dtype=np.int64), []
    doubt: Callable[[Ints], Floats] | None = None
    for count in rounds:
        rest = np.setdiff1d(pool, labelled)
        doubts = doubt(rest) if doubt else None
        more = rest[pick(features[rest], doubts, count=count - len(labelled), seed=seed)]
        labelled = np.concatenate([labelled, more])
        value, doubt = learn(labelled)
        found.append((count, value))
    return found


def drawing(pool: Ints, learn: Learn, rounds: Sequence[int], *, seed: int) -> list[tuple[int, float]]:
    order = np.random.default_rng(seed).permutation(pool)
    return [(count, learn(order[:count])[0]) for count in rounds if count <= len(order)]


# -- intents -----------------------------------------------------------------------------------------------


def _intents(folder: Path) -> Callable[[int], tuple[Ints, Floats, Learn]]:
    train, test = (read_rows(folder / f"banking77_{name}.csv", name) for name in ("train", "test"))
    describe = Describer("starter", device=choose_device("auto")).vectors
    features, tested = describe(train), describe(test)
    truth, wanted = (np.array([row.value for row in rows]) for rows in (train, test))

    def learn(labelled: Ints) -> tuple[float, Callable[[Ints], Floats]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=20, max_iter=60, tol=1e-3).fit(features[labelled], truth[labelled])

        def doubt(rows: Ints) -> Floats:
            best = np.sort(model.predict_proba(features[rows]), axis=1)
            return np.asarray(1 - (best[:, -1] - best[:, -2]), dtype=np.float32)

        return float((model.predict(tested) == wanted).mean()), doubt

    return lambda seed: (np.arange(len(train)), features, learn)


# -- questions and answers of the shipped dialogues ---------------------------------------------------------


def _spans() -> Callable[[int], tuple[Ints, Floats, Learn]]:
    rows = turns_as_rows(read_sample(None, quick=False).dialogues)
    features = Describer("starter", device=choose_device("auto")).vectors(rows)
    groups = sorted({row.group for row in rows})

    def of(seed: int) -> tuple[Ints, Floats, Learn]:
        held = set(np.random.default_rng(seed).permutation(groups)[: len(groups) // 5])
        test = [row for row in rows if row.group in held]
        pool = np.array([number for number, row in enumerate(rows) if row.group not in held])
        return pool, features, lambda labelled: _fine_tuned(rows, labelled, test, seed)

    return of


def turns_as_rows(dialogues: Sequence[Dialogue]) -> list[Row]:
    """Each different turn as an item of its own, with its questions and answers."""
    rows: dict[str, Row] = {}
    for dialogue in dialogues:
        for number, turn in enumerate(dialogue.turns):
            marks = [{**mark, "turn": 0} for mark in dialogue.truth["qa"] if mark["turn"] == number]
            identity, payload = f"{dialogue.id}-{number}", {"turns": [turn]}
            rows.setdefault(
                turn["text"], Row(id=identity, group=dialogue.group, payload=payload, value=marks)
            )
    return list(rows.values())


def _fine_tuned(
    rows: Sequence[Row], labelled: Ints, test: Sequence[Row], seed: int
) -> tuple[float, Callable[[Ints], Floats]]:
    """Test F1 of whole spans, and the doubt of the model that reached it."""
    order = np.random.default_rng(seed).permutation(labelled)
    dev, train = order[: max(5, len(order) // 10)], order[max(5, len(order) // 10) :]
    field = {"name": "qa", "type": "span", "labels": ["question", "answer"]}
    epochs = int(np.clip(round(_STEPS * 32 / len(order)), 6, 40))
    config = {"head": "span", "field": field, "epochs": epochs, "patience": 0, "checkpoint_seconds": 0}
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for split, part in (("train", train), ("dev", dev)):
            write_arrow(folder / f"{split}.arrow", (rows[number] for number in part))
        write_arrow(folder / "test.arrow", test)
        if fit(folder) != SUCCEEDED:
            raise RuntimeError("the engine failed; it has said why")
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        model = load(folder / "model")

    def doubt(numbers: Ints) -> Floats:
        answers = model.predict_rows([rows[number] for number in numbers])
        return np.array([doubt_of(answer) for answer in answers], dtype=np.float32)

    return float(report["test"]["micro"]["f1"]), doubt
