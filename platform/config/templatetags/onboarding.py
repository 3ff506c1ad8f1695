"""What pages show of first steps and help."""

from typing import Any

from django import template
from django.template import Context

from config import help as topics
from config import onboarding

register = template.Library()


@register.inclusion_tag("config/_first_steps.html", takes_context=True)
def first_steps(context: Context, role: str) -> dict[str, Any]:
    """The card of one role, on the page that is its home."""
    user = context.get("user")
    found = onboarding.first_steps(user, role, set(context.get("roles") or ())) if user else None
    return {"found": found, "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def help_topic(context: Context) -> str:
    """The topic that explains the page; the list of all where none does."""
    match = getattr(context.get("request"), "resolver_match", None)
    return topics.topic_of(match.url_name if match else None)
