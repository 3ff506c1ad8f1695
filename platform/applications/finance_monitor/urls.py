"""Under projects/<uuid:project_id>/finance-monitor/."""

from django.urls import path

from applications.finance_monitor import connections_views, views

urlpatterns = [
    path("", views.overview, name="finance-monitor"),
    path("series.csv", views.series_csv, name="finance-monitor-csv"),
    path("alerts/<uuid:alert_id>/", views.alert, name="finance-monitor-alert"),
    path("alerts/<uuid:alert_id>/judge/", views.judge, name="finance-monitor-judge"),
    path("texts/retry/", views.retry, name="finance-monitor-retry"),
    path("replay/", views.replay, name="finance-monitor-replay"),
    path("settings/", connections_views.settings, name="finance-monitor-settings"),
    path(
        "sources/<uuid:source_id>/remove/",
        connections_views.remove_source,
        name="finance-monitor-source-remove",
    ),
    path(
        "webhooks/<uuid:webhook_id>/remove/",
        connections_views.remove_webhook,
        name="finance-monitor-webhook-remove",
    ),
]
