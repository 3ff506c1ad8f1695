"""UTF-16 of the browser against code points of the server; Python strings count code points."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FAMILY = "👨‍👩‍👧"
TEXTS = [
    ("plain words here", "words"),
    ("thanks 😀😀 for waiting", "waiting"),
    (f"we are {FAMILY} at home", "home"),
    ("cafe\u0301 q\u0323\u0307 later", "later"),
    ("你好，𠮷野家😀几点开门？", "几点"),
    ("مرحبا 😀 متى يصل الطلب؟", "الطلب"),
    ("🏳️‍🌈🇨🇳 flags then text", "text"),
]


def run(page: Page, body: str, argument: Any = None) -> Any:
    return page.evaluate(f"async (argument) => {{ {body} }}", argument)


@pytest.mark.parametrize(("text", "part"), TEXTS)
def test_positions_are_code_points(blank: Page, text: str, part: str) -> None:
    found = run(
        blank,
        """const m = await import("/static/js/workbench/offsets.js");
        const [text, part] = argument;
        const at = text.indexOf(part);
        const start = m.toCodePoint(text, at), end = m.toCodePoint(text, at + part.length);
        const back = text.slice(m.toUtf16(text, start), m.toUtf16(text, end));
        return [start, end, new m.TextIndex(text).length, back];""",
        [text, part],
    )
    start = text.index(part)
    assert found == [start, start + len(part), len(text), part]


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("Can I get the fee back?", "fee", "fee"),
        ("😀 ask [PHONE_1] now", "PHONE", "[PHONE_1]"),
        ("可以退运费吗？", "运", "运"),
        ("cafe\u0301 later", "cafe", "cafe\u0301"),
        ("متى يصل الطلب؟", "يصل", "يصل"),
    ],
)
def test_a_word_is_what_a_reader_calls_one(blank: Page, text: str, at: str, word: str) -> None:
    found = run(
        blank,
        """const { TextIndex } = await import("/static/js/workbench/offsets.js");
        const text = new TextIndex(argument[0]);
        const { start, end } = text.wordAt(argument[1]);
        return text.slice(start, end);""",
        [text, text.index(at)],
    )
    assert found == word


@pytest.mark.parametrize(
    ("text", "start", "end", "tidy"),
    [
        ("a  word ", 1, 8, "word"),
        ("cafe\u0301 x", 0, 4, "cafe\u0301"),  # not without its accent
        (f"see {FAMILY}!", 5, 6, FAMILY),  # not half a family
        ("   ", 0, 3, None),
    ],
)
def test_a_selection_has_no_space_around_it_and_no_half_characters(
    blank: Page, text: str, start: int, end: int, tidy: str | None
) -> None:
    found = run(
        blank,
        """const { TextIndex } = await import("/static/js/workbench/offsets.js");
        const text = new TextIndex(argument[0]);
        const range = text.tidy(argument[1], argument[2]);
        return range && text.slice(range.start, range.end);""",
        [text, start, end],
    )
    assert found == tidy


def test_extending_stops_at_words_and_at_the_end_of_sentences(blank: Page) -> None:
    stops = run(
        blank,
        """const { TextIndex } = await import("/static/js/workbench/offsets.js");
        const text = new TextIndex("When will it come? Soon.");
        const stops = [];
        for (let at = 0; at < text.length; stops.push(text.slice(0, at)))
          at = text.step(at, 1, "word", "end");
        return stops;""",
    )
    assert stops == [
        "When", "When will", "When will it", "When will it come", "When will it come?",
        "When will it come? Soon", "When will it come? Soon.",
    ]  # fmt: skip


def test_overlapping_marks_lie_on_levels_of_their_own(blank: Page) -> None:
    found = run(
        blank,
        """const { layoutMarks } = await import("/static/js/workbench/marks.js");
        const mark = (id, start, end) => ({ id, start, end });
        const marks = [mark("a", 0, 10), mark("b", 4, 6), mark("c", 8, 12)];
        return layoutMarks(14, marks).map(({ start, end, layers }) =>
          [start, end, layers.map((one) => one.mark.id + one.level).join(" ")]);""",
    )
    assert found == [
        [0, 4, "a1"], [4, 6, "b0 a1"], [6, 8, "a1"], [8, 10, "c0 a1"], [10, 12, "c0"], [12, 14, ""],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("overlapping", "new", "expected"),
    [
        (False, [2, 6, "q"], [[2, 6, "q"]]),  # the same place again: another label
        (False, [4, 9, "b"], None),  # would overlap another label
        (False, [4, 9, "a"], [[2, 9, "a"]]),  # the same label grows
        (True, [4, 9, "b"], [[2, 6, "a"], [4, 9, "b"]]),
        (True, [4, 9, "a"], [[2, 9, "a"]]),
        (True, [6, 8, "a"], [[2, 6, "a"], [6, 8, "a"]]),
    ],
)
def test_what_a_new_span_does_to_those_there(
    blank: Page, overlapping: bool, new: list[Any], expected: list[Any] | None
) -> None:
    found = run(
        blank,
        """const { addSpan } = await import("/static/js/fields/span-values.js");
        const [overlapping, [start, end, label]] = argument;
        const there = [{ turn: 0, start: 2, end: 6, label: "a" }];
        const made = addSpan({ overlapping }, there, { turn: 0, start, end, label });
        return made && made.spans.map((one) => [one.start, one.end, one.label]);""",
        [overlapping, new],
    )
    assert found == expected


def test_a_resized_span_stops_at_its_neighbour(blank: Page) -> None:
    found = run(
        blank,
        """const { resizeSpan } = await import("/static/js/fields/span-values.js");
        const spans = [{ turn: 0, start: 2, end: 6, label: "a" }, { turn: 0, start: 9, end: 12, label: "b" }];
        return resizeSpan({}, spans, spans[0], 0, 20).span;""",
    )
    assert found == {"turn": 0, "start": 0, "end": 9, "label": "a"}


def test_only_active_seconds_count(blank: Page) -> None:
    seconds = run(
        blank,
        """const { ActiveClock } = await import("/static/js/workbench/activity.js");
        let now = 0;
        const clock = new ActiveClock(() => now);
        now = 10_000; clock.beat();
        now = 310_000; clock.beat();           // five minutes away: one counts
        now = 315_000; clock.show(false);
        now = 900_000; clock.show(true);       // hidden: nothing counts
        now = 902_500;
        return clock.seconds();""",
    )
    assert seconds == 10 + 60 + 5 + 2.5
