"""The prefilter lets through exactly what the gates say, and gates hide nothing that a pattern would find."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import local.demo
from privacy.pii.clues import Clues
from privacy.pii.detectors import national_eu
from privacy.pii.finding import SCOPES
from privacy.pii.folding import fold
from privacy.pii.plan import Plan, plan_for
from privacy.pii.registry import DETECTORS, FURTHER
from privacy.pii.scan import Turn
from tests.privacy.pii.test_detectors import CLEAN, FOUND

SHIPPED = sorted(Path(local.demo.__path__[0], "data").glob("*.jsonl"))
PIECES = [text for _kind, text, _value in FOUND] + CLEAN
TEXTS = st.lists(
    st.sampled_from(PIECES) | st.text("aZ 019-.@:#_[]\n牌街先生是本１ſıİ", max_size=6), max_size=4
).map(" ".join)
# Their gates are part of what they mean (what was asked, how long a turn is, what a number stands beside),
# not only a way to save time.
BY_MEANING = {"answer", "asked-code", "asked-name", "uk-nhs", "chinese-landline", "email", "mac"} | {
    one.name for one in national_eu.NUMBERS
}


def shipped() -> list[Clues]:
    rows = [json.loads(line) for path in SHIPPED for line in path.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        previous = None
        for turn in row["turns"]:
            previous = Turn(turn["text"], previous).clues
            found.append(previous)
    return found


def agrees(plan: Plan, clues: Clues) -> bool:
    return list(plan.wanted(clues)) == [one for one in plan.detectors if one.gate.opens(clues)]


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_all_gates_at_once_open_as_each_alone(text: str, previous: str) -> None:
    clues = Turn(text, Turn(previous).clues).clues
    assert all(agrees(plan_for(language, None, "all"), clues) for language in (None, "en", "zh"))


def test_all_gates_at_once_open_as_each_alone_in_the_shipped_dialogues() -> None:
    assert all(agrees(plan_for(None, None, scope), clues) for scope in SCOPES for clues in shipped())


def test_no_gate_hides_what_its_detector_would_find() -> None:
    clues = shipped() + [Clues(fold(text).text) for text in PIECES]
    hidden = [
        (one.name, turn.text)
        for one in (*DETECTORS, *FURTHER)
        if one.name not in BY_MEANING
        for turn in clues
        if not one.gate.opens(turn) and any(True for _ in one.find(turn))
    ]
    # "Orders lock 4 hours after payment": not a number, and the gate asks for two digits.
    assert {name for name, _text in hidden} <= {"order-context"}, hidden


def test_most_turns_are_read_by_few_detectors() -> None:
    clues = shipped()
    read = sum(len(list(plan_for(None, None).wanted(turn))) for turn in clues)
    assert read / len(clues) < 5
