from django.apps import AppConfig


class FinanceMonitorConfig(AppConfig):
    name = "applications.finance_monitor"
    label = "finance_monitor"
