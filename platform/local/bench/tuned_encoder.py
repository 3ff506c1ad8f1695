"""An encoder tuned by contrast on what customers said and what was replied: `bench retrieval --model`.

What was said and its reply belong together, all other texts of the batch do not (heads/embedding.py). The
recipe was written down before its figures were seen, and not changed after.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from local.errors import LocalError

FIELD = {"name": "together", "type": "choice", "scope": "pair", "labels": ["same", "other"]}
RECIPE: dict[str, Any] = {
    "head": "embedding", "epochs": 8, "batch_examples": 64, "batch_tokens": 8192, "max_length": 96,
    "stride": 32, "temperature": 0.05, "learning_rate": 2e-4, "new_characters": True, "fit_head_first": False,
}  # fmt: skip
DEV_SHARE = 10  # one in ten says when to stop


def tune(pairs: Sequence[tuple[str, str]], folder: Path) -> Path:
    """Train in `folder` on (said, reply); returns the folder of the encoder. LocalError when it fails."""
    from training.engine.config import FitConfig  # noqa: PLC0415
    from training.engine.data import write_arrow  # noqa: PLC0415
    from training.engine.fit import SUCCEEDED, fit  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(FitConfig(field=FIELD, **RECIPE).to_json()), "utf-8")
    dev = [pair for number, pair in enumerate(pairs) if number % DEV_SHARE == 0]
    train = [pair for number, pair in enumerate(pairs) if number % DEV_SHARE]
    for name, part in (("train", train), ("dev", dev), ("test", [])):
        write_arrow(folder / f"{name}.arrow", _rows(name, part))
    if fit(folder) != SUCCEEDED:
        raise LocalError(f"The encoder was not tuned: {(folder / 'metrics.jsonl').read_text()[-500:]}")
    return folder / "model"


def _rows(name: str, pairs: Sequence[tuple[str, str]]) -> Iterator[Any]:
    from training.engine.data import Row  # noqa: PLC0415

    for number, pair in enumerate(pairs):
        yield Row(id=f"{name}{number}", payload={"pair": list(pair)}, value="same")
