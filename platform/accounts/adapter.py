from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from accounts.http import keep_language
from accounts.models import User
from accounts.services import proving


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """An account keeps the language in which it was made, and brings it along to every browser."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.ACCOUNT_SIGNUP_OPEN)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        language = get_language() or settings.LANGUAGE_CODE
        user.language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def send_notification_mail(
        self, template_prefix: str, user: User, context: Any = None, email: str | None = None
    ) -> None:
        """Of what happens to an account only a mailbox that is its owner's hears."""
        if email is not None or proving.has_proven(user, user.email):
            super().send_notification_mail(template_prefix, user, context, email)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        keep_language(response, user.language)
        return response


# What shows a person which of their accounts elsewhere this is; pictures, names and tokens are not kept.
_KEPT = ("email", "login")


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Sign-in through a provider. It proves an account of the provider, never one of ours by its address."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        told = sociallogin.account.extra_data
        told = told.get("userinfo") or told.get("id_token") or told
        sociallogin.account.extra_data = {name: told[name] for name in _KEPT if told.get(name)}
        user: User = sociallogin.user
        user.email = data.get("email") or ""
        return user
