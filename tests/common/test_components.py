"""Components around markup: what stands between their tags comes out of their own templates."""

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.urls import NoReverseMatch


def drawn(source: str, **given: object) -> str:
    return Template("{% load components %}" + source).render(Context(given))


def test_a_button_has_what_its_include_has() -> None:
    tagged = drawn('{% button kind="primary" size="small" type="submit" key="s" %}Keep{% endbutton %}')
    given = 'label="Keep" kind="primary" type="submit" size="small" key="s"'
    included = drawn(f'{{% include "components/button.html" with {given} only %}}').strip()
    assert tagged == included == '<button type="submit" class="btn primary small">Keep <kbd>s</kbd></button>'


def test_a_button_takes_any_attribute_and_leaves_out_what_is_none() -> None:
    said = drawn(
        "{% button data_next=True aria_label=words hx_get=none form=False %}x{% endbutton %}",
        words='"A" & B',
        none=None,
    )
    assert said == '<button type="button" class="btn" aria-label="&quot;A&quot; &amp; B" data-next>x</button>'


def test_a_button_keeps_the_markup_of_its_template_and_escapes_what_it_was_given() -> None:
    said = drawn("{% button %}<b>{{ name }}</b>{% endbutton %}", name="<script>")
    assert said == '<button type="button" class="btn"><b>&lt;script&gt;</b></button>'


def test_a_button_that_works_cannot_be_pressed_again() -> None:
    assert drawn("{% button busy=True %}x{% endbutton %}") == (
        '<button type="button" class="btn" aria-busy="true" disabled>x</button>'
    )


def test_a_link_looks_like_a_button() -> None:
    assert drawn('{% button href="" %}x{% endbutton %}') == '<a href="" class="btn">x</a>'
    assert drawn('{% button_link "training" fragment="new-run" kind="ghost" %}x{% endbutton_link %}') == (
        '<a href="/training/#new-run" class="btn ghost">x</a>'
    )


def test_a_link_to_a_route_that_is_not_there_says_so() -> None:
    with pytest.raises(NoReverseMatch):
        drawn('{% button_link "nowhere" %}x{% endbutton_link %}')


def test_chips_alerts_dialogs_facts_and_tabs_take_markup() -> None:
    assert drawn('{% chip tone="warn" %}<i>1</i>{% endchip %}') == '<span class="chip warn"><i>1</i></span>'
    assert '<div><a href="/">on</a></div>' in drawn('{% alert tone="warn" %}<a href="/">on</a>{% endalert %}')
    assert 'aria-labelledby="ask-title"' in drawn('{% dialog id="ask" title="Ask" %}<p>?</p>{% enddialog %}')
    assert (
        drawn("{% facts %}<dt>a</dt><dd>b</dd>{% endfacts %}")
        == '<dl class="facts"><dt>a</dt><dd>b</dd></dl>'
    )
    assert drawn('{% tabs label="Parts" %}<a href="#">1</a>{% endtabs %}') == (
        '<nav class="tabs" aria-label="Parts"><a href="#">1</a></nav>'
    )
    assert drawn("{% crumbs %}<li>here</li>{% endcrumbs %}").endswith("<ol><li>here</li></ol></nav>")
    assert "<h1>Title</h1>" in drawn("{% page_header %}<div><h1>Title</h1></div>{% endpage_header %}")
    assert "<p>more</p>" in drawn('{% empty_state title="Nothing" %}<p>more</p>{% endempty_state %}')


def test_a_field_around_an_input_has_a_label_for_it() -> None:
    said = drawn('{% field label="Days" id="days" optional=True %}<input id="days">{% endfield %}')
    assert said.startswith(
        '<div class="field"><label for="days">Days <span class="optional">(optional)</span></label>'
    )
    assert said.endswith('<input id="days"></div>')
    assert drawn('{% field legend="Why?" %}<input>{% endfield %}') == (
        '<fieldset class="field"><legend>Why?</legend><input></fieldset>'
    )


def test_a_table_around_markup_is_named_for_who_does_not_see_it() -> None:
    said = drawn('{% table caption="Items" %}<tbody><tr><td>1</td></tr></tbody>{% endtable %}')
    assert '<caption class="visually-hidden">Items</caption>' in said
    assert 'tabindex="0" role="region" aria-label="Items"' in said
    assert "<tbody><tr><td>1</td></tr></tbody>" in said


def test_an_address_is_put_together_and_escaped_once() -> None:
    said = drawn(
        '{% address "?after=" 7 "&state=" state as href %}{% button href=href %}x{% endbutton %}',
        state="open",
    )
    assert 'href="?after=7&amp;state=open"' in said


def test_pages_lead_to_both_neighbours() -> None:
    said = drawn('{% pages page "q=a&" %}', page=Paginator(range(30), 10).page(2))
    assert 'href="?q=a&amp;page=1"' in said
    assert 'href="?q=a&amp;page=3"' in said
    assert "Page 2 of 3" in said
    assert drawn("{% pages page %}", page=Paginator(range(3), 10).page(1)).strip() == ""
