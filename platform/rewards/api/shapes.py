"""How money looks in REST, for this app and those above."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from common.errors import Invalid, Problem
from common.idempotency import key_of


class MoneyOutput(serializers.Serializer[Any]):
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


def money_json(amount_minor: int | None, currency: str) -> dict[str, Any] | None:
    return None if amount_minor is None else {"amount_minor": amount_minor, "currency": currency}


def required_key(request: Request) -> str:
    """The Idempotency-Key, without which no money moves."""
    key = key_of(request)
    if not key:
        detail = _("Send an Idempotency-Key header, so that a repeated request never pays twice.")
        raise Invalid(detail, code="no_key", problems=[Problem("", "required", detail)])
    return key
