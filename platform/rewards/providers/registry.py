"""Which providers there are. A deployment adds its own with `register_provider` in an AppConfig.ready."""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from rewards.providers.base import Address, PayoutProvider
from rewards.providers.iso20022 import Iso20022Files
from rewards.providers.manual import ManualProvider

Factory = Callable[[], PayoutProvider]


def _iso20022() -> PayoutProvider:
    debtor = settings.PAYOUT_DEBTOR
    return Iso20022Files(settings.PAYOUT_FOLDER, Address(debtor["name"], debtor["account"], debtor["bic"]))


_factories: dict[str, Factory] = {"manual": ManualProvider, "iso20022": _iso20022}


def register_provider(name: str, factory: Factory) -> None:
    _factories[name] = factory


def provider_names() -> list[str]:
    return sorted(_factories)


def provider_named(name: str) -> PayoutProvider:
    factory = _factories.get(name)
    if factory is None:
        known = ", ".join(provider_names())
        detail = _("There is no payout provider “%(name)s”. There are: %(known)s.") % {
            "name": name,
            "known": known,
        }
        raise Invalid(detail, problems=[Problem("/provider", "unknown", detail)])
    return factory()
