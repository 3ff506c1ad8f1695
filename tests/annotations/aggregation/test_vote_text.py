import pytest

from annotations.aggregation.text import vote_text


@pytest.mark.parametrize(
    ("answers", "text", "sure"),
    [
        ([], "", 0.0),
        (["Hello."], "Hello.", 1.0),
        (["Hello.", "hello", "Bye"], "Hello.", 2 / 3),
        (["yes", "yes", "Yes!", "no"], "yes", 3 / 4),
        (["退款", "退款。", "换货"], "退款", 2 / 3),
    ],
)
def test_the_most_frequent_text_wins(answers, text, sure):
    assert vote_text(answers) == (text, pytest.approx(sure))


def test_without_a_majority_the_nearest_to_all_is_taken_with_little_confidence():
    answers = ["We refund you today.", "We will refund you today.", "Please wait.", "We will refund you."]
    text, sure = vote_text(answers)
    assert text == "We will refund you today."
    assert 0 < sure < 0.5


def test_close_candidates_are_surer_than_distant_ones():
    close = vote_text(["we refund it", "we refunded it", "we refund its"])[1]
    distant = vote_text(["we refund it", "no idea at all", "call the shop"])[1]
    assert close > distant


def test_long_texts_are_quick_to_compare():
    answers = [f"{i} " + "lorem ipsum dolor " * 100 for i in range(5)]
    assert vote_text(answers)[0] in answers
