"""A repeated request gets the answer of the first one; the same key with another body is refused."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Conflict, Invalid, Problem
from common.models import IdempotencyRecord

P = ParamSpec("P")
View = TypeVar("View")
NOBODY = UUID(int=0)
SomeRequest = TypeVar("SomeRequest", bound=Request)


class Redacted(Response):
    """An answer with something that must not be stored: a repeated request gets `kept` instead."""

    def __init__(self, data: Any, *, kept: Any, **options: Any) -> None:
        super().__init__(data, **options)
        self.kept = kept


def key_of(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > 200:
        raise Invalid(
            _("The Idempotency-Key is longer than 200 characters."),
            problems=[Problem("", "too_long", "Idempotency-Key")],
        )
    return key


def hash_of(request: Request) -> str:
    """What makes two requests the same: method, path and body."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    digest.update(request.body)
    return digest.hexdigest()


def refuse_other_body() -> Conflict:
    return Conflict(
        _("This Idempotency-Key was already used with another body. Use a new key for a new request."),
        code="idempotency_key_reused",
    )


def idempotent(
    handler: Callable[Concatenate[View, SomeRequest, P], Response],
) -> Callable[Concatenate[View, SomeRequest, P], Response]:
    """Wrap a DRF handler: with an Idempotency-Key, its work and the record of its answer are one transaction.

    Two requests with one key at the same moment: the second waits on the unique index and then repeats the
    first one's answer. A refusal rolls the record back as well, so that the key can be used again.
    """

    @wraps(handler)
    def wrapper(view: View, request: SomeRequest, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = key_of(request)
        if not key:
            return handler(view, request, *args, **kwargs)
        digest = hash_of(request)
        # People without an account share an owner; what they get back names nobody.
        owner = request.user.pk or NOBODY
        if (known := _known(owner, key, digest)) is not None:
            return known
        try:
            with transaction.atomic():
                record = IdempotencyRecord.objects.create(owner=owner, key=key, request_hash=digest)
                response = handler(view, request, *args, **kwargs)
                kept = response.kept if isinstance(response, Redacted) else response.data
                record.status, record.body = response.status_code, kept
                record.save(update_fields=["status", "body"])
                return response
        except IntegrityError:
            known = _known(owner, key, digest)
            if known is None:
                raise
            return known

    return cast(Callable[Concatenate[View, SomeRequest, P], Response], wrapper)


def _known(owner: UUID, key: str, digest: str) -> Response | None:
    record = IdempotencyRecord.objects.filter(owner=owner, key=key, status__isnull=False).first()
    if record is None:
        return None
    if record.request_hash != digest:
        raise refuse_other_body()
    return Response(record.body, status=record.status, headers={"Idempotency-Replayed": "true"})
