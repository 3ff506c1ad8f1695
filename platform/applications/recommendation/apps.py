from django.apps import AppConfig


class RecommendationConfig(AppConfig):
    name = "applications.recommendation"
    label = "recommendation"
