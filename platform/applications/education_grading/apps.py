from django.apps import AppConfig


class EducationGradingConfig(AppConfig):
    name = "applications.education_grading"
    label = "education_grading"
