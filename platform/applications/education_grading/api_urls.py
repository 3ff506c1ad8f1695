"""Under /api/v1/projects/<uuid:project_id>/education-grading/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
