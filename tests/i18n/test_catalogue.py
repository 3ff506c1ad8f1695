import ast
import re
from collections import Counter

import polib
import pytest
from django.utils.translation import gettext, override

from tests.i18n.extraction import ROOT, messages, python_messages, template_messages

PO = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[+.\d]*[sdf]|%[.\d]*[sdf%]|\{\w+\}|</?[a-z]+|&#\d+;")


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(PO))


def translations(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_message_is_translated_for_certain(catalogue):
    wanting = [entry.msgid for entry in catalogue if entry.fuzzy or not all(translations(entry))]
    assert len(catalogue) > 700
    assert not wanting
    assert not catalogue.obsolete_entries()


def test_placeholders_are_kept(catalogue):
    wrong = [
        (entry.msgid, said)
        for entry in catalogue
        for said in translations(entry)
        if Counter(PLACEHOLDER.findall(entry.msgid)) != Counter(PLACEHOLDER.findall(said))
    ]
    assert not wrong


def test_one_form_for_every_number(catalogue):
    assert catalogue.metadata["Plural-Forms"] == "nplurals=1; plural=0;"
    assert all(set(entry.msgstr_plural) == {0} for entry in catalogue if entry.msgid_plural)


def test_the_sources_hold_nothing_that_the_catalogue_lacks(catalogue):
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue}
    found = messages()
    missing = [
        f"{path.relative_to(ROOT)}: {words}"
        for (context, words), path in found.items()
        if (context, words) not in known
    ]
    assert len(found) > 700
    assert not missing, "Run `python -m django makemessages -l zh_Hans` and translate what is new."


def test_extraction_reads_templates_and_python():
    template = """{% load i18n %}{% translate "One (1)" %} {% translate 'Two' context "sum" %}
        {% include "x.html" with a=_("Three") b=_("Four") only %} {{ value|default:_("Five") }}
        {% blocktranslate count n=n %}{{ n }} six{% plural %}{{ n }} sixes{% endblocktranslate %}"""
    assert set(template_messages(template)) == {
        (None, "One (1)"), ("sum", "Two"), (None, "Three"), (None, "Four"), (None, "Five"),
        (None, "%(n)s six"),
    }  # fmt: skip
    tree = ast.parse('_("one " "two"); pgettext("c", "three"); ngettext("four", "fours", n); other("five")')
    assert set(python_messages(tree)) == {(None, "one two"), ("c", "three"), (None, "four")}


def test_the_compiled_catalogue_is_in_use():
    with override("zh-hans"):
        assert gettext("Sign out") == "退出登录"
    with override("en"):
        assert gettext("Sign out") == "Sign out"
