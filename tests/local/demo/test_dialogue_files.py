import json
import re
from collections import Counter
from itertools import combinations

import pytest

from local.demo.compose import COUNTS, DATA, TOO_SIMILAR, compose_all
from local.demo.grammar import part, read_bank
from local.demo.identities import luhn_digit, resident_id_digit
from local.demo.similarity import shingles, similarity
from tasks_app.fields.schema import check_answer, parse_fields
from tasks_app.gallery.catalogue import template

LANGUAGES = tuple(COUNTS)
LOOKS = {
    "email": r"[\w.]+@example\.(com|org|net)",
    "phone": r"[+\d() -]{11,18}",
    "cn_mobile": r"1[35789]\d0000\d{4}",
    "order": r"(#\d{8}|[A-Z]{2}-\d{6})",
    "card": r"(\d{4}[ -]?){3}\d{4}",
    "cn_id": r"\d{17}[\dX]",
    "person": r"[A-Z]\w+( [A-Z]\w+)?|[\u4e00-\u9fff]{2,3}",
    "address": r".{8,}",
}


def rows_of(language):
    path = DATA / f"customer_service_{language}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module", params=LANGUAGES)
def rows(request):
    return rows_of(request.param)


def test_enough_dialogues_of_the_right_length():
    english, chinese = rows_of("en"), rows_of("zh")
    assert len(english) >= 240
    assert len(chinese) >= 60
    assert all(5 <= len(row["turns"]) <= 12 for row in english + chinese)


def test_files_are_small_enough_to_ship():
    assert all(path.stat().st_size < 500_000 for path in DATA.glob("*.jsonl"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_writes_the_same_file(language):
    assert list(compose_all(language, COUNTS[language])) == rows_of(language)


def test_truth_is_a_legal_answer_to_the_template(rows):
    fields = parse_fields(template("customer-service").fields)
    for row in rows:
        assert check_answer(fields, row["truth"], {"turns": row["turns"]}) == row["truth"]


def test_spans_stand_where_their_speaker_says_them(rows):
    speaker = {"question": "customer", "answer": "agent"}
    for row in rows:
        for span in row["truth"]["qa"]:
            turn = row["turns"][span["turn"]]
            marked = turn["text"][span["start"] : span["end"]]
            assert turn["speaker"] == speaker[span["label"]]
            assert marked == marked.strip()
            assert len(marked) > 3
            assert not re.search(r"[<>{}|]", turn["text"])


def test_every_customer_turn_has_an_emotion(rows):
    for row in rows:
        customers = [n for n, turn in enumerate(row["turns"]) if turn["speaker"] == "customer"]
        assert [one["turn"] for one in row["truth"]["emotion"]] == customers


def test_every_label_occurs_often_enough(rows):
    intents = Counter(row["truth"]["intent"] for row in rows)
    emotions = Counter(one["label"] for row in rows for one in row["truth"]["emotion"])
    assert len(intents) == 8
    assert min(intents.values()) >= len(rows) / 16
    assert len(emotions) == 4
    assert min(emotions.values()) >= 20


def test_personal_data_stands_where_it_is_said_to(rows):
    for row in rows:
        for datum in row["pii"]:
            text = row["turns"][datum["turn"]]["text"][datum["start"] : datum["end"]]
            assert re.fullmatch(LOOKS[datum["kind"]], text), (datum, text)


def test_numbers_with_check_digits_pass_their_checks(rows):
    for row in rows:
        for datum in row["pii"]:
            text = row["turns"][datum["turn"]]["text"][datum["start"] : datum["end"]]
            digits = re.sub(r"\D", "", text)
            if datum["kind"] == "card":
                assert luhn_digit(digits[:-1]) == digits[-1]
            if datum["kind"] == "cn_id":
                assert resident_id_digit(text[:17]) == text[17]


def test_check_digits_against_published_examples():
    assert luhn_digit("7992739871") == "3"
    assert resident_id_digit("11010519491231002") == "X"


def test_no_two_dialogues_are_alike(rows):
    marks = [shingles(row["turns"], row["language"]) for row in rows]
    assert max(similarity(a, b) for a, b in combinations(marks, 2)) <= TOO_SIMILAR
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_fifth_is_pinned_to_test_and_no_group_crosses(rows):
    test = {row["group"] for row in rows if row.get("split") == "test"}
    train = {row["group"] for row in rows if "split" not in row}
    assert not test & train
    assert sum("split" in row for row in rows) == round(len(rows) * 0.2)


def test_about_half_of_the_test_questions_and_answers_are_new(rows):
    def marked(split):
        return {
            row["turns"][span["turn"]]["text"][span["start"] : span["end"]].lower()
            for row in rows
            if row.get("split") == split
            for span in row["truth"]["qa"]
        }

    new = marked("test") - marked(None)
    assert len(new) / len(marked("test")) > 0.4


def test_a_third_of_a_long_list_is_for_testing_alone():
    for topic in read_bank("en")["topic"]:
        new = set(part(topic["q"], "test")) - set(part(topic["q"], "train"))
        assert len(new) == len(topic["q"]) // 3


def test_many_questions_come_without_a_question_mark():
    spans = [
        (row, span) for row in rows_of("en") for span in row["truth"]["qa"] if span["label"] == "question"
    ]
    plain = [not row["turns"][s["turn"]]["text"][: s["end"]].endswith("?") for row, s in spans]
    assert 0.2 < sum(plain) / len(plain) < 0.7


def test_the_closing_mark_belongs_to_what_is_marked(rows):
    for row in rows:
        for span in row["truth"]["qa"]:
            behind = row["turns"][span["turn"]]["text"][span["end"] :][:1]
            assert behind not in tuple(".?!。？！"), (row["id"], span)
