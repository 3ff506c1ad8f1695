"""Links go with their spans, whatever happens to these."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
FIELD: dict[str, Any] = {"name": "links", "type": "relation", "from": "qa", "labels": ["answers"]}
FOLLOW = """async ([field, links, before, after, kept]) => {
  const { followSpans } = await import("/static/js/fields/link-values.js");
  // Spans that stay are the same objects, as they are in the store.
  const now = after.map((span, index) => (kept[index] === null ? span : before[kept[index]]));
  const followed = followSpans(field, links, "qa", before, now);
  return [followed, followed === links];
}"""


def span(start: int, end: int, label: str = "question") -> dict[str, Any]:
    return {"turn": 0, "start": start, "end": end, "label": label}


def link(a: int, b: int) -> dict[str, Any]:
    return {"from": a, "to": b, "label": "answers"}


A, B, C = span(0, 5), span(6, 10), span(12, 20, "answer")


@pytest.mark.parametrize(
    ("after", "kept", "links", "expected"),
    [
        ([A, B, C], [0, 1, 2], [link(2, 0)], [link(2, 0)]),
        ([span(0, 2), span(3, 5), B, C], [None, None, 1, 2], [link(2, 1)], [link(3, 2)]),
        ([A, C], [0, 2], [link(2, 0), link(2, 1)], [link(1, 0)]),  # one was removed
        ([span(0, 4), B, C], [None, 1, 2], [link(2, 0)], [link(2, 0)]),  # resized
        ([A, B, span(12, 20)], [0, 1, None], [link(2, 0)], [link(2, 0)]),  # relabelled
        ([span(0, 10), C], [None, 2], [link(2, 0), link(2, 1)], [link(1, 0)]),  # grown together
        ([span(0, 10), C], [None, 2], [link(0, 1)], []),  # with what it was linked to
        ([], [], [link(2, 0)], []),
    ],
)
def test_links_follow(blank: Page, after: Any, kept: Any, links: Any, expected: Any) -> None:
    followed, same = blank.evaluate(FOLLOW, [FIELD, links, [A, B, C], after, kept])
    assert followed == expected
    assert same == (expected == links)  # so that undo and drafts see no change where there is none


def test_a_link_that_may_no_longer_be_goes(blank: Page) -> None:
    field = {**FIELD, "from_labels": ["answer"]}
    relabelled = [A, B, span(12, 20)]
    followed, _ = blank.evaluate(FOLLOW, [field, [link(2, 0)], [A, B, C], relabelled, [0, 1, None]])
    assert followed == []


def test_without_a_direction_the_earlier_one_stays_first(blank: Page) -> None:
    field = {**FIELD, "directed": False}
    followed, _ = blank.evaluate(FOLLOW, [field, [link(0, 1)], [B, A], [A, B], [1, 0]])
    assert followed == [link(0, 1)]
