"""Under /api/v1/projects/<uuid:project_id>/customer-service/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
