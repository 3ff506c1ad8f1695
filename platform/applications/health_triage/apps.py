from django.apps import AppConfig


class HealthTriageConfig(AppConfig):
    name = "applications.health_triage"
    label = "health_triage"
