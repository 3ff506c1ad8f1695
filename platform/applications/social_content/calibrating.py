"""Choosing the floor's threshold on held-out posts, anew for each version that comes into production.

The held-out posts are the frozen test items of the version's snapshot, which no training saw. Two thirds of
their groups, drawn by a hash, choose the threshold; the others only measure what it does.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.asking import in_production
from applications.social_content import scoring
from applications.social_content.floor import Choice, InForce, Judged, Measured, Terms, choose, measure
from applications.social_content.models import Floor
from applications.social_content.tongues import heard_in, tongues_of
from tasks_app.models import Project
from training import background
from training.background import State
from training.engine.data import read_arrow
from training.engine.errors import EngineError
from training.models import ModelVersion

MOST_HELD_OUT = 20_000
_THIRDS, _AT_ONCE = 3, 64


def calibrate(floor_id: UUID) -> None:
    """Score the held-out posts with the version in production and choose; a second worker finds nothing to
    claim. Where that fails the floor is of no version, and nothing is shown."""
    floor = background.claim(Floor, floor_id)
    if floor is None:
        return
    with background.ending(floor, EngineError, OSError):
        version = in_production(floor.project, scoring.SAFETY)
        if version is None:
            raise EngineError(_("No version of the safety model is in production."))
        background.update(floor, version=None, threshold=None)
        _finish(floor, version, *_score(floor, version))


@transaction.atomic
def _finish(floor: Floor, version: ModelVersion, scores: list[list[float]], tongues: list[str]) -> None:
    # Another promise may have been set while the model was asked: the one that holds now is chosen for.
    now = Floor.objects.select_for_update().get(pk=floor.pk)
    now.scores = scores
    background.update(
        floor, scores=scores, tongues=tongues, version=version, threshold=choice_of(now).threshold,
        calibrated_at=timezone.now(), state=State.DONE, claim=None,
    )  # fmt: skip


def _score(floor: Floor, version: ModelVersion) -> tuple[list[list[float]], list[str]]:
    """Scores as Floor keeps them, and the languages and scripts that the calibration posts have tested."""
    rows = list(held_out(version))[:MOST_HELD_OUT]
    spoken = [tongues_of(text) for text, _label, _group in rows]
    known = heard_in(one for one, row in zip(spoken, rows, strict=True) if chooses(row[2]))
    heard = [set(one) <= set(known) for one in spoken]
    found: list[list[float]] = []
    for start in range(0, len(rows), _AT_ONCE):
        background.update(floor, progress=min(99, 100 * start // len(rows)))
        chunk = rows[start : start + _AT_ONCE]
        scored = scoring.score_texts(version, [text for text, _label, _group in chunk])
        found += [
            [one.score if here else 0.0, float(label == scoring.SAFE), float(chooses(group))]
            for one, here, (_text, label, group) in zip(scored, heard[start:], chunk, strict=False)
        ]
    return found, known


def held_out(version: ModelVersion) -> Iterator[tuple[str, str, str]]:
    """Text, label and group of each frozen test post, once however many readers it was judged with.

    Raises EngineError where they are gone.
    """
    seen: set[str] = set()
    for row in read_arrow(version.snapshot.folder / scoring.SAFETY / "test.arrow"):
        turns = row.payload.get("turns") or []
        for entry in row.value or []:
            text = turns[entry["turn"]]["text"] if 0 <= entry["turn"] < len(turns) else ""
            if text and text not in seen:
                seen.add(text)
                yield text, entry["label"], row.group or row.id


def chooses(group: str) -> bool:
    """Whether posts of this group choose the threshold rather than measure it; the same for every version."""
    return hashlib.sha256(f"floor {group}".encode()).digest()[0] % _THIRDS != 0


def terms_of(floor: Floor) -> Terms:
    return Terms(floor.wanted, floor.confidence)


def calibration_of(floor: Floor) -> list[Judged]:
    return _judged(floor.scores, calibrating=True)


def measuring_of(floor: Floor) -> list[Judged]:
    return _judged(floor.scores, calibrating=False)


def _judged(scores: Sequence[Sequence[float]], *, calibrating: bool) -> list[Judged]:
    return [Judged(one[0], bool(one[1])) for one in scores if bool(one[2]) is calibrating]


def in_force(project: Project) -> InForce | None:
    """The floor, if it was chosen for the version that is in production now and can be promised."""
    version = in_production(project, scoring.SAFETY)
    floor = Floor.objects.filter(project=project).first()
    if version is None or floor is None or floor.threshold is None or floor.version_id != version.pk:
        return None
    return InForce(version.pk, floor.threshold, frozenset(floor.tongues))


def choice_of(floor: Floor) -> Choice:
    return choose(calibration_of(floor), terms_of(floor))


def measured_of(floor: Floor) -> Measured | None:
    """What the floor does on the posts that had no part in choosing it."""
    return None if floor.threshold is None else measure(measuring_of(floor), floor.threshold)


def figures_json(floor: Floor) -> Mapping[str, Any]:
    """What GET floor and figures say."""
    choice, measured, terms = choice_of(floor), measured_of(floor), terms_of(floor)
    return {
        "wanted": floor.wanted,
        "confidence": floor.confidence,
        "state": floor.state,
        "reason": floor.reason,
        "threshold": floor.threshold,
        "version": floor.version.number if floor.version else None,
        "in_force": in_force(floor.project) is not None,
        "fewest": terms.fewest,
        "missing": choice.missing,
        "languages": [one for one in floor.tongues if ":" not in one],
        "calibration_posts": len(calibration_of(floor)),
        "measuring_posts": len(measuring_of(floor)),
        "tested": [
            {"threshold": one.threshold, "shown": one.shown, "unsafe": one.unsafe, "low": one.low,
             "promised": one.promised}
            for one in choice.tested
        ],
        "measured": _measured_json(measured),
    }  # fmt: skip


def _measured_json(measured: Measured | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    shares = {
        "precision": measured.precision,
        "safe_hidden": measured.hidden,
        "unsafe_hidden": measured.caught,
    }
    return {
        name: {"value": one.value, "of": one.of, "low": one.interval.low, "high": one.interval.high}
        for name, one in shares.items()
    }
