import numpy as np
import pytest

from training.analysis import nearest, questions
from training.analysis.marks import Place, commonest, labels_of, marks_questions, questions_and_answers
from training.analysis.naming import WITNESSES, name_of, topic_words, words_of
from training.analysis.nearest import unit
from training.analysis.questions import comparable, question_in, same_questions
from training.analysis.rows import WHOLE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where is my parcel, please?", ["parcel"]),
        ("I can't log in to account 4711", ["log", "account"]),
        ("[PERSON_1] lost the card", ["lost", "card"]),
        ("请问快递什么时候能到？", ["快递"]),
        ("我的 iPhone 屏幕坏了", ["iphone", "屏幕"]),
        ("…!? 42", []),
    ],
)
def test_words_carry_meaning(text: str, words: list[str]) -> None:
    assert [word for word in words_of(text) if word in words] == words
    assert not {"where", "please", "person", "请问", "什么"} & set(words_of(text))


def test_a_topic_is_named_by_what_it_says_more_than_others() -> None:
    cards = [f"my card number {word} was stolen" for word in ("one", "two", "three", "four")]
    parcels = [f"my parcel number {word} was delayed" for word in ("one", "two", "three", "four")]
    topics = np.array([0] * 4 + [1] * 4)
    first, second = topic_words(cards + parcels, topics, 2)
    assert {word for word, _ in first[:2]} == {"card", "stolen"}
    assert {word for word, _ in second[:2]} == {"parcel", "delayed"}


def test_chinese_topics_are_named_in_chinese() -> None:
    refunds = ["我要申请退款", "退款什么时候到账", "退款失败了", "怎么办理退款"]
    screens = ["手机屏幕碎了", "屏幕不亮了", "屏幕有划痕", "更换屏幕要多少钱"]
    words = topic_words(refunds + screens, np.array([0] * 4 + [1] * 4), 2)
    assert [of[0][0] for of in words] == ["退款", "屏幕"]


def test_what_too_few_texts_say_names_nothing() -> None:
    texts = ["secretname parcel"] * (WITNESSES - 1) + ["parcel late"] * WITNESSES
    [words] = topic_words(texts, np.zeros(len(texts), dtype=np.int64), 1)
    assert "secretname" not in dict(words)
    assert "parcel" in dict(words)


def test_no_topics_and_no_words() -> None:
    assert topic_words(["a"], np.array([-1]), 0) == []
    assert topic_words(["42"], np.array([0]), 1) == [[]]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["card", "cards", "stolen", "lost"], "card · stolen · lost"),
        (["charge", "charging", "fee"], "charge · fee"),
        ([], ""),
    ],
)
def test_names_hold_no_word_twice(words: list[str], name: str) -> None:
    assert name_of(words) == name


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Thanks. When will it arrive? I wait.", "When will it arrive?"),
        ("how do I reset my password", "how do I reset my password"),
        ("ok so can you check my order", "ok so can you check my order"),
        ("It arrived when I was away.", ""),
        ("Really??", "Really??"),
        ("??", ""),
        ("什么时候发货", "什么时候发货"),
        ("好的，可以退吗", "好的，可以退吗"),
        ("已经收到了。", ""),
        ("你好，在吗？", "你好，在吗？"),
        ("在吗？", "在吗？"),
        ("多少？", "多少？"),
        ("没什么，谢谢。", ""),
        ("为什么没什么消息", "为什么没什么消息"),
    ],
)
def test_questions_are_known_by_mark_or_words(text: str, asked: str) -> None:
    assert question_in(text) == asked


def test_the_most_frequent_question_stands_for_those_alike() -> None:
    vectors = unit(np.array([[1, 0.1, 0], [1, 0, 0], [0, 1, 0], [1, 0.2, 0]], dtype=np.float32))
    leader = same_questions(vectors, np.array([1, 9, 2, 1]), np.full(4, 0.8, np.float32))
    assert leader.tolist() == [1, 1, 2, 1]


def test_no_chain_of_small_steps_joins_what_differs() -> None:
    angles = np.arange(6) * 0.5  # neighbours are alike (0.88), the next but one are not (0.54)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    leader = same_questions(vectors, np.ones(6, dtype=np.int64), np.full(6, 0.8, np.float32))
    assert len(set(leader.tolist())) == 3


def test_beyond_so_many_the_rarer_questions_join_a_frequent_one_or_stand_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(questions, "MOST_LEADERS", 1)
    monkeypatch.setattr(nearest, "_CELLS", 1024)  # a row at a time
    vectors = unit(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0.1], [1, 0.1, 0]], dtype=np.float32))
    leader = same_questions(vectors, np.array([9, 3, 2, 1]), np.full(4, 0.8, np.float32))
    assert leader.tolist() == [0, 1, 2, 0]


def test_chinese_questions_are_told_apart_though_the_encoder_takes_them_for_one() -> None:
    same = np.tile(unit(np.ones((1, 4), np.float32)), (3, 1))
    texts = ["快递什么时候到", "快递什么时候能到", "怎么申请退款"]
    both, alike = comparable(same, texts)
    assert np.allclose(np.linalg.norm(both, axis=1), 1)
    assert same_questions(both, np.ones(3, dtype=np.int64), alike).tolist() == [0, 0, 2]


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("refund", [(WHOLE, "refund")]),
        (["a", "b"], [(WHOLE, "a"), (WHOLE, "b")]),
        (4, [(WHOLE, "4")]),
        ([{"turn": 2, "label": "angry"}], [(2, "angry")]),
        ([{"turn": 1, "labels": ["x", "y"]}], [(1, "x"), (1, "y")]),
        ([{"turn": 0, "value": 3}], [(0, "3")]),
        ([{"turn": 1, "start": 0, "end": 4, "label": "answer"}], [(1, "answer")]),
        (None, []),
    ],
)
def test_every_answer_is_read_as_labels(value: object, labels: list[tuple[int, str]]) -> None:
    assert list(labels_of(value)) == labels


def test_an_answer_belongs_to_the_question_before_it() -> None:
    spans = [
        {"turn": 3, "start": 0, "end": 5, "label": "answer"},
        {"turn": 0, "start": 0, "end": 9, "label": "Question"},
        {"turn": 1, "start": 0, "end": 4, "label": "question"},
        {"turn": 2, "start": 2, "end": 8, "label": "answer"},
    ]
    assert questions_and_answers(7, spans) == [
        (Place(7, 0, 0, 9), None),
        (Place(7, 1, 0, 4), Place(7, 2, 2, 8)),
    ]


def test_only_fields_that_mark_both_are_asked() -> None:
    assert marks_questions(["question", "answer", "other"])
    assert marks_questions(["问题", "答案"])
    assert not marks_questions(["question", "product"])


def test_the_answer_given_most_is_found_whatever_its_case() -> None:
    answers = [
        (Place(1, 0, 0, 1), "No."),
        (Place(2, 0, 0, 1), "In 3  days"),
        (Place(3, 0, 0, 1), "in 3 days"),
    ]
    assert commonest(answers) == (Place(2, 0, 0, 1), 2)
    assert commonest([]) is None
