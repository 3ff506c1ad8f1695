"""The only way from an id in a URL to a row. "Absent" and "not yours" get the same answer."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common.errors import NotFound
from privacy.models import AccessPackage, Certificate, SubjectRequest


def is_at_the_desk(user: User) -> bool:
    return Role.ADMIN in roles.site_roles(user)


def require_privacy_desk(user: User) -> None:
    """To everybody but administrators of the site the desk does not exist."""
    if not is_at_the_desk(user):
        raise NotFound(_("There is nothing here, or it is not yours to see."))


def own_request(user: User, request_id: UUID) -> SubjectRequest:
    """One that the person made while signed in."""
    row = SubjectRequest.objects.filter(
        pk=request_id, account=user.pk, channel=SubjectRequest.Channel.ACCOUNT
    ).first()
    if row is None:
        raise NotFound(_("There is no such request."))
    return row


def request_for(user: User, request_id: UUID) -> SubjectRequest:
    """The person's own, or any at the desk."""
    if not is_at_the_desk(user):
        return own_request(user, request_id)
    row = SubjectRequest.objects.filter(pk=request_id).first()
    if row is None:
        raise NotFound(_("There is no such request."))
    return row


def desk_request(user: User, request_id: UUID) -> SubjectRequest:
    require_privacy_desk(user)
    return request_for(user, request_id)


def package_of(row: SubjectRequest) -> AccessPackage:
    package = AccessPackage.objects.filter(request=row, deleted_at=None).first()
    if package is None:
        raise NotFound(_("There is no download here, or it has been deleted."))
    return package


def certificate_of(row: SubjectRequest) -> Certificate:
    certificate = Certificate.objects.filter(request=row).first()
    if certificate is None:
        raise NotFound(_("There is no certificate of this request."))
    return certificate
