from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("tokens/", views.create_token, name="token-create"),
    path("tokens/<uuid:token_id>/revoke/", views.revoke_token, name="token-revoke"),
    path("notifications/", views.notifications, name="notifications"),
]
