from django.apps import AppConfig


class FinanceMonitorConfig(AppConfig):
    name = "applications.finance_monitor"
    label = "finance_monitor"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from applications import kinds  # noqa: PLC0415
        from applications.finance_monitor import inventory  # noqa: PLC0415
        from applications.finance_monitor.first_model import FIRST_MODEL  # noqa: PLC0415
        from applications.finance_monitor.holder import FinanceMonitorHolder  # noqa: PLC0415
        from applications.finance_monitor.kind import KIND  # noqa: PLC0415
        from privacy import holders  # noqa: PLC0415

        inventory.declare_all()
        holders.register(FinanceMonitorHolder())
        kinds.register(KIND)
        kinds.register(FIRST_MODEL)
