"""Questions that come at the same moment, answered together: one forward pass instead of one for each.

There is no thread for it. Whoever asks while nobody computes leads: it waits a few milliseconds for those who
are known to be on their way, answers all that are there, and hands the lead to the first of those who came
meanwhile. Somebody who asks alone waits for nobody and changes no thread.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST_TOGETHER = 64  # questions in one pass; more together gain little, and make the first one wait
MOST_WAITING = 400  # questions; who comes later is told to come back
PATIENCE = 0.008  # seconds that a leader waits for those on their way
LONGEST_WAIT = 60.0  # seconds in the queue


class Overloaded(Exception):
    """More questions wait already than can be answered in reasonable time."""


@dataclass(frozen=True, slots=True)
class Pass(Generic[Answer]):
    """One answer per question, in order, and the seconds that each part of the work took.

    together: questions that were answered in one go, those of others included.
    """

    answers: Sequence[Answer]
    seconds: Mapping[str, float]
    together: int = 1


class _Ticket(Generic[Question, Answer]):
    """One caller's questions, and what came of them."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = questions
        self.came = time.monotonic()
        self.result: Pass[Answer] | None = None
        self.error: Exception | None = None
        self.leads = False
        self.woken = threading.Event()

    @property
    def is_done(self) -> bool:
        return self.result is not None or self.error is not None


class MicroBatcher(Generic[Question, Answer]):
    """`compute` answers any number of questions, in order; one thread at a time calls it."""

    def __init__(
        self,
        compute: Callable[[Sequence[Question]], Pass[Answer]],
        *,
        most_together: int = MOST_TOGETHER,
        most_waiting: int = MOST_WAITING,
        patience: float = PATIENCE,
    ) -> None:
        self._compute = compute
        self._most_together, self._most_waiting, self._patience = most_together, most_waiting, patience
        self._changed = threading.Condition()
        self._queue: deque[_Ticket[Question, Answer]] = deque()
        self._waiting = 0  # questions in the queue
        self._coming = 0  # threads that have said that they will ask, and have not asked yet
        self._led = False
        self._here = threading.local()

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Say, as early as possible, that this thread will ask, so that a leader may wait for it."""
        with self._changed:
            self._coming += 1
        self._here.coming = True
        try:
            yield
        finally:
            with self._changed:
                self._has_come()

    def ask(self, questions: Sequence[Question]) -> Pass[Answer]:
        """Raises Overloaded, or what `compute` raised for these very questions."""
        ticket: _Ticket[Question, Answer] = _Ticket(questions)
        with self._changed:
            self._has_come()
            if self._queue and self._waiting + len(questions) > self._most_waiting:
                raise Overloaded
            self._queue.append(ticket)
            self._waiting += len(questions)
            ticket.leads, self._led = not self._led, True
            self._changed.notify_all()
        if not ticket.leads and not ticket.woken.wait(LONGEST_WAIT):
            self._leave(ticket)
        if ticket.leads:
            self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error
        assert ticket.result is not None  # noqa: S101 - narrows for mypy what the leader has set
        return ticket.result

    def _has_come(self) -> None:
        if getattr(self._here, "coming", False):
            self._here.coming = False
            self._coming -= 1
            self._changed.notify_all()

    def _lead(self, own: _Ticket[Question, Answer]) -> None:
        """Answer batch after batch until the own questions were among them, then hand over."""
        try:
            while not own.is_done:
                self._answer(self._gather())
        finally:
            with self._changed:
                self._led = bool(self._queue)
                if self._led:
                    self._queue[0].leads = True
                    self._queue[0].woken.set()

    def _gather(self) -> list[_Ticket[Question, Answer]]:
        deadline = time.monotonic() + self._patience
        with self._changed:
            while self._coming and self._waiting < self._most_together:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            chosen = [self._queue.popleft()]
            size = len(chosen[0].questions)
            while self._queue and size + len(self._queue[0].questions) <= self._most_together:
                chosen.append(self._queue.popleft())
                size += len(chosen[-1].questions)
            self._waiting -= size
            return chosen

    def _answer(self, tickets: Sequence[_Ticket[Question, Answer]]) -> None:
        began = time.monotonic()
        try:
            found = self._compute([question for ticket in tickets for question in ticket.questions])
        except Exception as error:
            self._answer_apart(tickets, error)
        else:
            begin = 0
            for ticket in tickets:
                answers = found.answers[begin : begin + len(ticket.questions)]
                seconds = {**found.seconds, "queue": began - ticket.came}
                ticket.result = Pass(answers, seconds, len(found.answers))
                begin += len(ticket.questions)
        for ticket in tickets:
            ticket.woken.set()

    def _answer_apart(self, tickets: Sequence[_Ticket[Question, Answer]], error: Exception) -> None:
        """What one caller's questions have broken is no reason to refuse the others."""
        for ticket in tickets:
            try:
                if len(tickets) == 1:
                    raise error
                ticket.result = self._compute(ticket.questions)
            except Exception as own:
                ticket.error = own

    def _leave(self, ticket: _Ticket[Question, Answer]) -> None:
        """Out of the queue after too long a wait; who is being answered just now stays for the answer."""
        with self._changed:
            if ticket in self._queue and not ticket.leads:
                self._queue.remove(ticket)
                self._waiting -= len(ticket.questions)
                raise Overloaded
        ticket.woken.wait()
