from django.apps import AppConfig


class CustomerServiceConfig(AppConfig):
    name = "applications.customer_service"
    label = "customer_service"
