"""Spans as one of the families: whole spans are weighed, tokens are what is stored and shown."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from annotations.aggregation.inference import MOST_CELLS, Inference, Posterior, TooManyLabels
from annotations.aggregation.judgments import Judgment, encode
from annotations.aggregation.segments import (
    SKILLS,
    START,
    USUAL,
    Habits,
    fit_segments,
    pin_known,
    weigh_segments,
)
from annotations.aggregation.skill import WorkerSkillEstimate, estimates, learn_habits
from annotations.aggregation.tally import Tally

_COUNT, _LABEL = "spans:", "label:"  # what a place holds, and what spans are, among the priors


def fit_spans(judgments: Sequence[Judgment]) -> Inference:
    """The posterior of every token, each worker's habits with spans, and their confusion of tags to show."""
    if not judgments:
        return Inference({}, {}, {})
    coded = encode(judgments)
    if len(coded.workers) * len(coded.labels) ** 2 > MOST_CELLS:
        raise TooManyLabels(f"{len(coded.labels)} tags from {len(coded.workers)} workers are too many.")
    posterior, habits = fit_segments(judgments)
    # Tokens with the same judgments share a pattern there, but not here: what is next to them differs.
    table = np.zeros((len(coded.starts), len(coded.labels)))
    for unit, pattern in zip(coded.units, coded.pattern_of.tolist(), strict=True):
        table[pattern] += [posterior[unit].get(label, 0.0) for label in coded.labels]
    table /= np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
    counts = Tally(coded).counts(table)
    shares = coded.weights @ table + 1.0
    found = estimates(coded, counts, learn_habits(counts))
    return Inference(
        posterior,
        {worker: _with_habits(skill, worker, habits) for worker, skill in found.items()},
        _priors(habits) | dict(zip(coded.labels, (shares / shares.sum()).tolist(), strict=True)),
    )


def spans_given_skill(
    judgments: Sequence[Judgment], skill: Mapping[str, WorkerSkillEstimate], priors: Mapping[str, float]
) -> Posterior:
    """P(tag | judgments) for each token, by the habits that the last fit found; of strangers the mean."""
    if not judgments:
        return {}
    known = [[estimate.habits[name] for name in SKILLS] for estimate in skill.values() if estimate.habits]
    usual = np.mean(known, axis=0) if known else USUAL
    workers = tuple(sorted({judgment.worker for judgment in judgments}))
    skills = np.array(
        [
            [skill[worker].habits[name] for name in SKILLS]
            if worker in skill and skill[worker].habits
            else usual
            for worker in workers
        ]
    )
    pin_known(workers, skills)
    labels = {label[2:] for label in priors if label[:2] in {"B-", "I-"}}
    labels |= {judgment.label[2:] for judgment in judgments if judgment.label[:2] in {"B-", "I-"}}
    rarest = min((share for name, share in priors.items() if name.startswith(_LABEL)), default=1.0)
    counts = np.array([priors.get(f"{_COUNT}{number}", start) for number, start in enumerate(START)])
    shares = {label: priors.get(_LABEL + label, rarest / 10) for label in sorted(labels)}
    total = sum(shares.values()) or 1.0
    habits = Habits(workers, skills, counts, {label: share / total for label, share in shares.items()})
    return weigh_segments(judgments, habits)


def _with_habits(skill: WorkerSkillEstimate, worker: str, habits: Habits) -> WorkerSkillEstimate:
    row = habits.skills[habits.workers.index(worker)]
    return replace(skill, habits=dict(zip(SKILLS, row.tolist(), strict=True)))


def _priors(habits: Habits) -> dict[str, float]:
    counts = {f"{_COUNT}{number}": share for number, share in enumerate(habits.counts.tolist())}
    return counts | {_LABEL + label: share for label, share in habits.labels.items()}
