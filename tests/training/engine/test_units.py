import pytest
from transformers import AutoTokenizer

from training.engine.heads import bio
from training.engine.heads.align import align
from training.engine.tokens import TextEncoder
from training.engine.units import set_apart, units_of

TEXTS = [
    "I didn't play: refund!",
    "Zoe\u0308 wants cafe\u0301 money",  # combining marks
    "great \U0001f44d\U0001f3fd thanks \U0001f468\u200d\U0001f469\u200d\U0001f467 bye",  # skin tone, family
    "我想退款，谢谢 please",
    "שלום hello عالم",
    "हिन्दी नमस्ते one",
    "ขอบคุณ two",
    "  spaces\t and\nlines  ",
]


def words(text):
    return [text[start:end] for start, end in zip(*units_of(text), strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I didn't go.", ["I", "didn", "'", "t", "go", "."]),
        ("我想a1退", ["我", "想", "a1", "退"]),
        ("e\u0301a b", ["e\u0301a", "b"]),
        ("\U0001f44d\U0001f3fd\U0001f44d", ["\U0001f44d\U0001f3fd", "\U0001f44d"]),
        ("\U0001f468\u200d\U0001f469 x", ["\U0001f468\u200d\U0001f469", "x"]),
        ("שלום, عالم", ["שלום", ",", "عالم"]),
        ("हिन्दी", ["हिन्दी"]),
        ("  ", []),
    ],
)
def test_units_follow_what_a_reader_sees(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize("base", ["tiny", "starter"])
@pytest.mark.parametrize("text", TEXTS)
def test_sub_tokens_lie_inside_their_unit_and_units_are_whole(text, base, tiny_model, starter_folder):
    encoder = TextEncoder(AutoTokenizer.from_pretrained(tiny_model if base == "tiny" else starter_folder))
    tokens = encoder.encode([text])[text]
    units = align(text, tokens)
    starts, ends = units_of(text)
    for lead, start, end in zip(units.leads, units.starts, units.ends, strict=True):
        assert start <= tokens.starts[lead] < end
        assert start in starts
        assert end in ends


@pytest.mark.parametrize("text", TEXTS)
def test_a_span_on_any_unit_survives_tags_and_back(text, tiny_model):
    encoder = TextEncoder(AutoTokenizer.from_pretrained(tiny_model))
    units = align(text, encoder.encode([text])[text])
    for start, end in zip(units.starts, units.ends, strict=True):
        tags = bio.tags_of([bio.Span(start, end, 1)], units.starts, units.ends)
        assert [span for span, _ in bio.spans_of(tags, units.starts, units.ends)] == [bio.Span(start, end, 1)]


def test_neighbouring_spans_of_one_label_stay_two():
    starts, ends = [0, 2, 4, 6], [1, 3, 5, 7]
    spans = [bio.Span(0, 3, 0), bio.Span(4, 5, 0), bio.Span(6, 7, 1)]
    tags = bio.tags_of(spans, starts, ends)
    assert tags == [bio.begin(0), bio.inside(0), bio.begin(0), bio.begin(1)]
    assert [span for span, _ in bio.spans_of(tags, starts, ends)] == spans


def test_emoji_are_set_apart_from_words_and_places_kept():
    text = "thanks\U0001f60a\U0001f44d\U0001f3fd ok"
    apart, places = set_apart(text)
    assert apart == "thanks \U0001f60a \U0001f44d\U0001f3fd ok"
    assert [text[place] for char, place in zip(apart, places, strict=True) if char != " "] == list(
        text.replace(" ", "")
    )
    assert set_apart("plain text, 我想") == ("plain text, 我想", None)
