from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Holds what belongs to the site as a whole: home, health, design page, demo users."""

    name = "config"
    label = "site"
