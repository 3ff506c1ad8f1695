"""Detectors of higher apps that imports may ask beside the rules. They register at AppConfig.ready."""

from collections.abc import Callable
from uuid import UUID

from privacy.pii.proposals import Proposer

# For the owner of the project that imports. None: there is none at the moment.
Provider = Callable[[UUID], Proposer | None]
_providers: list[Provider] = []


def register_proposer(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def current_proposers(owner: UUID) -> list[Proposer]:
    """Those that are there now for projects of `owner`, each as it is now."""
    return [found for provider in _providers if (found := provider(owner)) is not None]
