from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.second_factor import lacks_second_factor
from accounts.services.tokens import find_token

_USED_EVERY = timedelta(minutes=10)


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token …` (or Bearer)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = authentication.get_authorization_header(request).decode("latin-1").split()
        if not words or words[0].lower() not in {"token", "bearer"}:
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Send the header as “Authorization: Token …”."))
        token = find_token(words[1])
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, expired or revoked. Make a new one."))
        if "full" not in token.scopes and not _within_scope(token, request):
            raise AuthenticationFailed(_("This token's scope does not reach this address."))
        if lacks_second_factor(token.user):
            raise AuthenticationFailed(
                _("Your role needs a second factor. Sign in on the site and set one up.")
            )
        self._note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Token"

    def _note_use(self, token: ApiToken) -> None:
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > _USED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _within_scope(token: ApiToken, request: Request) -> bool:
    return "predict" in token.scopes and (
        request.path.endswith("/predict") or request.path.endswith("/feedback")
    )


class SessionAuthentication(authentication.SessionAuthentication):
    """Signed in by cookie; a write needs the CSRF token. Answers 401, not 403, to the signed-out."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
