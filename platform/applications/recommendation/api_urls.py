"""Under /api/v1/projects/<uuid:project_id>/recommendation/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
