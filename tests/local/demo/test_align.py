import re

import pytest

from local.demo.align import align, carry_truth, missed_data
from local.demo.dialogues import read_sample


def redact(dialogue):
    """The turns with each planted datum replaced by a numbered placeholder, as an import would."""
    texts = dialogue.texts
    for number, datum in sorted(enumerate(dialogue.pii), key=lambda pair: -pair[1]["start"]):
        text = texts[datum["turn"]]
        name = f"[{datum['kind'].upper()}_{number}]"
        texts[datum["turn"]] = text[: datum["start"]] + name + text[datum["end"] :]
    return texts


@pytest.mark.parametrize(
    ("original", "shown", "span", "expected"),
    [
        ("same text", "same text", (0, 4), "same"),
        (
            "I am Ann, when will it come?",
            "I am [PERSON_1], when will it come?",
            (10, 28),
            "when will it come?",
        ),
        ("Ann: when, Ann?", "[PERSON_1]: when, [PERSON_1]?", (5, 15), "when, [PERSON_1]?"),
        ("call 5550100 now", "call [PHONE_NUMBER_2] now", (7, 9), "[PHONE_NUMBER_2]"),
        ("我叫王芳，什么时候到？", "我叫[PERSON_1]，什么时候到？", (5, 11), "什么时候到？"),
        ("mail a@example.com today ok", "mail ***@******* today ok", (19, 24), "today"),
        ("Bob Lee asks why", "Jim Orr asks why", (13, 16), "why"),
        ("  padded text", "padded text", (9, 13), "text"),
        ("😀 Ann says hi", "😀 [PERSON_1] says hi", (6, 10), "says"),
    ],
)
def test_a_span_is_found_again(original, shown, span, expected):
    start, end = align(original, shown).span(*span)
    assert shown[start:end] == expected


def test_a_placeholder_that_was_in_the_original_is_plain_text():
    text = "I see [PERSON_1] in my mail, Ann"
    shown = "I see [PERSON_1] in my mail, [PERSON_2]"
    start, end = align(text, shown).span(17, 27)
    assert shown[start:end] == "in my mail"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_whole_file_keeps_its_truth_under_redaction(language, tmp_path):
    from local.demo.compose import DATA

    sample = read_sample(DATA / f"customer_service_{language}.jsonl", quick=False)
    for dialogue in sample.dialogues:
        shown = redact(dialogue)
        moved = carry_truth(dialogue.truth, dialogue.texts, shown)["qa"]
        assert len(moved) == len(dialogue.truth["qa"])
        for before, after in zip(dialogue.truth["qa"], moved, strict=True):
            was = dialogue.texts[before["turn"]][before["start"] : before["end"]]
            now = shown[after["turn"]][after["start"] : after["end"]]
            assert now == was or re.search(r"\[[A-Z_]+_\d+\]", now)


def test_planted_data_counts_as_missed_exactly_where_it_can_be_read():
    sample = read_sample(None, quick=True)
    dialogue = next(one for one in sample.dialogues if len(one.pii) > 1)
    assert list(missed_data(dialogue.pii, dialogue.texts, redact(dialogue))) == []
    assert list(missed_data(dialogue.pii, dialogue.texts, dialogue.texts)) == list(dialogue.pii)
