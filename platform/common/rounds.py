"""Rounds in the background over many things: what fails for one of them does not keep the others waiting."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

logger = logging.getLogger(__name__)
Thing = TypeVar("Thing")
Outcome = TypeVar("Outcome")


def each(work: Callable[[Thing], Outcome], things: Iterable[Thing]) -> list[Outcome]:
    """`work` on each thing; a failure is logged and left to the next round. Returns what the others gave."""
    done = []
    for thing in things:
        try:
            done.append(work(thing))
        except Exception:
            logger.exception("%s failed for %s", getattr(work, "__qualname__", work), thing)
    return done
