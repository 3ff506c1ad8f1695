"""The only way from an id in a URL to a row. "Absent" and "not yours" get the same answer."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common.errors import NotFound
from rewards.models import Payout, PayoutBatch


def require_finance_desk(user: User) -> None:
    """Other people's money is an administrator's; to everybody else the desk does not exist."""
    if Role.ADMIN not in roles.site_roles(user):
        raise NotFound(_("There is nothing here, or it is not yours to see."))


def own_payout(user: User, payout_id: UUID) -> Payout:
    payout = Payout.objects.filter(pk=payout_id, user=user.pk).first()
    if payout is None:
        raise NotFound(_("There is no such payout."))
    return payout


def payout_for(user: User, payout_id: UUID) -> Payout:
    require_finance_desk(user)
    payout = Payout.objects.filter(pk=payout_id).first()
    if payout is None:
        raise NotFound(_("There is no such payout."))
    return payout


def batch_for(user: User, batch_id: UUID) -> PayoutBatch:
    require_finance_desk(user)
    batch = PayoutBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(_("There is no such batch."))
    return batch
