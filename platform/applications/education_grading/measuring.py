"""The application's figures on frozen test answers, beside counted words and the most frequent score."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from annotations import judging
from applications.education_grading import overlap
from applications.education_grading.grading import (
    REFERENCE_TURN,
    SCORE,
    Graded,
    regrade,
    score_of,
    sentences,
    top_of,
    versions,
)
from applications.education_grading.probing import guard_figures
from applications.education_grading.releasing import FAR, Known, curve
from applications.education_grading.scoring import Point, points_in
from applications.kinds import Figure
from common.errors import Conflict
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Item, Project
from training import freezing
from training.engine.data import Row
from training.engine.ordinal import quadratic_kappa
from training.models import ModelVersion

UNSEEN = "unseen-"  # groups of questions that training never saw, in the shipped data
_DRAWS, _SEED, _MOST = 400, 7, 2_000
Pair = tuple[ModelVersion, ModelVersion]
_RELEASED = (0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Case:
    """One test answer: its truth, what the models say, and what words in common say."""

    group: str
    score: int
    missing: frozenset[int]
    found: Graded
    by_words: int
    missing_by_words: frozenset[int]
    majority: int

    @property
    def guess(self) -> int:
        return self.found.grade.score if self.found.grade else self.majority

    @property
    def guessed_missing(self) -> frozenset[int]:
        return frozenset(self.found.grade.missing if self.found.grade else ())


def figures(project: Project) -> list[Figure]:
    """Raises Conflict while a model is missing or nothing is held out."""
    pair = versions(project)
    if pair is None:
        raise Conflict(_("No models are in production yet."), code="no_version")
    cases = _cases(project, pair)
    if not cases:
        raise Conflict(_("There are no test items yet."), code="no_test_items")
    return [
        *_of_scores(cases), *_of_points(cases), *_of_release(cases), *_of_people(project, pair[0]),
        *guard_figures(pair, top_of(project)),
    ]  # fmt: skip


def _cases(project: Project, pair: Pair) -> list[Case]:
    train, tested = _labelled(pair, "train"), _labelled(pair, "test")[:_MOST]
    top = top_of(project)
    words = overlap.ScoreByWords.learn(
        [(_reference(row), _answer(row), score) for row, score, _m in train], top
    )
    least = overlap.learn_least([
        (_answer(row), _texts(row), frozenset(points_in(spans, _points(row), REFERENCE_TURN)))
        for row, _score, spans in train
    ])  # fmt: skip
    majority = Counter(score for _row, score, _spans in train).most_common(1)[0][0] if train else 0
    found = regrade(pair, [row.payload for row, *_rest in tested], [_points(row) for row, *_r in tested], top)
    return [
        Case(
            row.group, score, frozenset(points_in(spans, _points(row), REFERENCE_TURN)), one,
            words.score(_reference(row), _answer(row)),
            frozenset(overlap.missing_by_words(_answer(row), _texts(row), least)), majority,
        )
        for (row, score, spans), one in zip(tested, found, strict=True)
    ]  # fmt: skip


def _labelled(pair: Pair, split: str) -> list[tuple[Row, int, list[dict[str, Any]]]]:
    """Rows with both answers, in the order of their ids."""
    spans = {row.id: row.value or [] for row in _rows(pair[1], split)}
    scored = ((row, score_of(row.value)) for row in _rows(pair[0], split) if row.id in spans)
    return [(row, score, spans[row.id]) for row, score in scored if score is not None]


def _rows(version: ModelVersion, split: str) -> Iterator[Row]:
    fields = {field.name: field for field in parse_fields(version.snapshot.fields)}
    return freezing.rows_of(version.snapshot, fields[version.model.field], split)


def _reference(row: Row) -> str:
    return str(row.payload["turns"][1]["text"])


def _answer(row: Row) -> str:
    return str(row.payload["turns"][2]["text"])


def _points(row: Row) -> list[Point]:
    return sentences(_reference(row))


def _texts(row: Row) -> list[str]:
    return [_reference(row)[point.start : point.end] for point in _points(row)]


def _of_scores(cases: Sequence[Case]) -> Iterator[Figure]:
    for key, name, part in _parts(cases):
        value = _kappa(part)
        low, high = interval(_kappa, part)
        yield Figure(
            f"kappa{key}", _("Score, quadratic weighted kappa: %s") % name, value, _kappa_words(part),
            _("words in common, tuned on the training answers"), len(part), low, high,
        )  # fmt: skip
        yield Figure(
            f"kappa_majority{key}", _("Score, quadratic weighted kappa: %s") % name, value,
            quadratic_kappa([(one.score, one.majority) for one in part]), _("always the most frequent"),
            len(part), low, high,
        )  # fmt: skip


def _of_points(cases: Sequence[Case]) -> Iterator[Figure]:
    for key, name, part in _parts(cases):
        low, high = interval(_f1, part)
        words = overlap.f1([(one.missing, one.missing_by_words) for one in part])
        yield Figure(
            f"missing_f1{key}", _("Missing points, F1: %s") % name, _f1(part), words,
            _("too few words in common"), len(part), low, high,
        )  # fmt: skip


def _of_release(cases: Sequence[Case]) -> Iterator[Figure]:
    """How accuracy rises where the doubtful go to a teacher. Guarded answers always do."""
    known = [
        Known(one.score, one.guess, one.found.grade.doubt if one.found.grade else 99, one.group)
        for one in cases
        if not one.found.guards
    ]
    for (share, right, far), step in zip(curve(known, _RELEASED), _RELEASED, strict=True) if known else ():
        count = round(share * len(known))
        told = {"n": round(100 * step)}
        yield Figure(
            f"right_at_{told['n']}", _("Exactly right, of the surest %(n)d in a hundred") % told, right, None,
            "", count,
        )  # fmt: skip
        yield Figure(
            f"far_at_{told['n']}", _("Off by two or more, of the surest %(n)d in a hundred") % told, far,
            None, "", count, lower_is_better=True,
        )  # fmt: skip
    yield Figure(
        "far", _("Off by two or more, all answers"), _far(cases),
        float(np.mean([abs(one.score - one.by_words) >= FAR for one in cases])),
        _("words in common, tuned on the training answers"), len(cases), lower_is_better=True,
    )  # fmt: skip


def _of_people(project: Project, version: ModelVersion) -> Iterator[Figure]:
    """One annotator against what all others came to, on the items that have three answers: the ceiling."""
    ids = [row.id for row in _rows(version, "test")][:_MOST]
    items = list(Item.objects.filter(project=project, pk__in=ids))
    both = [
        (score_of(rest.fields[SCORE].value), score_of(answer.value.get(SCORE)))
        for _item, given in judging.judge_without_each(items)
        for answer, rest in given
        if SCORE in rest.fields
    ]
    if pairs := [(a, b) for a, b in both if a is not None and b is not None]:
        yield Figure(
            "kappa_people", _("One annotator against the others, quadratic weighted kappa"),
            quadratic_kappa(pairs), None, "", len(pairs),
        )  # fmt: skip


def _parts(cases: Sequence[Case]) -> Iterator[tuple[str, str, list[Case]]]:
    unseen = [one for one in cases if one.group.startswith(UNSEEN)]
    seen = [one for one in cases if not one.group.startswith(UNSEEN)]
    for key, name, part in (
        ("", _("questions it never saw"), unseen),
        ("_seen", _("new answers to questions it knows"), seen),
    ):
        if part:
            yield key, name, part


def _kappa(cases: Sequence[Case]) -> float:
    return quadratic_kappa([(one.score, one.guess) for one in cases])


def _kappa_words(cases: Sequence[Case]) -> float:
    return quadratic_kappa([(one.score, one.by_words) for one in cases])


def _f1(cases: Sequence[Case]) -> float:
    return overlap.f1([(one.missing, one.guessed_missing) for one in cases])


def _far(cases: Sequence[Case]) -> float:
    return float(np.mean([abs(one.score - one.guess) >= FAR for one in cases]))


def interval(score: Callable[[Sequence[Case]], float], cases: Sequence[Case]) -> tuple[float, float]:
    """95 % by drawing answers again (bootstrap percentiles). Few questions are in the data, so that it holds
    for more answers to these questions, not for all questions."""
    drawing = np.random.default_rng(_SEED)
    values = [
        score([cases[place] for place in drawing.integers(len(cases), size=len(cases))])
        for _draw in range(_DRAWS)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
