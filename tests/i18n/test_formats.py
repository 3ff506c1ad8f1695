"""Money goes through one filter, and a time of day is always readable by machines too."""

import re

import pytest
from babel import Locale
from django.conf import settings
from django.utils.translation import to_locale

from tests.i18n.extraction import ROOT

# What a form carries back is no word to read.
PRINTED = re.compile(r"(?<!value=\")\{\{[^}]*\}\}")
MINOR = re.compile(r"_minor\b(?![^}]*\|\s*(?:default:\S+?\|)?(?:interval_)?money:)")
WITH_HOURS = re.compile(r'date:"[^"]*[HGgh]:i')


def templates():
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def test_no_page_prints_the_smallest_unit_of_money():
    raw = [
        (path, printed)
        for path, text in templates()
        for printed in PRINTED.findall(text)
        if MINOR.search(printed)
    ]
    assert not raw, "Write {{ amount_minor|money:currency }}."


def test_a_time_of_day_stands_in_a_time_element():
    """Exports say their zone in words; everything else is shown where the reader is."""
    bare = []
    for path, text in templates():
        for found in WITH_HOURS.finditer(text):
            before = text[: found.start()]
            if "|utc|" not in before[-12:] and before.rfind("<time ") <= before.rfind("</time>"):
                bare.append((path, before[-60:]))
    assert not bare, 'Write {% include "components/time.html" with at=… only %}.'


def test_no_word_handed_to_a_component_has_a_percent_sign():
    """Django doubles it there, and then neither finds the translation nor halves it again."""
    doubled = re.compile(r"""\{%[^%]*?\b_\((?:"[^"]*%[^"]*"|'[^']*%[^']*')\)""")
    found = [(path, one) for path, text in templates() for one in doubled.findall(text)]
    assert not found, 'Write {% translate "… %" as words %}, or say it without.'


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_weeks_begin_on_monday_in_every_language(language):
    """As charts group by weeks: a language that begins elsewhere needs them grouped anew (decision 215)."""
    assert Locale.parse(to_locale(language)).first_week_day == 0
