"""The application's figures on frozen test items, against counted words and the commonest answer."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from django.utils.translation import gettext as _

from applications.asking import in_production
from applications.health_triage import calibrating
from applications.health_triage.covering import UNDER, Coverage, measure
from applications.health_triage.keywords import Keywords, marking_words, span_f1, spans_by_words
from applications.health_triage.models import Calibration
from applications.health_triage.promising import CONDITION, URGENCY, Scored
from applications.health_triage.services.risk import risk_of
from applications.kinds import Figure
from common.errors import Conflict
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Project
from training import freezing, serving
from training.engine.data import Row
from training.engine.ordinal import quadratic_kappa
from training.models import ModelVersion

_DRAWS, _SEED = 400, 7
Guesses = Sequence[str]


def figures(project: Project) -> list[Figure]:
    """Raises Conflict while nothing is calibrated, or no test item is there."""
    calibration = calibrating.refreshed(project)
    if calibration is None or calibration.made_at is None:
        reason = calibration.reason if calibration else ""
        raise Conflict(_("These models are not calibrated yet. %s") % reason, code="not_calibrated")
    known = calibration.scored("measured")
    if not len(known):
        raise Conflict(_("There are no test items yet."), code="no_test_items")
    coverage = measure(calibration.promise(risk_of(project).risk), known)
    return [*_of_models(calibration, known), *_of_evidence(project), *_of_coverage(coverage)]


def _of_models(calibration: Calibration, known: Scored) -> Iterator[Figure]:
    versions = (calibration.condition_version, calibration.urgency_version)
    texts = [one.payload["text"] for one in calibrating.tested(calibration)]
    names, levels = known.labels, [str(level) for level in known.levels]
    groups = [names[place] for place in known.true_condition.tolist()]
    soon = [levels[place] for place in known.true_urgency.tolist()]
    said = [names[place] for place in known.condition.argmax(axis=1).tolist()]
    # The median: the level from which the expected distance is smallest, as the field itself decides.
    middle = (np.cumsum(known.urgency, axis=1) >= 0.5 - 1e-12).argmax(axis=1)
    urgency = [levels[place] for place in middle.tolist()]
    for key, name, truth, found, version, score in (
        ("condition_macro_f1", _("Condition group, macro F1"), groups, said, versions[0], macro_f1),
        ("urgency_kappa", _("Urgency, quadratic weighted kappa"), soon, urgency, versions[1], _kappa),
    ):
        rows = [(row.payload["text"], str(row.value)) for row in _rows(version, "train")]
        counted = Keywords.of(rows)
        low, high = _interval(score, truth, found, known.group.tolist())
        for kind, label, guess in (
            ("", _("words that were counted"), [counted.label_of(text) for text in texts]),
            ("_majority", _("always the most frequent"), [_commonest(rows)] * len(truth)),
        ):
            yield Figure(
                f"{key}{kind}", name, score(truth, found), score(truth, guess), label, len(truth), low, high
            )


def _of_evidence(project: Project) -> Iterator[Figure]:
    version = in_production(project, "evidence")
    if version is None or not (rows := list(_rows(version, "test"))):
        return
    words = marking_words((row.payload["text"], _spans(row.value)) for row in _rows(version, "train"))
    said = serving.answers_in_background(version, [row.payload for row in rows])
    truth = [_spans(row.value) for row in rows]
    yield Figure(
        "evidence_f1", _("Evidence, F1 over characters"),
        span_f1(zip(truth, [_spans(one.value) for one in said], strict=True)),
        span_f1(zip(truth, [spans_by_words(row.payload["text"], words) for row in rows], strict=True)),
        _("words that were counted"), len(rows),
    )  # fmt: skip


def _of_coverage(coverage: Coverage) -> Iterator[Figure]:
    for key, name, about in (
        ("condition_coverage", _("Groups listed hold the truth (beside it: what is promised)"), CONDITION),
        ("urgency_coverage", _("Range of urgencies holds the truth (beside it: what is promised)"), URGENCY),
        ("under_triage", _("Under-triage (beside it: what is promised at most)"), UNDER),
    ):  # fmt: skip
        share = coverage.share(about)
        low, high = share.interval
        yield Figure(
            key, name, share.value, share.promised, _("promised"), share.count, low, high, about == UNDER
        )
    low, high = coverage.abstains.interval
    yield Figure(
        "abstains", _("Share of messages that a person has to look at"), coverage.abstains.value, None, "",
        coverage.items, low, high, lower_is_better=True,
    )  # fmt: skip


def macro_f1(truth: Guesses, found: Guesses) -> float:
    """Over the labels that occur in either."""
    scores = []
    for label in sorted({*truth, *found}):
        hits = sum(a == b == label for a, b in zip(truth, found, strict=True))
        named = list(truth).count(label) + list(found).count(label)
        scores.append(2 * hits / named)
    return sum(scores) / len(scores) if scores else 0.0


def _kappa(truth: Guesses, found: Guesses) -> float:
    return quadratic_kappa([(int(a), int(b)) for a, b in zip(truth, found, strict=True)])


def _interval(
    score: Callable[[Guesses, Guesses], float], truth: Guesses, found: Guesses, groups: Sequence[int]
) -> tuple[float, float]:
    """95 % by drawing whole groups again: messages of one complaint are right or wrong together."""
    members: dict[int, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    drawing, names = np.random.default_rng(_SEED), list(members)
    values = []
    for _draw in range(_DRAWS):
        places = [
            place for one in drawing.integers(len(names), size=len(names)) for place in members[names[one]]
        ]
        values.append(score([truth[place] for place in places], [found[place] for place in places]))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _commonest(rows: Sequence[tuple[str, str]]) -> str:
    return Counter(label for _text, label in rows).most_common(1)[0][0]


def _rows(version: ModelVersion, split: str) -> Iterator[Row]:
    fields = {field.name: field for field in parse_fields(version.snapshot.fields)}
    return freezing.rows_of(version.snapshot, fields[version.model.field], split)


def _spans(value: object) -> list[tuple[int, int]]:
    return [(mark["start"], mark["end"]) for mark in value] if isinstance(value, list) else []
