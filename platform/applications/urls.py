from django.urls import include, path

from applications import views

urlpatterns = [
    path("applications/", views.applications, name="applications"),
    path("applications/start/", views.start, name="application-start"),
    path("applications/first-model/", views.first_model, name="first-model"),
    path("applications/setups/<uuid:setup_id>/", views.setup, name="application-setup"),
    path("projects/<uuid:project_id>/application/measure/", views.measure, name="application-measure"),
    path("projects/<uuid:project_id>/application/", views.application, name="application"),
    path("projects/<uuid:project_id>/customer-service/", include("applications.customer_service.urls")),
    path("projects/<uuid:project_id>/finance-monitor/", include("applications.finance_monitor.urls")),
    path("projects/<uuid:project_id>/recommendation/", include("applications.recommendation.urls")),
    path("projects/<uuid:project_id>/health-triage/", include("applications.health_triage.urls")),
    path("projects/<uuid:project_id>/education-grading/", include("applications.education_grading.urls")),
    path("projects/<uuid:project_id>/social-content/", include("applications.social_content.urls")),
]
