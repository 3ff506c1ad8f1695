"""People's answers judged as a model's are: how good is one person at this?"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from training.engine.artifact import head_of
from training.engine.data import Row, settled
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Outcome
from training.engine.heads.base import Prediction


def outcomes_of_answers(model_dir: Path, pairs: Iterable[tuple[Row, Any]]) -> list[Outcome]:
    """What came of answers to rows with a truth, by the head of a model folder.

    An answer that does not fit the field as the model knows it (an older schema's label) is left out.
    """
    head, found = head_of(model_dir), list[Outcome]()
    for row, value in pairs:
        try:
            found += head.outcomes(settled([row]), [Prediction(value, 1.0)])
        except (EngineError, KeyError, TypeError):
            continue
    return found
