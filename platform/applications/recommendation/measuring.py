"""How good the lists are: on each person's last interaction, against popularity, over the whole catalogue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.utils.translation import gettext as _

from applications.embedding import embed
from applications.kinds import Figure
from applications.recommendation import matching, replay, shipped
from applications.recommendation.matching import Matcher
from applications.recommendation.mixing import quality
from applications.recommendation.mixing.diversity import diversify
from applications.recommendation.mixing.mixture import Floats, score
from applications.recommendation.models import Mixture
from applications.recommendation.replay import Moment, Past, Rows
from tasks_app.models import Item, Project
from training.models import ModelVersion, SnapshotItem

CHUNK = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one moment: NDCG@10 and hit of the mixture, of popularity, and what chance gives."""

    ndcg: float
    hit: float
    popular_ndcg: float
    popular_hit: float
    random_ndcg: float
    random_hit: float


def measure(project: Project) -> list[Figure]:
    """With the weights and the version of today."""
    mixture = Mixture.objects.filter(project=project).first() or Mixture(project=project)
    past, matcher = replay.read_past(project), matching.matcher_of(project)
    warm = outcomes(past, past.testing, mixture, matcher)
    fresh = outcomes(past, newcomers(past), mixture, matcher)
    cold = of_untouched(past, mixture, matcher)
    popular = _("the most popular items")
    return [
        *(_of_pairs(matcher.version) if matcher else ()),
        *_two("", _("NDCG@10"), _("hit rate at 10"), warm, popular),
        *_two("newcomers_", _("NDCG@10 of newcomers by their words"),
              _("hit rate at 10 of newcomers by their words"), fresh, popular),
        *_two("untouched_", "", _("hit rate at 10 of items nobody has touched"), cold, _("random order")),
    ]  # fmt: skip


def outcomes(
    past: Past, moments: Sequence[Moment], mixture: Mixture, matcher: Matcher | None,
    *, untouched: bool = False,
) -> list[Outcome]:  # fmt: skip
    """One for each moment. untouched: as though what was chosen then had been new, and used by nobody."""
    half_life, found = mixture.half_life_days, list[Outcome]()
    for start in range(0, len(moments), CHUNK):
        asked = [(one, past.candidates(one, half_life)) for one in moments[start : start + CHUNK]]
        if untouched:
            asked = [(one, np.union1d(rows, list(one.chosen))) for one, rows in asked]
        if matcher:
            past.judge(matcher, asked)
        for moment, rows in asked:
            parts = past.parts(moment, half_life)
            if untouched:
                parts[list(moment.chosen), 2:] = np.log1p(_mean(past, moment, half_life)), 1.0
            found.append(_outcome(past, moment, rows, past.matched(moment, rows, parts), mixture))
    return found


def _mean(past: Past, moment: Moment, half_life: float) -> float:
    return float(past.popularity(moment.day, half_life)[past.published <= moment.day].mean())


def _outcome(past: Past, moment: Moment, rows: Rows, parts: Floats, mixture: Mixture) -> Outcome:
    """parts: (C, 4) of the rows."""
    scores = score(parts, mixture.weights)
    order = diversify(scores, past.arrays[rows], quality.DEPTH, mixture.diversity)
    ranked = [int(rows[place]) for place in order]
    there = np.flatnonzero(past.open_at(moment))
    counts = past.popularity(moment.day, mixture.half_life_days)
    popular = [int(row) for row in there[np.argsort(-counts[there], kind="stable")][: quality.DEPTH]]
    wanted = moment.chosen
    return Outcome(
        quality.ndcg(ranked, wanted), quality.hit(ranked, wanted),
        quality.ndcg(popular, wanted), quality.hit(popular, wanted),
        quality.random_ndcg(len(there), len(wanted)), quality.random_hit(len(there), len(wanted)),
    )  # fmt: skip


def newcomers(past: Past) -> list[Moment]:
    """People of the shipped data who only say what they like; none where another catalogue is in use."""
    row_of = {item.external_id: row for row, item in enumerate(past.items)}
    known = [one for one in shipped.newcomers() if set(one["wanted"]) <= row_of.keys()]
    if not known or not len(past.event_day):
        return []
    found = embed([one["interests"] for one in known])
    day = float(past.event_day[-1])
    return [
        Moment(day, (), frozenset(), frozenset(row_of[name] for name in one["wanted"]), one["interests"],
               vector[None])
        for one, vector in zip(known, found, strict=True)
    ]  # fmt: skip


def of_untouched(past: Past, mixture: Mixture, matcher: Matcher | None) -> list[Outcome]:
    """Popularity would put these last, so what they are held against is chance."""
    taught = _taught(matcher.version) if matcher else set()
    moments = [
        moment
        for moment in past.testing
        if not any(past.items[row].whole_text in taught for row in moment.chosen)
    ]
    found = outcomes(past, moments, mixture, matcher, untouched=True)
    return [replace(one, popular_ndcg=one.random_ndcg, popular_hit=one.random_hit) for one in found]


def _taught(version: ModelVersion) -> set[str]:
    """Texts of items that the version has learned pairs of."""
    rows = SnapshotItem.objects.filter(snapshot=version.snapshot_id).exclude(split=SnapshotItem.Split.TEST)
    pairs = Item.objects.filter(pk__in=rows.values("item")).values_list("payload__pair__1", flat=True)
    return {text for text in pairs if text}


def _two(prefix: str, ndcg: str, hit: str, found: Sequence[Outcome], baseline: str) -> Iterable[Figure]:
    """No figure where nothing was measured; no NDCG where it has no name."""
    if not found:
        return
    if ndcg:
        yield _figure(f"{prefix}ndcg_10", ndcg, baseline,
                      [one.ndcg for one in found], [one.popular_ndcg for one in found])  # fmt: skip
    yield _figure(f"{prefix}hit_10", hit, baseline,
                  [one.hit for one in found], [one.popular_hit for one in found])  # fmt: skip


def _figure(key: str, name: str, baseline: str, ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    low, high = quality.interval(ours)
    return Figure(
        key=key, name=name, value=float(np.mean(ours)), baseline=float(np.mean(theirs)),
        baseline_name=baseline, count=len(ours), low=low, high=high,
    )  # fmt: skip


def _of_pairs(version: ModelVersion) -> Iterable[Figure]:
    """From the report of the run, on the frozen test pairs."""
    report = version.run.report or {}
    accuracy, baseline = report.get("test", {}).get("accuracy"), report.get("baseline", {}).get("accuracy")
    if accuracy is None:
        return
    counts = version.snapshot.counts.get(version.model.field, {})
    yield Figure(
        key="match_accuracy", name=_("accuracy on pairs"), value=accuracy, baseline=baseline,
        baseline_name=_("always the most frequent answer"), count=int(counts.get("test", 0)),
    )  # fmt: skip
