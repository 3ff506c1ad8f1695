"""The private loop where a recipe asks for one. Only then is opacus loaded, which takes seconds."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from training.engine.batching import Example
from training.engine.checkpoint import CheckpointStore
from training.engine.config import FitConfig
from training.engine.data import Row
from training.engine.private.draws import Secret

if TYPE_CHECKING:
    from training.engine.private.private_loop import PrivateLoop


def private_loop(
    examples: Sequence[Example], rows: Sequence[Row], config: FitConfig, store: CheckpointStore
) -> "Callable[..., PrivateLoop] | None":
    """What makes the loop, given all that a usual one takes; None for a recipe that is not private."""
    if not config.is_private:
        return None
    from training.engine.private.private_loop import PrivateLoop  # noqa: PLC0415

    units = [_unit_of(rows[example.row], config) for example in examples]
    secret = Secret.of(store.folder, about=store.fingerprint)
    return partial(PrivateLoop, units=units, secret=secret)


def _unit_of(row: Row, config: FitConfig) -> str:
    return row.group or row.id if config.dp_unit == "group" else row.id
