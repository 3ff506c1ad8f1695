"""Who holds what about a person: every app says so itself, here, so that no request can miss one.

A lower app never names a higher one, so apps register a holder from `AppConfig.ready`; those of the apps
below privacy are registered by privacy itself. Erasure, access, restriction and the search for what is left
all go through this list.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True)
class Subject:
    """Whose data it is: somebody with an account, somebody who occurs in dialogues, or both.

    account: the user's id, None for a person who occurs in texts only.
    items: every item in which the person occurs, found by vault key or by search.
    values: what the person is known by (name, e-mail, phone, as typed); to look for in what is kept in the
    clear. Never stored and never logged.
    subjects: people in dialogues (DataSubject) who are this one: named by an id that is proven, or recognised
    by the desk. Not everybody in whose dialogue a value occurs.
    """

    account: UUID | None = None
    items: frozenset[UUID] = frozenset()
    values: tuple[str, ...] = ()
    subjects: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Terms:
    """Under which request, by whom and on what ground something is erased; goes into what is left behind."""

    request: UUID
    actor: UUID | None = None
    legal_ground: str = ""


@dataclass(frozen=True)
class Holding:
    """A kind of record that is held about a subject, for access and portability.

    name: stable, snake_case, the file's name in the download. title: for people, translated.
    rows: JSON objects, read as they are needed. purpose: why it is held, source: where it came from,
    recipients: who else gets it, retention: for how long; all translated, empty where the notice says it all.
    """

    name: str
    title: str
    rows: Iterator[dict[str, Any]]
    purpose: str = ""
    source: str = ""
    recipients: str = ""
    retention: str = ""


@dataclass(frozen=True)
class AffectedModel:
    """A model version that has learned from a subject's data.

    action: "quarantine", "retrain" or "keep", by the policy of its project; a kept one has a legal ground.
    """

    name: str
    version: int
    action: str
    legal_ground: str = ""


@dataclass(frozen=True)
class Obstacle:
    """What must be settled before an account can be erased; `text` tells the person what to do.

    waivable: the person may give it up instead.
    """

    code: str
    text: str
    waivable: bool = False


class Holder(Protocol):
    """What one app holds about people. All that change something may be repeated with the same result.

    name: the app's. rank: smaller is erased first; apps above come before those that they point to, because
    what they must find (which snapshots an answer is in) is read from below.
    """

    name: str
    rank: int

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        """Everything held about the subject that the subject may see."""
        ...

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        """Erase or anonymise in the caller's transaction; files go on commit. Returns what, and how many."""
        ...

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Stop (or resume) showing, exporting and training on the subject's data without erasing it."""
        ...

    def residue(self, subject: Subject) -> dict[str, int]:
        """What is still held that an erasure should have taken. Empty when nothing is."""
        ...


_holders: dict[str, Holder] = {}


def register(holder: Holder) -> None:
    """From `AppConfig.ready`. The same name again replaces the holder before."""
    _holders[holder.name] = holder


def all_holders() -> list[Holder]:
    """In the order in which they erase."""
    return sorted(_holders.values(), key=lambda holder: holder.rank)


ModelsSource = Callable[[Subject], list[AffectedModel]]
ObstacleSource = Callable[[Subject], list[Obstacle]]
_models_sources: list[ModelsSource] = []
_obstacle_sources: list[ObstacleSource] = []


def register_affected_models(source: ModelsSource) -> None:
    """From `AppConfig.ready`. Reads only; asked before anything is erased."""
    if source not in _models_sources:
        _models_sources.append(source)


def affected_models(subject: Subject) -> list[AffectedModel]:
    return [model for source in _models_sources for model in source(subject)]


def register_obstacle(source: ObstacleSource) -> None:
    """From `AppConfig.ready`. Reads only; asked of subjects with an account."""
    if source not in _obstacle_sources:
        _obstacle_sources.append(source)


def obstacles(subject: Subject) -> list[Obstacle]:
    return [obstacle for source in _obstacle_sources for obstacle in source(subject)]
