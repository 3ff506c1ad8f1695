"""The application's figures on frozen test items, with the versions that are in production now."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from applications.asking import in_production
from applications.embedding import embed
from applications.kinds import Figure
from applications.social_content import calibrating, keywords, scoring
from applications.social_content.calibrating import chooses, held_out, in_force
from applications.social_content.disguises import DISGUISES
from applications.social_content.floor import Judged, Share, measure
from applications.social_content.models import Floor
from applications.social_content.ndcg import expected_at_random, ndcg
from applications.social_content.ranking import Weights
from tasks_app.models import Project
from training import serving
from training.engine.data import read_arrow
from training.models import ModelVersion

FEWEST_OF_A_PERSON = (
    10  # posts that a reader must have been judged with, for an order of ten to mean something
)


def measure_all(project: Project) -> list[Figure]:
    return [*_safety(project), *_interest(project)]


def _safety(project: Project) -> list[Figure]:
    version, holds = in_production(project, scoring.SAFETY), in_force(project)
    floor = Floor.objects.filter(project=project).first()
    if version is None or holds is None or floor is None:
        return []
    found = measure(calibrating.measuring_of(floor), holds.threshold)
    measuring = [
        (text, label == scoring.SAFE) for text, label, group in held_out(version) if not chooses(group)
    ]
    plain = measure([Judged(0.0 if keywords.is_unsafe(text) else 1.0, safe) for text, safe in measuring], 0.5)
    words = _("keyword list")
    return [
        _share("precision_at_floor", _("Safe among shown"), found.precision, plain.precision, words),
        _share("unsafe_hidden", _("Unsafe posts hidden"), found.caught, plain.caught, words),
        _share("safe_hidden", _("Safe posts hidden"), found.hidden, plain.hidden, words, lower=True),
        *_disguised(version, holds.threshold, [text for text, safe in measuring if not safe]),
    ]


def _disguised(version: ModelVersion, threshold: float, unsafe: Sequence[str]) -> list[Figure]:
    """Every unsafe measuring post in every disguise, against the same without undoing them."""
    worn = [wear(text) for wear in DISGUISES.values() for text in unsafe]
    if not worn:
        return []
    read = [one.score < threshold for one in scoring.score_texts(version, worn)]
    raw = serving.answers_in_background(version, [scoring.payload_of(text) for text in worn])
    plain = [scoring.safe_share(answer) < threshold for answer in raw]
    return [
        _share(
            "disguised_hidden", _("Unsafe posts hidden, in six disguises"), Share(sum(read), len(read)),
            Share(sum(plain), len(plain)), _("same model, text as written"),
        )
    ]  # fmt: skip


def _share(
    key: str, name: str, found: Share, plain: Share, plain_name: str, *, lower: bool = False
) -> Figure:
    interval = found.interval
    return Figure(
        key=key, name=name, value=found.value or 0.0, baseline=plain.value, baseline_name=plain_name,
        count=found.of, low=interval.low, high=interval.high, lower_is_better=lower,
    )  # fmt: skip


def _interest(project: Project) -> list[Figure]:
    """NDCG@10 over test readers, each with the posts that it was judged with."""
    version = in_production(project, scoring.INTEREST)
    if version is None:
        return []
    readers = _readers(version)
    orders = [_orders(version, interests, judged) for interests, judged in sorted(readers.items())]
    by_way = {name: [value for one in orders if (value := one[name]) is not None] for name in _WAYS}
    means = {name: float(np.mean(found)) if found else 0.0 for name, found in by_way.items()}
    count, low, high = len(by_way["mixed"]), *_spread(by_way["mixed"])
    names = {"recent": _("newest first"), "random": _("random order"), "similar": _("embedding alone")}
    return [
        Figure(
            key=f"ndcg_over_{other}", name=_("Interest, NDCG@10"), value=means["mixed"],
            baseline=means[other], baseline_name=name, count=count, low=low, high=high,
        )
        for other, name in names.items()
    ]  # fmt: skip


_WAYS = ("mixed", "similar", "recent", "random")
_Judged = tuple[str, bool]


def _readers(version: ModelVersion) -> dict[str, list[_Judged]]:
    """Interests -> posts with whether they match, in the order of the items' ids."""
    found: defaultdict[str, list[_Judged]] = defaultdict(list)
    for row in read_arrow(version.snapshot.folder / scoring.INTEREST / "test.arrow"):
        turns = row.payload.get("turns") or []
        if len(turns) == 2:
            found[turns[0]["text"]].append((turns[1]["text"], row.value == scoring.YES))
    return {one: judged for one, judged in found.items() if len(judged) >= FEWEST_OF_A_PERSON}


def _orders(version: ModelVersion, interests: str, judged: Sequence[_Judged]) -> dict[str, float | None]:
    payloads = [scoring.payload_of(text, interests) for text, _fits in judged]
    match = np.array([scoring.match_of(one) for one in serving.answers_in_background(version, payloads)])
    vectors = embed([interests, *(text for text, _fits in judged)])
    near = np.maximum(vectors[1:] @ vectors[0], 0)
    usual, fits = Weights(), [fits for _text, fits in judged]
    mixed = usual.match * match + usual.similarity * near
    return {
        "mixed": ndcg([fits[place] for place in np.argsort(-mixed, kind="stable")]),
        "similar": ndcg([fits[place] for place in np.argsort(-near, kind="stable")]),
        "recent": ndcg(fits[::-1]),
        "random": expected_at_random(fits),
    }


def _spread(found: Sequence[float]) -> tuple[float | None, float | None]:
    """95 % bootstrap interval of the mean over readers, always the same draws."""
    if len(found) < 2:
        return None, None
    draws: Any = np.random.default_rng(0).choice(np.array(found), size=(2000, len(found)))
    low, high = np.quantile(draws.mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
