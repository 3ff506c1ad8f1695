"""`{% modulepreload "js/workbench/index.js" %}`: a link for each module that a page's script will import."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from common.modules import modules_of

register = template.Library()


@register.simple_tag
def modulepreload(name: str) -> SafeString:
    links = ((static(one),) for one in modules_of(name))
    return format_html_join("\n  ", '<link rel="modulepreload" href="{}">', links)
