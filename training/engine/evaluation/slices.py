"""The same figure for parts of the test items: by speaker, length, language and label."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from training.engine.evaluation.outcomes import Outcome
from training.engine.evaluation.resampling import Figure, interval

BANDS = (40, 120, 400)  # characters: where one band of length ends and the next begins
SMALL = 30  # units below which a figure says little
KINDS = ("speaker", "length", "language", "label")


@dataclass(frozen=True, slots=True)
class Slice:
    """kind, name: which part. units: how many it has (true or guessed ones of a label). low, high: 95 %."""

    kind: str
    name: str
    value: float
    low: float
    high: float
    units: int
    rows: int
    small: bool


def slices_of(
    outcomes: Sequence[Outcome],
    *,
    metric: str,
    labels: Sequence[str],
    languages: Mapping[str, str] | None = None,
) -> list[Slice]:
    """Every part that has units, each with an interval. languages: by row id; those of one language only
    are no slice. A label's figure is its own F1, over all units, because each may be taken for it."""
    figure = Figure(metric, tuple(labels))
    found = []
    for kind, names in parts_of(outcomes, languages or {}):
        for name in sorted(dict.fromkeys(names), key=_in_order):
            part = [outcome for outcome, own in zip(outcomes, names, strict=True) if own == name]
            if name is not None:
                found.append(_slice(kind, name, figure, part, len(part)))
    found.sort(key=lambda part: KINDS.index(part.kind))
    for label in labels if len(labels) > 1 else ():
        part = [outcome for outcome in outcomes if label in outcome.truth or label in outcome.predicted]
        if part:
            found.append(_slice("label", label, Figure("micro_f1", (label,)), part, _support(part, label)))
    return found


def slices_json(slices: Iterable[Slice]) -> list[dict[str, object]]:
    return [asdict(part) for part in slices]


def length_band(characters: int) -> str:
    """Such as "41-120"; the last one is open."""
    low = 0
    for high in BANDS:
        if characters <= high:
            return f"{low}-{high}"
        low = high + 1
    return f"{low}+"


def parts_of(
    outcomes: Sequence[Outcome], languages: Mapping[str, str]
) -> Iterable[tuple[str, list[str | None]]]:
    """For each kind the part that each outcome belongs to (None: to none)."""
    kinds: dict[str, list[str | None]] = {
        "speaker": [outcome.speaker or None for outcome in outcomes],
        "language": [languages.get(outcome.id) or None for outcome in outcomes],
    }
    for kind, names in kinds.items():
        if len(set(names)) > 1:
            yield kind, names
    lengths: list[str | None] = [length_band(outcome.characters) for outcome in outcomes]
    if len(set(lengths)) > 1:
        yield "length", lengths


def _in_order(name: str | None) -> tuple[int, str]:
    """Bands of length by where they begin, everything else by name."""
    begin = (name or "").split("-")[0].rstrip("+")
    return (int(begin) if begin.isdecimal() else 0, name or "")


def _slice(kind: str, name: str, figure: Figure, part: Sequence[Outcome], units: int) -> Slice:
    low, high = interval(figure, part)
    rows = len({outcome.id for outcome in part})
    return Slice(kind, name, figure.of(part), low, high, units, rows, units < SMALL)


def _support(part: Sequence[Outcome], label: str) -> int:
    return sum(outcome.truth.count(label) for outcome in part)
