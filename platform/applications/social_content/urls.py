"""Under projects/<uuid:project_id>/social-content/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
