"""Words, ranks, thresholds and spans, without a database."""

import pytest

from applications.customer_service.calibration import choose_threshold, measure, shown
from applications.customer_service.figures import macro_f1, rule_marks, span_f1
from applications.customer_service.lexical import bm25, fuse, language_of, words_of
from applications.customer_service.qa_spans import pairs_of
from applications.customer_service.reading import read_pairs
from common.errors import Invalid


def test_chinese_is_cut_into_words_and_the_rest_is_lowered() -> None:
    assert words_of("Where IS it? 退款 2 days") == ["where", "is", "it", "退款", "2", "days"]
    assert "退款" in words_of("我想申请退款")
    assert (language_of("我的包裹 DHL"), language_of("my parcel"), language_of("?")) == ("zh", "en", "en")


def test_bm25_is_the_formula_by_hand() -> None:
    documents = [["a", "b"], ["a", "a"], ["c", "d"]]
    scores = bm25(["b"], documents, counts={"b": 1}, total=3)
    # ln(1 + 2.5/1.5) * 1 * 2.2 / (1 + 1.2) with every document as long as the mean
    assert scores == pytest.approx([0.98083, 0, 0], abs=1e-4)
    rare = bm25(["a", "c"], documents, counts={"a": 2, "c": 1}, total=3)
    assert rare[2] > rare[0] and rare[1] > rare[0]


def test_fusion_prefers_what_both_rankings_have() -> None:
    assert fuse(["x", "y"], ["y", "z"])[0] == "y"
    assert fuse([], ["a"]) == ["a"] and fuse() == []


def test_the_threshold_is_the_lowest_that_is_right_often_enough() -> None:
    tried = [[one] for one in [(0.9, True)] * 8 + [(0.8, True), (0.8, False)] + [(0.5, False)] * 10]
    chosen = choose_threshold(tried, wanted=0.9, least=5)
    assert (chosen.similarity, chosen.precision, chosen.covered) == (0.8, 0.9, 0.5)
    assert choose_threshold(tried, wanted=0.95, least=5).similarity == 0.9
    assert choose_threshold(tried, wanted=0.95, least=9).similarity is None
    assert choose_threshold([], wanted=0.5).similarity is None


def test_a_tie_is_never_cut_in_two() -> None:
    tried = [[(0.8, True)]] * 5 + [[(0.8, False)]] * 5
    assert choose_threshold(tried, wanted=0.9, least=5).similarity is None


def test_the_threshold_is_of_what_is_shown_which_need_not_be_the_most_alike() -> None:
    # At .8 the most alike is right; below .6 the first of the search, which is wrong, takes its place.
    tried = [[(0.6, False), (0.8, True)]] * 5
    assert choose_threshold(tried, wanted=0.9, least=5).similarity == 0.8
    assert choose_threshold([[(0.6, True), (0.8, False)]] * 5, wanted=0.9, least=5).similarity == 0.6
    known = [[(0.9, True), (0.1, True)]] * 5
    assert choose_threshold(known, wanted=0.9, least=5).similarity == 0.9, "lower it would answer anything"
    assert [shown(tried[0], least) for least in (0.9, 0.7, 0.5)] == [None, True, False]
    assert measure(tried, 0.5).precision == 0 and measure(tried, None).covered == 0


def mark(turn: int, start: int, end: int, label: str) -> dict[str, object]:
    return {"turn": turn, "start": start, "end": end, "label": label}


def test_questions_find_the_answers_that_follow() -> None:
    turns = [{"text": "aa bb"}, {"text": "AA BB"}, {"text": "cc"}, {"text": "dd"}]
    marks = [
        mark(0, 0, 2, "question"), mark(0, 3, 5, "question"), mark(1, 0, 2, "answer"),
        mark(1, 3, 5, "answer"), mark(2, 0, 2, "question"),
    ]  # fmt: skip
    assert pairs_of(turns, marks) == [("aa", "AA"), ("bb", "BB")]
    assert pairs_of(turns, [mark(1, 0, 2, "answer"), mark(2, 0, 2, "question")]) == []


def test_files_are_read_and_refused() -> None:
    [one] = read_pairs("\ufeffquestion,answer\nWhy?,So.\n".encode(), "x.CSV")
    assert (one.question, one.answer) == ("Why?", "So.")
    assert len(read_pairs(b'[{"question": "a", "answer": "b"}]', "x.json")) == 1
    assert len(read_pairs(b'{"question": "a", "answer": "b"}\n\n', "x.jsonl")) == 1
    for content in (b"\xff", b"{", b'{"question": "a"}', b"[1]"):
        with pytest.raises(Invalid):
            read_pairs(content, "x.json")


def test_the_baseline_marks_question_marks_and_the_next_turn() -> None:
    turns = [
        {"speaker": "customer", "text": "Hi. Where is it?"},
        {"speaker": "agent", "text": "Here."},
        {"speaker": "agent", "text": "Bye."},
    ]
    marks = rule_marks(turns)
    assert marks == {(0, 4, 16, "question"), (1, 0, 5, "answer")}
    assert span_f1([marks], [{(0, 4, 16, "question")}]) == pytest.approx(2 / 3)
    assert macro_f1(["a", "b"], ["a", "a"]) == pytest.approx(1 / 3)
