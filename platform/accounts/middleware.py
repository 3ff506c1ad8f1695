from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User


class SignedInOnce(AuthenticationMiddleware):
    """Django's own, whose user reads its roles once in a request instead of with each question."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _asking(request))  # type: ignore[assignment]


def _asking(request: HttpRequest) -> object:
    user = get_user(request)
    if isinstance(user, User):
        user.asks = True
    return user
