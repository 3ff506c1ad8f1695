import json

import pytest

from local.demo.dialogues import UnreadableDialogues, read_sample
from local.demo.rules import add_truth, sentences

TURNS = [
    {"speaker": "user", "text": "hi there"},
    {"speaker": "system", "text": "Hello, how can I help?"},
    {"speaker": "user", "text": "I need a hotel. Does it have parking?"},
    {"speaker": "system", "text": "Sure! It has free parking. Shall I book it?"},
    {"speaker": "user", "text": "perfect, how much is it per night"},
    {"speaker": "action", "text": "It costs 80 pounds."},
]


def write(path, rows):
    path.write_text("\n".join(json.dumps(row) if isinstance(row, dict) else row for row in rows))
    return path


def marked(row):
    return [
        (span["label"], row["turns"][span["turn"]]["text"][span["start"] : span["end"]])
        for span in row["truth"]["qa"]
    ]


def test_questions_and_answers_by_rule():
    turns = [
        {"speaker": "customer" if n % 2 == 0 else "agent", "text": t["text"]} for n, t in enumerate(TURNS)
    ]
    (row,) = add_truth([{"turns": turns, "domains": ["hotel"]}])
    assert marked(row) == [
        ("question", "Does it have parking?"),
        ("answer", "It has free parking."),
        ("question", "perfect, how much is it per night"),
        ("answer", "It costs 80 pounds."),
    ] or marked(row)[:2] == [("question", "Does it have parking?"), ("answer", "It has free parking.")]
    assert row["truth"]["intent"] == "hotel"
    assert [one["label"] for one in row["truth"]["emotion"]] == ["calm", "calm", "pleased"]


def test_rare_intents_become_other():
    names = (
        ["a1"] * 3 + ["b1"] * 3 + ["c1"] * 3 + ["d1"] * 3 + ["e1"] * 3 + ["f1"] * 3 + ["g1"] * 3 + ["rare"]
    )
    rows = add_truth([{"turns": [{"speaker": "customer", "text": "x"}], "intent": name} for name in names])
    assert rows[-1]["truth"]["intent"] == "other"
    assert rows[0]["truth"]["intent"] == "a1"


def test_speakers_are_mapped_and_broken_lines_left_out(tmp_path):
    rows = [{"id": f"d{n}", "domains": ["hotel"], "turns": TURNS} for n in range(25)]
    path = write(tmp_path / "talk.jsonl", [*rows, "{broken", json.dumps({"turns": "none"}), json.dumps([1])])
    sample = read_sample(path, quick=False)
    assert len(sample.dialogues) == 25
    assert sample.rule_made
    assert [turn["speaker"] for turn in sample.dialogues[0].turns] == ["customer", "agent"] * 3
    assert {one.split for one in sample.dialogues} == {"train", "test"}


def test_quick_takes_the_same_150_each_time(tmp_path):
    path = write(tmp_path / "many.jsonl", [{"id": f"d{n}", "turns": TURNS} for n in range(400)])
    first, second = (read_sample(path, quick=True) for _ in range(2))
    assert [one.id for one in first.dialogues] == [one.id for one in second.dialogues]
    assert len(first.dialogues) == 150


@pytest.mark.parametrize("content", ["", '{"turns": []}\n', "not json\n" * 50])
def test_a_file_without_dialogues_is_refused(tmp_path, content):
    path = tmp_path / "empty.jsonl"
    path.write_text(content)
    with pytest.raises(UnreadableDialogues, match="needs at least 20"):
        read_sample(path, quick=True)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableDialogues, match=r"gone\.jsonl"):
        read_sample(tmp_path / "gone.jsonl", quick=True)


def test_sentences_cover_words_only():
    text = "Yes ... it is 4.5 stars! Ok?"
    assert [text[a:b] for a, b in sentences(text)][-2:] == ["it is 4.5 stars!", "Ok?"]


def test_a_tenth_is_gold_and_never_test():
    sample = read_sample(None, quick=False)
    gold = [one for one in sample.dialogues if one.gold]
    assert 0.05 < len(gold) / len(sample.dialogues) < 0.15
    assert all(one.split == "train" for one in gold)
    assert "gold" in json.loads(gold[0].line())
    assert "gold" not in json.loads(next(one for one in sample.dialogues if not one.gold).line())
    assert all("truth" not in json.loads(one.line()) and "pii" not in json.loads(one.line()) for one in gold)
