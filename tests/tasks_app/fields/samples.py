"""Schemas, payloads and hypothesis strategies that the field tests share."""

from typing import Any

from hypothesis import strategies as st

from tasks_app.fields.base import Field
from tasks_app.fields.payload import check_payload, turn_texts
from tasks_app.fields.schema import parse_fields
from tasks_app.fields.tokens import tokenize

DIALOGUE = check_payload(
    {
        "turns": [
            {"speaker": "customer", "text": "Where is my parcel? It is late."},
            {"speaker": "agent", "text": "It arrives today."},
            {"speaker": "customer", "text": "Thanks 👩🏽‍💻!"},
        ]
    }
)
PAIR = check_payload({"pair": ["What is rain?", "Water that falls."]})
PLAIN = check_payload({"text": "Shares fell sharply."})

TEXTS = [
    "Where is my parcel? It's late.",
    "Family 👨‍👩‍👧 and 👩🏽‍💻, thumbs 👍🏿 up 🇨🇳🇫🇷!",
    "Zoe\u0308 sah q\u0323\u0307 und n\u0303.",
    "我想退货，因为尺寸不对。订单号是12345！",
    "מתי מגיעה החבילה שלי? אני מחכה.",
    "متى يصل طلبي؟ شكرًا 123",
    "कृपया मेरी मदद करें।",
    "สวัสดีครับ order 42",
    "서울에서 주문한 상품이 안 왔어요",
    "  two  spaces\tand\nlines  ",
    "",
]


RANKED = check_payload(
    {
        "text": "Which reply is best?",
        "candidates": [
            {"id": "a", "text": "Yes."},
            {"id": "é", "text": "是的 👍"},
            {"id": "c", "text": "No."},
        ],
    }
)


def field(kind: str, **config: Any) -> Field:
    labels = {"labels": ["question", "answer"]} if kind in {"choice", "span"} else {}
    return parse_fields([{"name": "f", "type": kind} | labels | config])[0]


def linking(span: dict[str, Any] | None = None, **config: Any) -> tuple[Field, Field]:
    """A span field "s" of questions and answers, and a relation "f" over it."""
    marks = {"name": "s", "type": "span", "labels": ["question", "answer"]} | (span or {})
    links = {"name": "f", "type": "relation", "from": "s", "labels": ["answers", "repeats"]} | config
    return parse_fields([marks, links])  # type: ignore[return-value]


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    texts = draw(st.lists(st.sampled_from(TEXTS) | st.text(max_size=40), min_size=1, max_size=4))
    turns = [{"speaker": draw(st.sampled_from(["customer", "agent"])), "text": text} for text in texts]
    turns.append({"speaker": "customer", "text": "always something"})
    cleaned = [turn | {"text": "".join(c for c in turn["text"] if c != "\0")} for turn in turns]
    return check_payload({"turns": cleaned})


@st.composite
def token_spans(draw: st.DrawFn, payload: dict[str, Any], labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """Non-overlapping spans that begin and end at token boundaries."""
    spans = []
    for turn, text in enumerate(turn_texts(payload)):
        tokens = tokenize(text)
        cuts = sorted(draw(st.sets(st.integers(0, len(tokens)), max_size=6)))
        for first, last in zip(cuts, cuts[1:], strict=False):
            if draw(st.booleans()):
                span = {"turn": turn, "start": tokens[first][0], "end": tokens[last - 1][1]}
                spans.append(span | {"label": draw(st.sampled_from(labels))})
    return spans
