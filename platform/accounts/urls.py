from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("tokens/", views.create_token, name="token-create"),
    path("tokens/<uuid:token_id>/revoke/", views.revoke_token, name="token-revoke"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/preferences/", views.notification_preferences, name="notification-preferences"),
    path("notifications/stop/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("time-zone/", views.save_time_zone, name="time-zone"),
]
