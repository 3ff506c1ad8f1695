"""Two versions of a model on the same frozen items: how far apart, overall and in parts, and how surely."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

from training import engine_process
from training.assessing import figure_of, languages_of
from training.engine.evaluation.outcomes import FILE, Outcome, read_outcomes
from training.engine.evaluation.paired import difference
from training.engine.evaluation.resampling import Figure
from training.engine.evaluation.slices import SMALL, parts_of
from training.models import ModelVersion, SnapshotItem
from training.row_ids import item_ids

SECONDS = 120.0
_ANSWERING = 0.5
Part = dict[str, Any]
Side = tuple[str, str, Figure, list[Outcome], list[Outcome], int]  # kind, name, figure, ours, theirs, units
Tell = Callable[[float], None]


def differences(
    candidate: ModelVersion, current: ModelVersion, tell: Tell = lambda share: None
) -> list[Part]:
    """[{kind, name, units, candidate, current, value, low, high}] on the test items of `candidate` that
    `current` was not trained on: it would be asked what it was told.

    The first has the kind "all"; of the parts only those with units enough to say something come. `tell`
    hears which share is done, half of which is having both answer.

    Raises OSError when one of them cannot be evaluated, EngineError when its outcomes cannot be read.
    """
    ours, theirs = _answers(candidate, current, tell)
    told = seen_by(current, {outcome.id for outcome in ours})
    ours, theirs = ([one for one in side if one.id not in told] for side in (ours, theirs))
    if not ours:
        return []
    figure = figure_of(candidate.run, candidate.metrics["metric"])
    found = [{"kind": "all", "name": "", "units": len(ours), **asdict(difference(figure, ours, theirs))}]
    sides = list(_sides(figure, ours, theirs))
    for done, (kind, name, of, one, other, units) in enumerate(sides, start=1):
        tell(_ANSWERING + (1 - _ANSWERING) * done / (len(sides) + 1))
        found += _part(kind, name, of, one, other, units)
    return found


def _answers(candidate: ModelVersion, current: ModelVersion, tell: Tell) -> list[list[Outcome]]:
    """What came of each test item of the candidate, with it and with the other one."""
    found = []
    for done, one in enumerate((candidate, current)):
        tell(_ANSWERING * done / 2)
        found.append(list(read_outcomes(outcomes_of(one, candidate))))
    return found


def _sides(figure: Figure, ours: list[Outcome], theirs: list[Outcome]) -> Iterator[Side]:
    for kind, names in parts_of(ours, languages_of({outcome.id for outcome in ours})):
        member = {(one.id, one.turn): name for one, name in zip(ours, names, strict=True)}
        for name in sorted({name for name in names if name is not None}):
            one, other = ([o for o in side if member.get((o.id, o.turn)) == name] for side in (ours, theirs))
            yield kind, name, figure, one, other, len(one)
    for label in figure.labels if len(figure.labels) > 1 else ():
        units = sum(one.truth.count(label) for one in ours)
        yield "label", label, Figure("micro_f1", (label,)), ours, theirs, units


def seen_by(version: ModelVersion, ids: set[str]) -> set[str]:
    """Those of `ids` that this version learned from or was chosen by: as a project grows, an item that was in
    training may be drawn for the test of a later snapshot."""
    held = SnapshotItem.objects.filter(snapshot=version.snapshot_id, item__in=item_ids(ids))
    return {str(item) for item in held.exclude(split=SnapshotItem.Split.TEST).values_list("item", flat=True)}


def _part(
    kind: str, name: str, figure: Figure, ours: Sequence[Outcome], theirs: Sequence[Outcome], units: int
) -> list[Part]:
    if units < SMALL:
        return []
    return [{"kind": kind, "name": name, "units": units, **asdict(difference(figure, ours, theirs))}]


def outcomes_of(version: ModelVersion, on: ModelVersion) -> Path:
    """The file that says what came of each test item of `on`; made where it is not there yet."""
    name = f"{on.run.field}/test.arrow"
    tested_on: Any = on.snapshot.files[name]
    own = version.run.folder / FILE
    if version.snapshot.files.get(name) == tested_on and own.exists():
        return own
    made = settings.ARTIFACTS_DIR / "outcomes" / f"{tested_on}-{version.pk}.arrow"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
            draft = Path(scratch, FILE)
            evaluate(version, on.snapshot.folder / name, Path(scratch, "report.json"), draft)
            draft.replace(made)
    return made


def evaluate(version: ModelVersion, data: Path, report: Path, outcomes: Path | None = None) -> None:
    """Have the engine test a version. Raises OSError with its last words when it cannot."""
    log = report.with_name("log")
    done = engine_process.evaluate(
        version.folder, data, report, log=log, seconds=SECONDS, outcomes=outcomes
    )  # fmt: skip
    if not done:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise OSError(said[-1] if said else "the evaluation took too long")
