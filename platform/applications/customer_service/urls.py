"""Under projects/<uuid:project_id>/customer-service/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
