"""Long work says how much is done and how long it will take, and says so when nobody does it."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from common.progress import seconds_left


def test_the_rest_takes_as_long_for_a_step_as_what_went_before() -> None:
    since = timezone.now() - timedelta(seconds=100)
    assert seconds_left(since, 0.25) == pytest.approx(300, rel=0.02)
    assert seconds_left(since, 0.8) == pytest.approx(25, rel=0.02)


@pytest.mark.parametrize(("gone", "share"), [(100, 0.0), (100, 0.01), (100, 1.0), (0, 0.5)])
def test_nothing_is_promised_while_too_little_is_known(gone: int, share: float) -> None:
    assert seconds_left(timezone.now() - timedelta(seconds=gone), share) is None


@pytest.mark.parametrize(("value", "most", "words"), [(50, None, "about 1 min"), (3, 4, "about 20 s left")])
def test_the_bar_says_it(value: int, most: int | None, words: str) -> None:
    since = timezone.now() - timedelta(seconds=60)
    page = render_to_string("components/progress.html", {"value": value, "max": most, "since": since})
    assert words in page
    page = render_to_string("components/progress.html", {"value": value, "max": most, "text": "3 / 4"})
    assert "left" not in page and "3 / 4" in page
    page = render_to_string("components/progress.html", {"value": value, "max": most})
    assert "<progress" in page and "left" not in page


@pytest.mark.parametrize(("seconds", "said"), [(10, False), (90, True)])
def test_what_waits_for_a_worker_says_so_after_a_minute(seconds: int, said: bool) -> None:
    since = timezone.now() - timedelta(seconds=seconds)
    page = render_to_string("components/waiting.html", {"since": since})
    assert ("Nobody has taken this up yet." in page) is said
