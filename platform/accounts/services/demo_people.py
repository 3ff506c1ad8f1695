import secrets
from dataclasses import dataclass

from django.db import transaction

from accounts import roles
from accounts.models import Role, User


@dataclass(frozen=True)
class SignIn:
    email: str
    password: str


ROLES = {"admin": Role.ADMIN, "requester": Role.REQUESTER, "reviewer": Role.REVIEWER}


@transaction.atomic
def create_demo_people(*, annotators: int = 24) -> dict[str, SignIn | list[SignIn]]:
    """One person for each role and a crowd, with random passwords that are stored hashed and returned once.

    People who exist already get a new password: whoever may run this may reset them anyway.
    """
    people: dict[str, SignIn | list[SignIn]] = {}
    for name, role in ROLES.items():
        people[name] = _person(f"{name}@example.org", name.capitalize(), role)
    people["annotators"] = [
        _person(f"annotator{number:02}@example.org", f"Annotator {number:02}", None)
        for number in range(1, annotators + 1)
    ]
    return people


def _person(email: str, name: str, role: str | None) -> SignIn:
    password = secrets.token_urlsafe(12)
    user = User.objects.filter(email=email).first() or User(email=email, display_name=name)
    user.set_password(password)
    user.save()
    if role is not None:
        roles.grant(user, role)
    return SignIn(email, password)
