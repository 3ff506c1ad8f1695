"""How far people agree on each field of a project. Measured after a fit, from a sample, and kept with it: no
page waits for a bootstrap."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from random import Random
from statistics import fmean
from typing import Any, cast
from uuid import UUID

from annotations.aggregation.agreement import Alpha, Level, distance_alpha, krippendorff_alpha
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.kappa import fleiss_kappa, pairwise_agreement
from annotations.aggregation.label_tables import (
    NOTHING,
    LabelAgreement,
    Recall,
    by_label,
    confusion,
    plain_label,
    recalls,
)
from annotations.aggregation.ordinal import is_point
from annotations.aggregation.span_agreement import Marks, pairwise_f1, span_set
from annotations.aggregation.timeline import parts_of
from annotations.agreement_sample import CONSENSUS, Sampled, sample_of
from annotations.judging import item_of_unit
from annotations.models import FieldFit
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.models import Project
from tasks_app.pseudonyms import pseudonym

_RESAMPLES, _FEW_RESAMPLES = 500, 200
_MOST_DISTANCES = 400  # items; two long texts take two milliseconds to compare
_BLIND_PAIRS = 500
_MOST_CONFUSED = 200  # pairs of labels
_MOST_PAIRS = 60
_COMMON_ITEMS = 5  # that two people must share to be compared


@dataclass(frozen=True)
class Said:
    """What the sample says about one field: people's judgments, the consensus' own, and the items."""

    field: Field
    items: Sequence[Sampled]
    judgments: Sequence[Judgment]
    agreed: Sequence[Judgment]

    def of(self, keys: Sequence[str]) -> "Said":
        wanted = set(keys)
        return Said(
            self.field,
            [item for item in self.items if item.key in wanted],
            [judgment for judgment in self.judgments if item_of_unit(judgment.unit) in wanted],
            (),
        )


def measure_agreement(project: Project) -> None:
    """Store anew how far people agree on every field that has been fitted."""
    items = sample_of(project)
    for field in selectors.current_fields(project):
        judgments = [judgment for item in items for judgment in item.judgments(field.name)]
        said = Said(
            field,
            items,
            [judgment for judgment in judgments if judgment.worker != CONSENSUS],
            [judgment for judgment in judgments if judgment.worker == CONSENSUS],
        )
        rows = FieldFit.objects.filter(project=project, field=field.name)
        rows.update(agreement=agreement_on(said, project.pk))


def agreement_on(said: Said, project_id: UUID) -> dict[str, Any]:
    """As JSON: {"alpha", "low", "high", "units", "judgments", "measure", "levels", "kappa", "f1", "labels",
    "confused", "pairs", "step", "over_time"}; empty while no two items were answered twice."""
    alpha = _alpha(said, _RESAMPLES)
    if alpha is None:
        return {}
    by_distance = said.field.level == "distance"
    found = _figures(alpha) | {"measure": said.field.level, "pairs": _pairs(said, project_id)}
    return found | _over_time(said) | ({} if by_distance else _by_verdicts(said))


def _figures(alpha: Alpha) -> dict[str, Any]:
    figures = asdict(alpha)
    return {"alpha": figures.pop("value"), **figures}


def _alpha(said: Said, resamples: int, level: str = "") -> Alpha | None:
    level = level or said.field.level
    if level == "distance":
        return _distance_alpha(said, resamples)
    # A blank has no place on a scale, nor has a label from when this was another kind of question.
    numbers = level != "nominal"
    judgments = [judgment for judgment in said.judgments if not numbers or is_point(judgment.label)]
    return krippendorff_alpha(judgments, level=cast(Level, level), group=item_of_unit, resamples=resamples)


def _distance_alpha(said: Said, resamples: int) -> Alpha | None:
    field = said.field
    compared = [item for item in said.items if len(item.values(field)) >= 2][:_MOST_DISTANCES]
    return distance_alpha(
        [[(item, value) for value in item.values(field).values()] for item in compared],
        lambda a, b: field.distance(a[1], b[1], a[0].payload),
        by_chance=_by_chance(field, compared),
        resamples=resamples,
    )


def _by_chance(field: Field, items: Sequence[Sampled]) -> float | None:
    """How far apart two people are who did not look; None where the field cannot say."""
    random = Random(13)  # noqa: S311 - a sample
    distances = []
    for number in range(_BLIND_PAIRS if items else 0):
        payload = items[number % len(items)].payload
        a, b = field.blind(payload, random), field.blind(payload, random)
        if a is None or b is None:
            return None
        distances.append(field.distance(a, b, payload))
    return fmean(distances) if distances else None


def _by_verdicts(said: Said) -> dict[str, Any]:
    judgments = said.judgments
    levels = ("nominal", "ordinal", "interval") if said.field.level == "ordinal" else ()
    alphas = {level: _alpha(said, _FEW_RESAMPLES, level) for level in levels}
    pairs = pairwise_agreement(judgments)
    weighed = [(pair.kappa, pair.units) for pair in pairs.values() if pair.kappa is not None]
    units = sum(count for _, count in weighed)
    mean = sum(kappa * count for kappa, count in weighed) / units if units else None
    counts = confusion(judgments, said.agreed)
    return {
        "levels": {level: _figures(alpha) for level, alpha in alphas.items() if alpha},
        "kappa": {"fleiss": fleiss_kappa(judgments), "cohen": mean},
        "f1": _f1(said),
        "labels": _labels(said, recalls(counts)),
        "confused": [
            {"true": true, "said": label, "count": count}
            for (true, label), count in counts.most_common(_MOST_CONFUSED)
        ],
    }


def _labels(said: Said, against: Mapping[str, Recall]) -> dict[str, Any]:
    return {
        label: asdict(row) | (asdict(against[label]) if label in against else {})
        for label, row in _shown(said).items()
    }


def _shown(said: Said) -> dict[str, LabelAgreement]:
    """In the schema's order; what nobody gave, and the blank, are left out."""
    found = by_label(said.judgments)
    order = said.field.labels or said.field.verdicts
    return {label: found[label] for label in order if label in found and label != NOTHING}


def _f1(said: Said) -> dict[str, Any]:
    """For what is marked in a text; empty for other fields."""
    if said.field.type not in {"span", "relation"}:
        return {}
    lenient: dict[str, dict[str, set[Any]]] = {}
    for judgment in said.judgments:
        own = lenient.setdefault(item_of_unit(judgment.unit), {}).setdefault(judgment.worker, set())
        if (label := plain_label(judgment)) != NOTHING:
            own.add((judgment.unit, label))
    kinds: dict[str, list[list[Marks]]] = {
        "token" if said.field.type == "span" else "link": [
            [frozenset(marks) for marks in answers.values()] for answers in lenient.values()
        ]
    }
    if said.field.type == "span":
        values = [list(item.values(said.field, blank=True).values()) for item in said.items]
        kinds["exact"] = [[span_set(value) for value in answers] for answers in values]
    found = {kind: pairwise_f1(answers, resamples=_FEW_RESAMPLES) for kind, answers in kinds.items()}
    return {kind: asdict(f1) for kind, f1 in found.items() if f1}


def _over_time(said: Said) -> dict[str, Any]:
    times = {item.key: item.at for item in said.items if len(item.values(said.field, blank=True)) >= 2}
    step, parts = parts_of(times)
    found = []
    for part in parts:
        own = said.of(part.items)
        if alpha := _alpha(own, _FEW_RESAMPLES):
            when = {"start": part.start.isoformat(), "end": part.end.isoformat()}
            found.append(when | _figures(alpha) | {"labels": _label_agreement(own)})
    return {"step": step, "over_time": found}


def _label_agreement(said: Said) -> dict[str, float]:
    """Of the labels that anybody could have agreed on; none for whole answers."""
    if said.field.level == "distance":
        return {}
    return {label: row.agreement for label, row in _shown(said).items() if row.agreement is not None}


def _pairs(said: Said, project_id: UUID) -> list[dict[str, Any]]:
    """The two annotators of each pair by their names in the project, those with most in common first."""
    found = _distances_of_pairs(said) if said.field.level == "distance" else _kappas_of_pairs(said)
    found.sort(key=lambda row: (-row["items"], row["workers"]))
    return [
        row | {"workers": [pseudonym(project_id, UUID(worker)) for worker in row["workers"]]}
        for row in found[:_MOST_PAIRS]
    ]


def _kappas_of_pairs(said: Said) -> list[dict[str, Any]]:
    common: dict[tuple[str, str], int] = {}
    for item in said.items:
        for pair in combinations(sorted(item.values(said.field, blank=True)), 2):
            common[pair] = common.get(pair, 0) + 1
    return [
        {"workers": list(pair), "items": common[pair], "agreement": found.agreement, "kappa": found.kappa}
        for pair, found in pairwise_agreement(said.judgments).items()
        if common.get(pair, 0) >= _COMMON_ITEMS
    ]


def _distances_of_pairs(said: Said) -> list[dict[str, Any]]:
    near: dict[tuple[str, str], list[float]] = {}
    for item in said.items[:_MOST_DISTANCES]:
        values = item.values(said.field)
        for a, b in combinations(sorted(values), 2):
            near.setdefault((a, b), []).append(1 - said.field.distance(values[a], values[b], item.payload))
    return [
        {"workers": list(pair), "items": len(found), "agreement": fmean(found), "kappa": None}
        for pair, found in near.items()
        if len(found) >= _COMMON_ITEMS
    ]
