"""Under projects/<uuid:project_id>/finance-monitor/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
