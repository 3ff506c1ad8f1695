"""Components around markup: `{% button kind="primary" %}…{% endbutton %}`.

Each draws the template of its name in `templates/components/`, as an include does, and takes what that takes
(docs/design-system.md). Anything else given by name becomes an attribute, with hyphens for underscores:
`data_next=True` is ` data-next`, `aria_label=_("…")` is ` aria-label="…"`; None and False leave it out.
"""

from typing import Any

from django import template
from django.core.paginator import Page
from django.forms.utils import flatatt
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


def _draw(name: str, attributes: dict[str, Any], **given: Any) -> SafeString:
    own = flatatt({key.replace("_", "-"): value for key, value in attributes.items()})
    return _markup(get_template(f"components/{name}.html").render({**given, "attributes": own}))


def _markup(content: str) -> SafeString:
    """What a template wrote: it has escaped what it was given."""
    return mark_safe(content.strip())  # noqa: S308


@register.simple_block_tag
def button(content: str, *, href: str | None = None, **given: Any) -> SafeString:
    """A button; with `href` a link that looks like one. An empty `href` is the page's own address."""
    shown = {
        key: given.pop(key, "")
        for key in ("kind", "size", "icon", "key", "type", "confirm", "disabled", "busy")
    }
    return _draw("button", given, label=_markup(content), href=href, link=href is not None, **shown)


@register.simple_block_tag
def button_link(
    content: str, route: str, /, *at: Any, fragment: str | None = None, **given: Any
) -> SafeString:
    """A button that leads to a route of this site: `{% button_link "model" name kind="ghost" %}`."""
    return button(content, href=reverse(route, args=at, fragment=fragment), **given)


@register.simple_block_tag
def chip(content: str, *, tone: str = "", icon: str = "", **given: Any) -> SafeString:
    return _draw("chip", given, label=_markup(content), tone=tone, icon=icon)


@register.simple_block_tag
def alert(content: str, *, tone: str = "", title: str = "", **given: Any) -> SafeString:
    return _draw("alert", given, text=_markup(content), tone=tone, title=title)


@register.simple_block_tag
def dialog(content: str, *, id: str, title: str, kind: str = "") -> SafeString:
    return _draw("dialog", {}, text=_markup(content), id=id, title=title, kind=kind)


@register.simple_block_tag
def empty_state(content: str, *, title: str, icon: str = "") -> SafeString:
    """`empty.html` with more than one way on. (`{% empty %}` is a part of `{% for %}`.)"""
    return _draw("empty", {}, markup=_markup(content), title=title, icon=icon)


@register.simple_block_tag
def facts(content: str, *, kind: str = "") -> SafeString:
    """Terms and values that carry markup: `<dt>…</dt><dd>…</dd>`."""
    return _draw("facts", {}, markup=_markup(content), kind=kind)


@register.simple_block_tag
def tabs(content: str, *, label: str) -> SafeString:
    """Links that carry markup; that of this page has `aria-current`."""
    return _draw("tabs", {}, markup=_markup(content), label=label)


@register.simple_block_tag
def table(content: str, *, caption: str, kind: str = "") -> SafeString:
    """Head and body of a table whose cells carry markup; readers of screens hear its caption."""
    return _draw("table", {}, markup=_markup(content), caption=caption, kind=kind, hide_caption=True)


@register.simple_block_tag
def field(
    content: str,
    *,
    label: str = "",
    id: str = "",
    legend: str = "",
    optional: bool = False,
    hide_label: bool = False,
) -> SafeString:
    """Below its `label` an input of that `id` which no form of Django has; below a `legend` several."""
    words = {"label": label, "legend": legend, "optional": optional, "hide_label": hide_label}
    return _draw("field", {}, markup=_markup(content), id=id, **words)


@register.simple_block_tag
def crumbs(content: str) -> SafeString:
    """The way here: `<li>…</li>` for each step."""
    return _draw("crumbs", {}, markup=_markup(content))


@register.simple_block_tag
def page_header(content: str) -> SafeString:
    """A head whose title carries markup: `<div>` with the title, then what can be done here."""
    return _draw("page_header", {}, markup=_markup(content))


@register.simple_tag
def address(*parts: Any) -> str:
    """`{% address "?after=" page.after "&state=" state as href %}`: pieces of an address put together."""
    return "".join(map(str, parts))


@register.simple_tag
def pages(page: Page[Any], query: str = "") -> SafeString:
    """The links from one page of a list to its neighbours; `query` is what stands before `page=`."""
    return _draw(
        "pagination",
        {},
        previous=f"?{query}page={page.previous_page_number()}" if page.has_previous() else "",
        next=f"?{query}page={page.next_page_number()}" if page.has_next() else "",
        number=page.number,
        of=page.paginator.num_pages,
    )
