from django.apps import AppConfig


class SocialContentConfig(AppConfig):
    name = "applications.social_content"
    label = "social_content"
