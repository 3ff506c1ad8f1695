"""The link in each mail that ends such mails, without signing in."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import preferences
from accounts.services.preferences import Mail, Topic, Wish
from common.errors import NotFound

_SALT = "accounts.unsubscribe"


def url_of(user_id: UUID, topic: Topic | None) -> str:
    """For one topic, or for all. It opens nothing and ends never: a mail is read years later too."""
    token = signing.dumps([str(user_id), str(topic or "")], salt=_SALT)
    return settings.SITE_URL + reverse("unsubscribe", args=[token])


def read(token: str) -> tuple[User, list[Topic]]:
    """Whose mails about what; NotFound for a link that we never wrote, or whose account is gone."""
    try:
        user_id, topic = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise NotFound(_("This link is not one of ours.")) from None
    user = User.objects.filter(pk=user_id, erased_at=None).first()
    if user is None:
        raise NotFound(_("This link is not one of ours."))
    return user, [Topic(topic)] if topic else list(Topic)


def unsubscribe(*, token: str) -> None:
    """No more mails; what stands on the site stays as it was. Twice is harmless."""
    user, topics = read(token)
    wishes = preferences.wishes_of(user)
    preferences.save_wishes(
        user=user, wishes={topic: Wish(wishes[topic].in_app, Mail.NEVER) for topic in topics}, actor=None
    )
