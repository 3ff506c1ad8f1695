"""Under /api/v1/projects/<uuid:project_id>/finance-monitor/."""

from django.urls import path

from applications.finance_monitor import api, connections_api

urlpatterns = [
    path("texts", api.TextsApi.as_view()),
    path("texts/retry", api.RetryApi.as_view()),
    path("series", api.SeriesApi.as_view()),
    path("alerts", api.AlertsApi.as_view()),
    path("alerts/<uuid:alert_id>", api.AlertApi.as_view()),
    path("alerts/<uuid:alert_id>/judge", api.JudgeApi.as_view()),
    path("replay", api.ReplayApi.as_view()),
    path("settings", api.SettingsApi.as_view()),
    path("sources", connections_api.SourcesApi.as_view()),
    path("sources/<uuid:source_id>", connections_api.SourceApi.as_view()),
    path("webhooks", connections_api.WebhooksApi.as_view()),
    path("webhooks/<uuid:webhook_id>", connections_api.WebhookApi.as_view()),
]
