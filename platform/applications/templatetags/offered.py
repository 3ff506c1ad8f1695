from django import template

from applications.kinds import all_kinds

register = template.Library()


@register.filter
def has_application(name: str) -> bool:
    """Whether a gallery template of that name comes with an application."""
    return any(kind.template == name for kind in all_kinds())
