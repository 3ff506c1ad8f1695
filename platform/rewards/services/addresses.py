"""Where a person's payouts go."""

import re
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from common import audit
from common.errors import Invalid, Problem
from rewards import sealing
from rewards.models import PayoutAddress
from rewards.providers.base import Address


@transaction.atomic
def save_address(*, user_id: UUID, holder: str, account: str, bic: str = "") -> PayoutAddress:
    """Seal a person's bank details. An IBAN's check digits are checked; other numbers are taken as is."""
    account, bic = re.sub(r"[\s-]", "", account).upper(), bic.replace(" ", "").upper()
    _check(holder.strip(), account, bic)
    new = PayoutAddress(user=user_id, hint=account[-4:])
    sealing.seal(Address(holder.strip(), account, bic), new)
    values = {name: getattr(new, name) for name in ("nonce", "sealed", "key_id", "hint")}
    row, _created = PayoutAddress.objects.update_or_create(user=user_id, defaults=values)
    audit.record("payout_address.saved", row, actor=user_id)
    return row


def address_of(user_id: UUID) -> Address | None:
    row = PayoutAddress.objects.filter(user=user_id).first()
    return sealing.unseal(row) if row else None


def is_iban(account: str) -> bool:
    """ISO 13616: moved to the end, letters as numbers, the first four characters leave 1 modulo 97."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", account):
        return False
    return int("".join(str(int(char, 36)) for char in account[4:] + account[:4])) % 97 == 1


def _check(holder: str, account: str, bic: str) -> None:
    problems = []
    if not 2 <= len(holder) <= 70:
        problems.append(
            Problem("/holder", "range", _("Give the account holder's name, up to 70 characters."))
        )
    looks_like_iban = re.match(r"[A-Z]{2}\d{2}", account)
    if not re.fullmatch(r"[A-Z0-9]{4,34}", account) or (looks_like_iban and not is_iban(account)):
        problems.append(Problem("/account", "invalid", _("This is not a valid IBAN or account number.")))
    if bic and not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", bic):
        problems.append(Problem("/bic", "invalid", _("A BIC has 8 or 11 letters and digits.")))
    if problems:
        raise Invalid(problems[0].detail, problems=problems)
