"""The domain refuses; the edges translate. Every refusal that a person can cause is one of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in what was sent. `pointer` is a JSON pointer (RFC 6901) into the request's body."""

    pointer: str
    code: str
    detail: str

    def __str__(self) -> str:
        return self.detail


class DomainError(Exception):
    """Refuses an operation and leaves everything as it was. `message` tells the person what to do."""

    code, status, title = "refused", 400, _("Request refused")

    def __init__(
        self, message: str, *, code: str | None = None, problems: Sequence[Problem] = (), **extra: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.problems = tuple(problems)
        self.extra = extra


class NotSignedIn(DomainError):
    code, status, title = "not_signed_in", 401, _("Sign in first")


class Forbidden(DomainError):
    code, status, title = "forbidden", 403, _("Not allowed")


class NotFound(DomainError):
    """The same answer for "absent" and "not yours", so that ids cannot be probed."""

    code, status, title = "not_found", 404, _("Not found")


class Conflict(DomainError):
    code, status, title = "conflict", 409, _("Conflict with the present state")


class TooLarge(DomainError):
    code, status, title = "too_large", 413, _("Too large")


class Invalid(DomainError):
    code, status, title = "invalid", 422, _("Invalid content")


class TooManyRequests(DomainError):
    code, status, title = "too_many_requests", 429, _("Too many requests")


class Unavailable(DomainError):
    code, status, title = "unavailable", 503, _("Temporarily unavailable")


class DiskFull(DomainError):
    code, status, title = "disk_full", 507, _("Storage is full")


class Fault(DomainError):
    """Nobody's refusal but a mistake of ours: what happened stands in the log, not in the answer."""

    code, status, title = "fault", 500, _("Something went wrong")
