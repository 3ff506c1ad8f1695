"""Detectors of higher apps that imports may ask beside the rules. They register at AppConfig.ready."""

from collections.abc import Callable

from privacy.pii.proposals import Proposer

# None: there is none at the moment, such as no model in production.
Provider = Callable[[], Proposer | None]
_providers: list[Provider] = []


def register_proposer(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def current_proposers() -> list[Proposer]:
    """Those that are there now, each as it is now."""
    return [found for provider in _providers if (found := provider()) is not None]
