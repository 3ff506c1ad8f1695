"""Which runtime a model is served by on this machine: measured, and only if it says the same.

All are asked about the same rows. One counts only if it says what torch says in float32, within the
tolerance; of those the fastest over a pass of 16 texts is chosen, because under load that decides how many
questions a core answers. Where nothing beats torch's own default clearly, it stays.
"""

import fcntl
import json
import math
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from training.engine import artifact
from training.engine.artifact import Predictor
from training.engine.atomic import write_folder
from training.engine.data import Row
from training.engine.device import use_bf16
from training.engine.errors import EngineError
from training.engine.heads.base import Prediction
from training.engine.onnx_export import export, quantize
from training.engine.runtimes import BF16, CHOICE, FILES, FOLDER, INT8, ONNX, TORCH, as_runtime, machine

TOGETHER, REPEATS, MOST_ROWS = 16, 5, 256
CLEARLY = 1.1  # so many times faster than the default, or the default stays


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """Against torch in float32: share of equal answers at least, and difference of a probability at most."""

    agreement: float = 0.995
    difference: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One runtime on this machine. agreement: 0..1; difference: largest; alone_ms, together_ms: per text."""

    runtime: str
    agreement: float = 0.0
    difference: float = 0.0
    alone_ms: float = 0.0
    together_ms: float = 0.0
    refused: str = ""  # why it does not count


def choose(
    model_dir: Path,
    rows: Sequence[Row],
    *,
    int8: bool = False,
    threads: int = 1,
    tolerance: Tolerance | None = None,
) -> dict[str, Any]:
    """Measure on `rows`, write model/runtime/ as a whole, and return what stands in choice.json.

    Raises EngineError without rows, and for a model that cannot be loaded.
    """  # fmt: skip
    if not rows:
        raise EngineError("Without labelled rows nobody can tell whether two runtimes say the same.")
    rows, tolerance = rows[:MOST_ROWS], tolerance or Tolerance()
    with _alone(model_dir), tempfile.TemporaryDirectory() as scratch:
        candidates = _candidates(model_dir, Path(scratch), int8, threads)
        measured = _measure(candidates, rows, tolerance)
        chosen, why = _decide(measured)
        content = {
            "machine": machine(), "threads": threads, "rows": len(rows), "chosen": chosen, "why": why,
            "tolerance": asdict(tolerance), "measured": [asdict(one) for one in measured],
        }  # fmt: skip

        def fill(draft: Path) -> None:
            if chosen in FILES:
                shutil.copy(Path(scratch, FILES[chosen]), draft / FILES[chosen])
            (draft / CHOICE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

        write_folder(model_dir / FOLDER, fill)
    return content


@contextmanager
def _alone(model_dir: Path) -> Iterator[None]:
    """One at a time measures and writes: two would slow each other, and choose by it."""
    with (model_dir / ".runtime.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError(f"Another process is measuring {model_dir} just now.") from None
        yield


def _candidates(
    model_dir: Path, scratch: Path, int8: bool, threads: int
) -> Iterator[tuple[str, Predictor | EngineError]]:
    plain = artifact.load(model_dir, "cpu", threads=threads)
    yield TORCH, as_runtime(plain, TORCH, scratch, threads)
    if use_bf16("auto", plain.device):
        yield BF16, as_runtime(plain, BF16, scratch, threads)
    for runtime in (ONNX, INT8) if int8 else (ONNX,):
        try:
            if runtime == ONNX:
                encoder = getattr(plain.network, "encoder", None)
                if encoder is None:
                    raise EngineError("this kind of model has no encoder to export")
                export(encoder, scratch / FILES[ONNX])
            else:
                quantize(scratch / FILES[ONNX], scratch / FILES[INT8])
            yield runtime, as_runtime(plain, runtime, scratch, threads)
        except (EngineError, OSError, RuntimeError, ValueError) as error:
            yield runtime, EngineError(str(error))
            return


def _measure(
    candidates: Iterator[tuple[str, Predictor | EngineError]], rows: Sequence[Row], tolerance: Tolerance
) -> list[Measured]:
    found, reference = [], None
    for runtime, predictor in candidates:
        if isinstance(predictor, EngineError):
            found.append(Measured(runtime=runtime, refused=str(predictor)))
            continue
        said = predictor.predict_rows(rows)
        reference = said if reference is None else reference
        agreement, difference = compare(reference, said)
        refused = ""
        if agreement < tolerance.agreement or difference > tolerance.difference:
            refused = (
                f"says something else: {agreement:.1%} equal answers, probabilities {difference:.3f} apart"
            )
        alone, together = _seconds(predictor, rows[:1]), _seconds(predictor, _typical(rows))
        found.append(Measured(
            runtime=runtime, agreement=round(agreement, 4), difference=round(difference, 5),
            alone_ms=round(1000 * alone, 3), together_ms=round(1000 * together, 3), refused=refused,
        ))  # fmt: skip
    return found


def compare(reference: Sequence[Prediction], said: Sequence[Prediction]) -> tuple[float, float]:
    """Share of equal answers, and the largest difference between two numbers behind them."""
    equal = sum(one.value == other.value for one, other in zip(reference, said, strict=True))
    apart = 0.0
    for one, other in zip(reference, said, strict=True):
        pairs = zip(_numbers(one), _numbers(other), strict=False)
        apart = max([apart, *(abs(a - b) for a, b in pairs)])
    return equal / len(reference), apart


def _numbers(prediction: Prediction) -> list[float]:
    return [prediction.confidence, *_probabilities(prediction.detail)]


def _probabilities(detail: Any) -> Iterator[float]:
    """The floats in a prediction's detail, in their order; offsets and indexes are whole numbers."""
    if isinstance(detail, float) and math.isfinite(detail):
        yield detail
    elif isinstance(detail, Mapping):
        for value in detail.values():
            yield from _probabilities(value)
    elif isinstance(detail, list | tuple):
        for value in detail:
            yield from _probabilities(value)


def _typical(rows: Sequence[Row]) -> list[Row]:
    """As many as a full pass has, also where there are fewer."""
    return [rows[n % len(rows)] for n in range(TOGETHER)]


def _seconds(predictor: Predictor, rows: Sequence[Row]) -> float:
    """Per row; the best of several, as whatever else runs here only ever adds to it."""
    taken = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        predictor.predict_rows(rows)
        taken.append((time.perf_counter() - began) / len(rows))
    return min(taken[1:])


def _decide(measured: Sequence[Measured]) -> tuple[str, str]:
    """The runtime, and why in a sentence. The default is bf16 where it is there and says the same."""
    allowed = {one.runtime: one for one in measured if not one.refused}
    default = BF16 if BF16 in allowed else TORCH
    usual = allowed.get(default, measured[0])
    best = min(allowed.values(), key=lambda one: one.together_ms, default=usual)
    if best.runtime == usual.runtime or best.together_ms * CLEARLY > usual.together_ms:
        return (
            usual.runtime,
            f"{usual.together_ms:.2f} ms a text; nothing that says the same is clearly faster",
        )
    return best.runtime, (
        f"{best.together_ms:.2f} ms a text instead of {usual.together_ms:.2f} with {usual.runtime}, "
        f"{best.agreement:.1%} equal answers"
    )
