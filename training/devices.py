"""The cards of this machine, and never more than one engine on each.

Who works on a card holds a lock on a file named after it, beside the artifacts, which all trainers share. The
engine inherits the lock: a card is free when trainer and engine are gone, however they ended.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO

from django.conf import settings

VISIBLE = "CUDA_VISIBLE_DEVICES"
WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.5
_QUERY = ("uuid", "index", "name", "memory.total", "memory.free", "driver_version")
_held: list[IO[str]] = []


class AllBusy(Exception):
    """Every card of this machine is at work for somebody else."""


@dataclass(frozen=True, slots=True)
class Card:
    """One GPU. `key` is what CUDA_VISIBLE_DEVICES takes; memory in MiB."""

    key: str
    index: str
    name: str
    memory_mb: int
    free_mb: int
    driver: str


_offered: list[Card] = []  # all that the operator allows, while one of them is held


def list_cards() -> list[Card]:
    """The GPUs that this process may use, by the driver's own tool; none where there is none.

    An operator's CUDA_VISIBLE_DEVICES (numbers or UUIDs) narrows the choice.
    """
    allowed = os.environ.get(VISIBLE)
    cards = _ask_driver()
    if allowed is None:
        return cards
    named = [part.strip() for part in allowed.split(",") if part.strip()]
    return [card for card in cards if card.index in named or any(card.key.startswith(n) for n in named)]


@contextmanager
def one_card(*, seconds: float = WAIT_SECONDS) -> Iterator[Card | None]:
    """Hold one card for this process and the engines it starts; None on a machine that has none.

    Raises AllBusy when all are taken for `seconds`.
    """
    cards = list_cards()
    if not cards:
        yield None
        return
    with _held_card(cards, seconds) as card, _visible([card.key]):
        _offered[:] = cards
        try:
            yield card
        finally:
            _offered.clear()


@contextmanager
def more_cards(count: int, *, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold `count` cards beside the one that is held, for a run of several processes; none without cards.

    Raises AllBusy when so many are not free within `seconds`: then all of them are let go again, so that two
    runs that wait for each other's cards do not wait for ever.
    """
    count = min(count, len(_offered) - 1)  # where there are fewer, the engine says so
    if count < 1:
        yield
        return
    with ExitStack() as stack:
        found = [stack.enter_context(_held_card(_offered, seconds)) for _ in range(count)]
        stack.enter_context(_visible([os.environ[VISIBLE], *(card.key for card in found)]))
        yield


@contextmanager
def _held_card(cards: Sequence[Card], seconds: float) -> Iterator[Card]:
    card, handle = _first_free(cards, seconds)
    _held.append(handle)
    try:
        yield card
    finally:
        _held.remove(handle)
        handle.close()


@contextmanager
def _visible(keys: Sequence[str]) -> Iterator[None]:
    before = os.environ.get(VISIBLE)
    os.environ[VISIBLE] = ",".join(keys)
    try:
        yield
    finally:
        os.environ.pop(VISIBLE) if before is None else os.environ.update({VISIBLE: before})


def held_locks() -> tuple[int, ...]:
    """The descriptors that an engine must inherit, so that its card stays taken while it lives."""
    return tuple(handle.fileno() for handle in _held)


def _first_free(cards: Sequence[Card], seconds: float) -> tuple[Card, IO[str]]:
    deadline = time.monotonic() + seconds
    while True:
        for card in cards:
            if handle := _take(card):
                return card, handle
        if time.monotonic() > deadline:
            raise AllBusy
        time.sleep(_LOOK_SECONDS)


def _take(card: Card) -> IO[str] | None:
    folder = settings.ARTIFACTS_DIR / "devices"
    folder.mkdir(parents=True, exist_ok=True)
    # A card's UUID is the only one of its kind; a number alone means something only on this machine.
    name = card.key if "-" in card.key else f"{platform.node()}-{card.key}"
    handle: IO[str] = (folder / f"{name.replace('/', '_')}.lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def _ask_driver() -> list[Card]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[cell.strip() for cell in line.split(",")] for line in said.stdout.splitlines()]
    return [
        Card(key, index, name, _whole(total), _whole(free), driver)
        for key, index, name, total, free, driver in (row for row in rows if len(row) == len(_QUERY))
    ]


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 0
