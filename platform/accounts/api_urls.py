from django.urls import path

from accounts import api

# `me` stands in privacy, which can erase it.
urlpatterns = [
    path("auth/token", api.TokenApi.as_view(), name="api-token"),
    path("auth/tokens", api.TokensApi.as_view(), name="api-tokens"),
    path("auth/tokens/<uuid:token_id>", api.TokenRevokeApi.as_view(), name="api-token-revoke"),
]
