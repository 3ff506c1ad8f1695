from typing import Any
from uuid import UUID

from allauth.account.utils import has_verified_email
from django.conf import settings
from django.contrib.auth import authenticate
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts import roles
from accounts.models import LANGUAGE_CODE, ApiToken, User
from accounts.services import codes, guessing, tokens
from accounts.zones import is_zone
from common.errors import NotSignedIn


class ApiSignedIn(Request):
    """A request that has passed IsAuthenticated."""

    user: User


class TokenInput(serializers.Serializer[Any]):
    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False)
    code = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=20,
        help_text="Of the authenticator app, or a recovery code.",
    )
    name = serializers.CharField(max_length=80, required=False, default="")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=tokens.SCOPES), required=False, default=["full"]
    )


class TokenOutput(serializers.Serializer[Any]):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class TokenApi(APIView):
    """Sign in for a token. Rate-limited by network address and by account, whether there is one or not; the
    token is stored hashed and can be revoked."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "sign-in"

    @extend_schema(request=TokenInput, responses={200: TokenOutput, 401: OpenApiResponse()})
    def post(self, request: Request) -> Response:
        body = TokenInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        # Every way of writing an address is one account's: what finds an account counts for it.
        name = data["email"].lower()
        tried = guessing.take_try(email=name, address=self.get_throttles()[0].get_ident(request))
        user = authenticate(request, username=name, password=data["password"])
        if user is None:
            raise NotSignedIn(_("E-mail or password is wrong."))
        tried.was_right()
        # As on the site: an address that is yet to be proven may be somebody else's.
        if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory" and not has_verified_email(user):
            raise NotSignedIn(_("Not confirmed by mail yet"), code="unconfirmed")
        codes.check_code(user=user, code=data["code"])
        token, text = tokens.create_token(user=user, name=data["name"], scopes=data["scopes"])
        return Response({"token": text, "expires_at": token.expires_at})


class TokenListOutput(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"]


class TokensApi(APIView):
    open_before_notice = True

    @extend_schema(responses=TokenListOutput(many=True))
    def get(self, request: ApiSignedIn) -> Response:
        live = ApiToken.objects.filter(user=request.user, revoked_at=None).order_by("-created_at")
        return Response({"results": TokenListOutput(live, many=True).data})


class TokenRevokeApi(APIView):
    open_before_notice = True

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: ApiSignedIn, token_id: UUID) -> Response:
        tokens.revoke_token(user=request.user, token_id=token_id)
        return Response(status=204)


class MeOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    display_name = serializers.CharField()
    language = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    time_zone = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())


class MePatch(serializers.Serializer[Any]):
    display_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    languages = serializers.ListField(
        child=serializers.RegexField(LANGUAGE_CODE, max_length=10), required=False, max_length=20
    )

    time_zone = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="Europe/Berlin; empty: UTC."
    )

    def validate_time_zone(self, value: str) -> str:
        if value and not is_zone(value):
            raise serializers.ValidationError(_("There is no such time zone. Give one like Europe/Berlin."))
        return value


class MeApi(APIView):
    open_before_notice = True

    @extend_schema(responses=MeOutput)
    def get(self, request: ApiSignedIn) -> Response:
        return Response(_me(request.user))

    @extend_schema(request=MePatch, responses=MeOutput)
    def patch(self, request: ApiSignedIn) -> Response:
        body = MePatch(data=request.data)
        body.is_valid(raise_exception=True)
        for name, value in body.validated_data.items():
            setattr(request.user, name, value)
        request.user.save(update_fields=list(body.validated_data))
        return Response(_me(request.user))


def _me(user: User) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "email": user.email,
        "display_name": user.display_name,
        "language": user.language,
        "languages": user.languages,
        "time_zone": user.time_zone,
        "roles": sorted(roles.site_roles(user)),
    }
