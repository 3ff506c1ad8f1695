"""Codes and names inside longer turns, and the names that staff go by."""

import pytest

from privacy.pii.scan import scan

NUMBER = "Sure, can you send me your order number?"
NAME = "To find it I need the order number and your surname, please."


def found(text, previous="", language=None):
    return {(text[f.start : f.end], f.kind) for f in scan(text, previous=previous, language=language)}


@pytest.mark.parametrize(
    ("text", "previous", "expected"),
    [
        ("That's #66149483. Got it.", NUMBER, ("#66149483", "ORDER")),
        ("CF-841161 fine with me.", NUMBER, ("CF-841161", "ORDER")),
        ("知道了。BG-784295", "麻烦提供一下订单号，可以吗？", ("BG-784295", "ORDER")),
        ("It was about #76327882 last week", "", ("#76327882", "ORDER")),
        ("XW-600849, Callum Zeller that works", NAME, ("Callum Zeller", "PERSON")),
        ("Good evening, you're talking to Tamsin. What can I do?", "", ("Tamsin", "PERSON")),
        ("Northfen Outdoor support, Tom here.", "", ("Tom", "PERSON")),
        ("Thank you, Emeka. A new one goes out today.", "", ("Emeka", "PERSON")),
        ("您好，青禾家居客服可可为您服务，请问有什么可以帮您？", "", ("可可", "PERSON")),
        ("知道了。徐建国，电话15800008689。", "请问您贵姓？", ("徐建国", "PERSON")),
    ],
)
def test_it_is_found(text, previous, expected):
    assert expected in found(text, previous)


@pytest.mark.parametrize(
    ("text", "previous"),
    [
        ("I ordered 120 of them in 2024", "How many did you order?"),
        ("Thank you, Great. See you", ""),
        ("Is anybody here? Nobody here.", ""),
        ("You are talking to Support again", ""),
        ("I'd like the Garden Chair please", NAME),
        ("issue #12 is still open", ""),
        ("我是学生。", ""),
    ],
)
def test_ordinary_words_and_numbers_stay(text, previous):
    assert not found(text, previous)
