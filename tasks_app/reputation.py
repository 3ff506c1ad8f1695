"""How a requester has treated annotators, shown before work. A higher app, which knows answers, tells."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

# With fewer decisions a rate says nothing, and the requester is shown as new.
LEAST_DECIDED = 10


@dataclass(frozen=True, slots=True)
class Reputation:
    """Over all projects of one requester, as last counted; `decision_seconds`: from answer to decision."""

    approved: int = 0
    rejected: int = 0
    appeals: int = 0
    upheld: int = 0
    heard: int = 0
    decision_seconds: float | None = None

    @property
    def is_new(self) -> bool:
        return self.approved + self.rejected < LEAST_DECIDED

    @property
    def approval_rate(self) -> float | None:
        decided = self.approved + self.rejected
        return None if self.is_new else self.approved / decided

    @property
    def appeal_rate(self) -> float | None:
        """How many of the rejections were appealed; those upheld count as rejections here."""
        turned_down = self.rejected + self.upheld
        return self.appeals / turned_down if turned_down and not self.is_new else None

    @property
    def upheld_share(self) -> float | None:
        return self.upheld / self.heard if self.heard else None


Source = Callable[[Collection[UUID]], dict[UUID, Reputation]]
_sources: list[Source] = []


def register_reputation_source(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def reputations_of(owners: Collection[UUID]) -> dict[UUID, Reputation]:
    """Owner -> reputation, an empty one for whom nothing was counted yet."""
    found = {owner: Reputation() for owner in owners}
    for source in _sources:
        found.update(source(owners))
    return found
