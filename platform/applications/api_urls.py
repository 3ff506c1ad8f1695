from django.urls import include, path

urlpatterns = [
    path("projects/<uuid:project_id>/customer-service/", include("applications.customer_service.api_urls")),
    path("projects/<uuid:project_id>/finance-monitor/", include("applications.finance_monitor.api_urls")),
    path("projects/<uuid:project_id>/recommendation/", include("applications.recommendation.api_urls")),
    path("projects/<uuid:project_id>/health-triage/", include("applications.health_triage.api_urls")),
    path("projects/<uuid:project_id>/education-grading/", include("applications.education_grading.api_urls")),
    path("projects/<uuid:project_id>/social-content/", include("applications.social_content.api_urls")),
]
