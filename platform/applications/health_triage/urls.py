"""Under projects/<uuid:project_id>/health-triage/."""

from django.urls import path

from applications.health_triage import views

urlpatterns = [
    path("", views.triage, name="health-triage"),
    path("coverage/", views.coverage, name="health-triage-coverage"),
    path("calibrate/", views.calibrate, name="health-triage-calibrate"),
    path("abstained/", views.abstained, name="health-triage-abstained"),
    path("abstained/export/", views.export, name="health-triage-export"),
]
