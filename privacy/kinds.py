"""What people call the kinds of personal data that the detectors know."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    "ACCOUNT": _("account number"),
    "ADDRESS": _("address"),
    "AGE": _("age"),
    "API_KEY": _("access key"),
    "BIRTH_DATE": _("date of birth"),
    "BOOKING": _("booking number"),
    "CARD": _("card number"),
    "CLAIM": _("claim number"),
    "CRYPTO": _("wallet address"),
    "EMAIL": _("e-mail address"),
    "IBAN": _("IBAN"),
    "IP": _("IP address"),
    "LICENCE": _("licence number"),
    "MAC": _("device address"),
    "NATIONAL_ID": _("national id"),
    "NUMBER": _("number"),
    "ORDER": _("order number"),
    "PASSPORT": _("passport number"),
    "PASSWORD": _("password"),
    "PERSON": _("name"),
    "PHONE": _("phone number"),
    "PLATE": _("number plate"),
    "POLICY": _("policy number"),
    "POSTCODE": _("postcode"),
    "RECORD": _("record number"),
    "SSN": _("social security number"),
    "URL": _("web address"),
    "USERNAME": _("user name"),
}


def kind_name(kind: str) -> str:
    """The kind in the reader's language; one that has no name yet as it is."""
    return str(NAMES.get(kind, kind))
