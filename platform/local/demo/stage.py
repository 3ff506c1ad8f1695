"""What the steps of the demo loop hand on to one another."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from local.demo.align import carry_truth
from local.demo.client import Api, Run
from local.demo.crowd import Person
from local.demo.dialogues import Dialogue, Sample
from local.demo.people import DemoPeople
from local.demo.report import DemoReport
from tasks_app.fields.base import Field


class StepFailed(Exception):
    """A step could not be done; the text is for the person in front of the terminal."""


class Deadline:
    """The end of a step's time."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def check(self, doing: str) -> None:
        if self._clock() > self._end:
            raise StepFailed(f"{doing} took longer than {self.seconds:.0f} s")

    def poll(self, done: Callable[[], bool], doing: str, every: float = 0.5) -> None:
        """Ask again and again until it is done; raises StepFailed when the time is over."""
        while not done():
            self.check(doing)
            time.sleep(every)


@dataclass(frozen=True)
class Seat:
    """One person of the crowd at their account."""

    person: Person
    api: Api


@dataclass
class Stage:
    """Filled from step to step; items are known by the server's id, dialogues by their own."""

    http: httpx.Client
    people: DemoPeople
    quick: bool
    path: Path | None
    report: DemoReport
    sample: Sample = field(default_factory=lambda: Sample((), False, (), ""))
    fields: tuple[Field, ...] = ()
    reward_minor: int = 0
    overlap_max: int = 0
    recipe: Mapping[str, Any] = field(default_factory=dict)
    project: str = ""
    admin: Api = field(init=False)
    requester: Api = field(init=False)
    reviewer: Api = field(init=False)
    seats: list[Seat] = field(default_factory=list)
    dialogue_of: dict[str, Dialogue] = field(default_factory=dict)
    shown: dict[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    truths: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    snapshot: str = ""
    runs: dict[str, Run] = field(default_factory=dict)

    def see(self, item: str, turns: tuple[Mapping[str, str], ...]) -> None:
        """Remember an item as the crowd sees it, and the truth at its places in that text."""
        if item not in self.truths:
            dialogue = self.dialogue_of[item]
            texts = [turn["text"] for turn in turns]
            self.truths[item] = carry_truth(dialogue.truth, dialogue.texts, texts)
            self.shown[item] = turns

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of the choice fields."""
        return {one.name: one.labels for one in self.fields if one.type == "choice"}
