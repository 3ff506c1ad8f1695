"""Chance that can be repeated: every draw of the demo hangs on a text that says what it is for."""

import random


def seeded(purpose: str) -> random.Random:
    """A generator that gives the same numbers for the same purpose, everywhere. No secrets are made here."""
    return random.Random(purpose)  # noqa: S311


def difficulty(unit: str) -> float:
    """How hard a unit of work is, 0 easy .. 1 hard, the same for everybody; most work is easy (mean 1/3)."""
    return seeded(f"difficulty:{unit}").random() ** 2
