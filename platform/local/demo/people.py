"""The accounts that the demo signs in with; `manage.py create_demo_users --json` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class SignIn:
    """An e-mail address and its password."""

    email: str
    password: str


@dataclass(frozen=True)
class DemoPeople:
    """Who takes part. The n-th annotator is played by the n-th person of the simulated crowd."""

    admin: SignIn
    requester: SignIn
    reviewer: SignIn
    annotators: tuple[SignIn, ...]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """From `{"admin": {"email", "password"}, "requester", "reviewer", "annotators": […]}`."""
        one = {role: _sign_in(raw[role]) for role in ("admin", "requester", "reviewer")}
        return cls(**one, annotators=tuple(_sign_in(each) for each in raw["annotators"]))

    def roles(self) -> list[tuple[str, SignIn]]:
        """One sign-in for each role, to be printed."""
        listed = [("admin", self.admin), ("requester", self.requester), ("reviewer", self.reviewer)]
        return [*listed, *(("annotator", each) for each in self.annotators[:1])]


def _sign_in(raw: Mapping[str, Any]) -> SignIn:
    return SignIn(str(raw["email"]), str(raw["password"]))
