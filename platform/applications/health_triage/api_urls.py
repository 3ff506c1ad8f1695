"""Under /api/v1/projects/<uuid:project_id>/health-triage/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
