from django.urls import path

from accounts import api, notifications_api

# `me` stands in privacy, which can erase it.
urlpatterns = [
    path("auth/token", api.TokenApi.as_view(), name="api-token"),
    path("auth/tokens", api.TokensApi.as_view(), name="api-tokens"),
    path("auth/tokens/<uuid:token_id>", api.TokenRevokeApi.as_view(), name="api-token-revoke"),
    path("me/notifications", notifications_api.NotificationsApi.as_view(), name="api-notifications"),
    path(
        "me/notifications/read",
        notifications_api.NotificationsReadApi.as_view(),
        name="api-notifications-read",
    ),
    path(
        "me/notification-preferences",
        notifications_api.PreferencesApi.as_view(),
        name="api-notification-preferences",
    ),
]
