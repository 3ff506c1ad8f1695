"""Under /api/v1/projects/<uuid:project_id>/finance-monitor/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
