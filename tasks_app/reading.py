"""Which languages a person reads, as the claim compares them: without region, "en-GB" is "en"."""

from accounts.models import User


def lanes_of(user: User) -> list[str] | None:
    """None while the person has not said: then nothing is kept from them."""
    return sorted({lane(language) for language in user.languages}) or None


def lane(language: str) -> str:
    return language.partition("-")[0]
