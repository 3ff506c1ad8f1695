import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, User
from common import audit
from common.errors import NotFound
from common.prepared import Prepared, Rows

SCOPES = ("full", "predict")


def digest_of(token: str) -> str:
    """SHA-256 without salt is enough: the token is 256 random bits, not a password."""
    return hashlib.sha256(token.encode()).hexdigest()


_tokens = Rows(ApiToken, "t", "id", "user_id", "scopes", "last_used_at")
_users = Rows(User, "u")
# Every request of a program begins with this.
_FIND = Prepared(
    f"""
SELECT {_tokens.columns}, {_users.columns}
FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
WHERE t.digest = %(digest)s AND t.revoked_at IS NULL AND t.expires_at > now() AND u.is_active
"""  # noqa: S608 - only our own column names are put in
)


def find_token(text: str) -> ApiToken | None:
    """The live token that `text` is, with its user; None for one that is unknown, expired or revoked."""
    rows = _FIND.rows(digest=digest_of(text))
    if not rows:
        return None
    token = _tokens.of(rows[0][: _tokens.width])
    token.user = _users.of(rows[0][_tokens.width :])
    return token


@transaction.atomic
def create_token(
    *, user: User, name: str = "", scopes: Sequence[str] = ("full",), lifetime: timedelta | None = None
) -> tuple[ApiToken, str]:
    """A new token and, this once, its text."""
    text = "mh_" + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=digest_of(text),
        prefix=text[:8],
        scopes=list(scopes),
        expires_at=timezone.now() + (lifetime or settings.TOKEN_LIFETIME),
    )
    audit.record("token.created", token, actor=user.pk)
    return token, text


@transaction.atomic
def revoke_token(*, user: User, token_id: UUID) -> None:
    changed = ApiToken.objects.filter(pk=token_id, user=user, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not changed:
        raise NotFound(_("There is no such token."))
    audit.record("token.revoked", ApiToken(pk=token_id), actor=user.pk)


@transaction.atomic
def revoke_all_tokens(*, user: User) -> None:
    """Whoever takes an account back ends what somebody else may have made there."""
    for token in list(ApiToken.objects.select_for_update().filter(user=user, revoked_at=None)):
        revoke_token(user=user, token_id=token.pk)
