"""What a model's marks become."""

import pytest

from privacy.pii.finding import Finding
from privacy.pii.proposals import findings_of, joined, kind_of
from privacy.pii.redactor import Redactor


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("PERSON", "PERSON"),
        ("national id", "NATIONAL_ID"),
        ("Street-Address", "ADDRESS"),
        ("name", "PERSON"),
        ("organization", "ORGANISATION"),
        ("whatever", "PERSONAL"),
    ],
)
def test_labels_mean_kinds(label: str, kind: str) -> None:
    assert kind_of(label) == kind


def mark(start: int, end: int, label: str = "PERSON", turn: int = 0) -> dict[str, object]:
    return {"turn": turn, "start": start, "end": end, "label": label}


def test_what_makes_no_sense_or_touches_a_replacement_is_left_out() -> None:
    texts = ["hi [PERSON_1] and bo", "●●● it is"]
    marks = [
        mark(18, 20), mark(3, 13), mark(12, 20), mark(0, 5, turn=1), mark(4, 6, turn=1), mark(5, 99),
        mark(0, 2, turn=7), mark(4, 4),
    ]  # fmt: skip
    found = findings_of(marks, texts, detector="m", score=0.6, scope="direct")
    assert found == [[Finding(18, 20, "PERSON", 0.6, "m")], [Finding(4, 6, "PERSON", 0.6, "m")]]


def test_further_kinds_wait_for_their_scope() -> None:
    marks = [mark(0, 2, "LOCATION")]
    assert findings_of(marks, ["so"], detector="m", score=0.6, scope="direct") == [[]]
    assert findings_of(marks, ["so"], detector="m", score=0.6, scope="all") != [[]]


def test_the_surest_of_two_detectors_names_the_kind_and_nothing_of_either_shows() -> None:
    text = "write to a.kern@example.org now"
    proposed = [[Finding(6, 16, "PERSON", 0.66, "m")]]
    result = Redactor().redact_turns([text], proposed)
    assert result.texts == ["write [EMAIL_1] now"]


def test_what_a_model_finds_once_is_found_again_in_other_turns() -> None:
    texts = ["it is blorpson here", "thanks blorpson"]
    result = Redactor().redact_turns(texts, [[Finding(6, 14, "PERSON", 0.7, "m")], []])
    assert result.texts == ["it is [PERSON_1] here", "thanks [PERSON_1]"]


def test_proposals_are_joined_text_by_text() -> None:
    one, other = [[Finding(0, 1, "PERSON", 0.6, "a")], []], [[], [Finding(0, 1, "PERSON", 0.6, "b")]]
    assert joined(None, None) is None
    assert joined(one, None) == one
    assert [len(found) for found in joined(one, other) or ()] == [1, 1]
