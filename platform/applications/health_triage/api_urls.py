"""Under /api/v1/projects/<uuid:project_id>/health-triage/."""

from django.urls import path

from applications.health_triage.api import AbstainedApi, CoverageApi, RiskApi, TriageApi

urlpatterns = [
    path("triage", TriageApi.as_view()),
    path("risk", RiskApi.as_view()),
    path("coverage", CoverageApi.as_view()),
    path("abstained", AbstainedApi.as_view()),
]
