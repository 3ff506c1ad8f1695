"""How much personal data the rules find in labelled texts, and what a span model of our own adds to them.

`manage.py bench pii [--model] [--data FOLDER]`: token-level precision, recall and F2 of each file, all types
one class, for direct identifiers and for all kinds; of the whole file, of the texts whose misses were
`read` while rules were written, and of the `unread` ones, which share no sentence template with them.

With `--model` a span model is cross-fitted in three folds by template, so that no text is read by a model
that was trained on one of the same template, and what it proposes is merged with the rules' as on import.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from local.bench.command import Settings
from local.bench.labelled import FILES, Labelled, Quality, Span, halves, quality, read
from local.entry import ROOT
from local.errors import LocalError
from privacy.pii.finding import SCOPES, Scope
from privacy.pii.scan import scan

WITH_MODEL = ("pii_en_presidio", "pii_en_multidogo")
FOLDS, EPOCHS, DEV_EVERY, SEED = 3, 6, 10, 13
FIELD = {"name": "personal", "type": "span", "labels": ["personal"]}
_AT_ONCE = 64

Find = Callable[[Labelled], Sequence[Span]]


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`; shares of one."""
    folder = settings.data or ROOT.parent / "shared" / "data"
    files = {name: folder / f"{name}.jsonl" for name in FILES}
    there = {name: read(path) for name, path in files.items() if path.exists()}
    if not there:
        raise LocalError(f"None of {', '.join(FILES)} is in {folder}. Give their folder by --data.")
    figures: dict[str, float] = {}
    for name, rows in there.items():
        for scope in SCOPES:
            figures |= _figures(f"{name}.{scope}", rows, _rules(scope))
    epochs = settings.epochs or EPOCHS
    if settings.model:
        for name in (one for one in WITH_MODEL if one in there):
            proposed = cross_fitted(there[name], epochs=epochs)
            figures |= _figures(f"{name}.model", there[name], _proposals(proposed))
            for scope in SCOPES:
                figures |= _figures(f"{name}.{scope}+model", there[name], _joined(_rules(scope), proposed))
    about = {"folder": folder.name, "texts": {name: len(rows) for name, rows in there.items()}}
    return {"settings": {**about, **({"epochs": epochs} if settings.model else {})}, "figures": figures}


def _rules(scope: Scope) -> Find:
    return lambda row: [(found.start, found.end) for found in scan(row.text, scope=scope)]


def _proposals(proposed: dict[str, list[Span]]) -> Find:
    return lambda row: proposed[row.id]


def _joined(rules: Find, proposed: dict[str, list[Span]]) -> Find:
    return lambda row: [*rules(row), *proposed[row.id]]


def _figures(name: str, rows: Sequence[Labelled], find: Find) -> dict[str, float]:
    whole = _shown(name, quality(rows, find))
    seen, unseen = (quality(half, find) for half in halves(rows))
    return {**whole, **_shown(f"{name}.read", seen), **_shown(f"{name}.unread", unseen)}


def _shown(name: str, found: Quality) -> dict[str, float]:
    figures = {"precision": found.precision, "recall": found.recall, "f2": found.f2}
    return {f"{name}.{key}": round(value, 3) for key, value in figures.items()}


def cross_fitted(rows: Sequence[Labelled], *, epochs: int) -> dict[str, list[Span]]:
    """What models propose for each text, none of which saw a text of its template."""
    proposed: dict[str, list[Span]] = {}
    for fold in range(FOLDS):
        seen = [row for row in rows if _fold(row) != fold]
        unseen = [row for row in rows if _fold(row) == fold]
        proposed |= _fit_and_ask(seen, unseen, epochs)
    return proposed


def _fold(row: Labelled) -> int:
    # Another digest than the halves', so that a fold is no part of a half.
    return hashlib.sha256(b"fold" + row.frame.encode()).digest()[0] % FOLDS


def _fit_and_ask(seen: Sequence[Labelled], unseen: Sequence[Labelled], epochs: int) -> dict[str, list[Span]]:
    # torch takes seconds to load, and only this needs it.
    from training.engine.data import Row, write_arrow  # noqa: PLC0415

    dev = [row for number, row in enumerate(seen) if number % DEV_EVERY == 0]
    train = [row for number, row in enumerate(seen) if number % DEV_EVERY]
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as name:
        folder = Path(name)
        config = {"head": "span", "field": FIELD, "seed": SEED, "epochs": epochs}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for split, part in (("train", train), ("dev", dev), ("test", dev)):
            write_arrow(
                folder / f"{split}.arrow",
                [Row(id=row.id, payload={"text": row.text}, value=_marks(row)) for row in part],
            )
        command = [sys.executable, "-m", "training.engine", "fit", str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=_environ())
        if done.returncode:
            raise LocalError(f"The engine ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return _ask(folder / "model", unseen)


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "GOMP_SPINCOUNT": "1000"}


def _marks(row: Labelled) -> list[dict[str, Any]]:
    marks: list[dict[str, Any]] = []
    for start, end in row.spans:
        if not marks or start >= marks[-1]["end"]:
            marks.append({"turn": 0, "start": start, "end": end, "label": "personal"})
    return marks


def _ask(model: Path, rows: Sequence[Labelled]) -> dict[str, list[Span]]:
    from training.engine import runtimes  # noqa: PLC0415

    predictor = runtimes.load(model, threads=1)
    found: dict[str, list[Span]] = {}
    for begin in range(0, len(rows), _AT_ONCE):
        part = rows[begin : begin + _AT_ONCE]
        answers = predictor.predict([{"text": row.text} for row in part], seconds={})
        for row, answer in zip(part, answers, strict=True):
            found[row.id] = [(mark["start"], mark["end"]) for mark in answer.value or []]
    return found
