from django.urls import include, path

from applications import api

urlpatterns = [
    path("applications", api.ApplicationsApi.as_view(), name="api-applications"),
    path("application-setups/<uuid:setup_id>", api.SetupApi.as_view(), name="api-application-setup"),
    path("projects/<uuid:project_id>/application", api.ApplicationApi.as_view(), name="api-application"),
    path("projects/<uuid:project_id>/customer-service/", include("applications.customer_service.api_urls")),
    path("projects/<uuid:project_id>/finance-monitor/", include("applications.finance_monitor.api_urls")),
    path("projects/<uuid:project_id>/recommendation/", include("applications.recommendation.api_urls")),
    path("projects/<uuid:project_id>/health-triage/", include("applications.health_triage.api_urls")),
    path("projects/<uuid:project_id>/education-grading/", include("applications.education_grading.api_urls")),
    path("projects/<uuid:project_id>/social-content/", include("applications.social_content.api_urls")),
]
