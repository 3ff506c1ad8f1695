import random

import pytest
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from training.engine.heads import bio
from training.engine.metrics import multi_report, single_report, span_report


def random_spans(generator, length):
    spans, at = [], 0
    while at < length - 3:
        at += generator.randint(0, 4)
        end = min(length, at + generator.randint(1, 3))
        if at < end:
            spans.append((at, end, generator.choice("ab")))
        at = end
    return spans


@pytest.mark.parametrize("seed", range(5))
def test_span_figures_equal_seqeval_in_strict_mode(seed):
    generator = random.Random(seed)  # noqa: S311
    truth = [random_spans(generator, 30) for _ in range(8)]
    guess = [[span for span in spans if generator.random() < 0.6] + [(27, 29, "a")] for spans in truth]
    guess = [[s for s in spans if s == (27, 29, "a") or s[1] <= 27] for spans in guess]
    names = ["O", "B-a", "I-a", "B-b", "I-b"]

    def tags(spans):
        cells = list(range(30)), list(range(1, 31))
        return [
            names[tag] for tag in bio.tags_of([bio.Span(s, e, "ab".index(x)) for s, e, x in spans], *cells)
        ]

    expected = classification_report(
        [tags(s) for s in truth], [tags(s) for s in guess], output_dict=True, mode="strict", scheme=IOB2,
        zero_division=0,
    )  # fmt: skip
    flat = [{(row, *span) for row, spans in enumerate(side) for span in spans} for side in (truth, guess)]
    report = span_report(*flat, ["a", "b"])
    for label in "ab":
        for ours, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert report["labels"][label][ours] == pytest.approx(expected[label][theirs])
            assert report["micro"][ours] == pytest.approx(expected["micro avg"][theirs])


def test_single_choice_by_hand():
    report = single_report(["a", "a", "b", "c"], ["a", "b", "b", "b"], ["a", "b", "c", "d"], blank=False)
    assert report["accuracy"] == 0.5
    assert report["labels"]["b"] == {"precision": 1 / 3, "recall": 1.0, "f1": 0.5, "support": 1}
    assert report["macro"]["f1"] == pytest.approx((2 / 3 + 0.5 + 0) / 3)  # d occurs nowhere
    assert report["confusion"]["matrix"] == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_several_labels_by_hand():
    report = multi_report([{"a", "b"}, set(), {"b"}], [{"a"}, set(), {"a", "b"}], ["a", "b"])
    assert report["accuracy"] == pytest.approx(1 / 3)
    assert report["micro"] == {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "support": 3}
