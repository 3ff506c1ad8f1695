"""What a version must show before it answers: better overall, and worse nowhere that is guarded. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from training.engine.evaluation.slices import KINDS

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Guards:
    """Which kinds of parts must not get worse, and by how much a part may be worse all the same.

    membership: how well members may be told from others at most (the AUC of leaks.py); None asks nothing.
    """

    kinds: tuple[str, ...] = KINDS
    tolerance: float = 0.0
    membership: float | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Guards":
        most = raw.get("membership")
        return cls(
            tuple(raw.get("kinds", KINDS)), float(raw.get("tolerance", 0.0)),
            None if most is None else float(most),
        )  # fmt: skip

    def allow(self, membership: float | None) -> bool:
        """Whether a version with this AUC may pass; one of which nothing is known may not, if it is asked."""
        return self.membership is None or (membership is not None and membership <= self.membership)


@dataclass(frozen=True, slots=True)
class Verdict:
    """better: whether the figure over all items is higher. worse: the guarded parts that are surely worse."""

    better: bool
    overall: Part
    worse: tuple[Part, ...] = field(default=())

    @property
    def open(self) -> bool:
        return self.better and not self.worse


def judge(parts: list[Part], guards: Guards) -> Verdict:
    """`parts` of versus.differences. A part is worse when its whole interval lies below minus the tolerance;
    a small part's interval is wide, so that chance alone rarely closes the gate."""
    overall, *others = parts
    worse = [
        part
        for part in others
        if part["kind"] in guards.kinds and part["high"] < -guards.tolerance and part["value"] < 0
    ]
    return Verdict(overall["value"] > 0, overall, tuple(worse))
