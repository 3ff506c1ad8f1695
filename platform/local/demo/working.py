"""The crowd's and the reviewer's steps: claim, submit, consensus, review."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.demo.client import Doubt
from local.demo.crowd import answer, seconds_for
from local.demo.http import ApiRefused
from local.demo.measure import Score, alpha, same, vote
from local.demo.stage import Deadline, Seat, Stage, StepFailed
from tasks_app.fields.base import Field

THREADS = 6
AT_ONCE = 5  # the most that one person may hold
QUIET_POLLS = 3  # consensus runs behind the submits; it is still when nothing moves for this many polls


def work(stage: Stage, deadline: Deadline) -> str:
    """Rounds in which everybody claims what there is for them, until nobody finds anything."""
    with ThreadPoolExecutor(THREADS) as pool:
        while sum(pool.map(lambda seat: shift(stage, seat), stage.seats)):
            deadline.check("the crowd's work")
    if not stage.report.answers:
        raise StepFailed("nobody of the crowd was given anything to do")
    return f"{stage.report.answers} answers by {len(stage.seats)} people"


def shift(stage: Stage, seat: Seat) -> int:
    """One claim and its submits; the number of answers. Who is barred for bad work stays at home."""
    try:
        claimed = seat.api.claim(stage.project, AT_ONCE)
    except ApiRefused as refusal:
        if refusal.status != 403:
            raise
        return 0
    for assignment in claimed:
        stage.see(assignment.item_id, assignment.turns)
        dialogue = stage.dialogue_of[assignment.item_id]
        said = answer(
            seat.person, dialogue.id, assignment.turns, stage.truths[assignment.item_id], stage.labels
        )
        seat.api.submit(assignment.id, said, seconds_for(seat.person, dialogue.id, assignment.turns))
        stage.answers.setdefault(assignment.item_id, []).append(said)
    stage.report.answers = sum(len(given) for given in list(stage.answers.values()))
    return len(claimed)


def settle(stage: Stage, deadline: Deadline) -> str:
    """Wait until consensus asks for no more answers, then hold it and a plain vote against the truth."""
    deadline.poll(_Stillness(stage), "the consensus", every=0.7)
    stage.requester.refit(
        stage.project
    )  # a last look with everybody's skill known; it may ask for more answers
    held: dict[str, dict[str, Any]] = {}

    def decided() -> bool:
        nonlocal held
        _work(stage)  # on a busy machine that last look ends after the crowd was taken to be done
        held = _held(stage)
        return all(len(held.get(stage.dialogue_of[i].id, {})) == len(stage.fields) for i in _judged(stage))

    deadline.poll(_Stillness(stage), "the consensus", every=0.7)
    deadline.poll(decided, "a consensus for every field of every dialogue", every=0.7)
    _measure(stage, held)
    return f"{stage.report.answers} answers in all"


class _Stillness:
    """Lets the crowd do what there is to do at each call; true once nothing has moved for a while."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._last: Any = None
        self._quiet = 0

    def __call__(self) -> bool:
        stage = self._stage
        busy = _work(stage)
        waiting = {doubt.id for doubt in stage.reviewer.doubts(stage.project)}
        now = (stage.requester.progress(stage.project), waiting)
        self._quiet = self._quiet + 1 if not busy and now == self._last else 0
        self._last = now
        return self._quiet >= QUIET_POLLS


def _work(stage: Stage) -> int:
    """Let everybody do what there is to do; how many answers that were."""
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(lambda seat: shift(stage, seat), stage.seats))


def _judged(stage: Stage) -> list[str]:
    """The answered items, without the gold ones: the platform knows their truth."""
    return [item for item in stage.answers if not stage.dialogue_of[item].gold]


def _held(stage: Stage) -> dict[str, dict[str, Any]]:
    """Dialogue -> field -> the consensus so far, whether it is final or waits for a reviewer."""
    held = stage.requester.approved(stage.project)
    for doubt in stage.reviewer.doubts(stage.project):
        held.setdefault(stage.dialogue_of[doubt.item_id].id, {}).setdefault(doubt.field, doubt.value)
    return held


def _measure(stage: Stage, consensus: dict[str, dict[str, Any]]) -> None:
    judged = _judged(stage)
    for one in stage.fields:
        ours, majority = Score(one), Score(one)
        for item in judged:
            payload, truth = {"turns": stage.shown[item]}, stage.truths[item][one.name]
            held = consensus.get(stage.dialogue_of[item].id, {}).get(one.name)
            ours.add(one.empty(payload) if held is None else held, truth, payload)
            majority.add(vote(one, [said[one.name] for said in stage.answers[item]], payload), truth, payload)
        stage.report.consensus_by_field[one.name] = round(ours.accuracy, 4)
        stage.report.majority_by_field[one.name] = round(majority.accuracy, 4)
        stage.report.agreement_by_field[one.name] = round(alpha(_units(stage, one)), 4)


def _units(stage: Stage, one: Field) -> Iterator[list[str]]:
    """The labels that each unit of each item was given."""
    for item, given in stage.answers.items():
        payload = {"turns": stage.shown[item]}
        columns = [[label for _, label in one.judgments(said[one.name], payload)] for said in given]
        yield from (list(labels) for labels in zip(*columns, strict=True))


def review(stage: Stage, deadline: Deadline) -> str:
    """A reviewer who knows the truth works through the queue: approves what is right, corrects the rest."""
    by_name = {one.name: one for one in stage.fields}
    counts = {"approved": 0, "corrected": 0, "settled meanwhile": 0}

    def decide(doubt: Doubt) -> str:
        deadline.check("the review")
        truth = stage.truths[doubt.item_id][doubt.field]
        payload = {"turns": stage.shown[doubt.item_id]}
        good = doubt.value is not None and same(by_name[doubt.field], doubt.value, truth, payload)
        try:
            if good:
                stage.reviewer.approve(doubt.id)
            else:
                stage.reviewer.correct(doubt.id, truth, "Read again against the instructions.")
        except ApiRefused as refusal:
            if refusal.status != 409:
                raise
            return "settled meanwhile"
        return "approved" if good else "corrected"

    while queue := list(stage.reviewer.doubts(stage.project)):
        with ThreadPoolExecutor(THREADS) as pool:
            for decision in pool.map(decide, queue):
                counts[decision] += 1
    stage.report.reviewed = counts
    _, stage.report.paid_minor = stage.requester.progress(stage.project)
    return f"{counts['approved']} approved, {counts['corrected']} corrected"
