from typing import Any

from django import template

from privacy.services import consents

register = template.Library()


@register.simple_tag
def consent_states(user: Any) -> list[consents.State]:
    """Where a signed-in person stands on each purpose, for the card of consents."""
    return consents.states_of(user.pk)
