"""Numbers as people of a language write them."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from common.templatetags.show import grouped


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_counts_are_grouped(language) -> None:
    with translation.override(language):
        assert grouped(1_234_567) == "1,234,567"
        assert grouped(999) == "999"


def test_other_languages_group_in_their_own_way() -> None:
    with translation.override("de"):
        assert grouped(1_234_567) == "1.234.567"


def test_words_and_signs_stay() -> None:
    assert (grouped("12 min"), grouped(None), grouped(True), grouped(0.25)) == ("12 min", None, True, 0.25)


def test_figures_show_them() -> None:
    html = render_to_string("components/figure.html", {"label": "Items", "value": 600_000})
    assert "600,000" in html
    assert "–" in render_to_string("components/figure.html", {"label": "Items", "value": None})
