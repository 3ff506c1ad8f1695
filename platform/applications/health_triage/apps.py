from django.apps import AppConfig


class HealthTriageConfig(AppConfig):
    name = "applications.health_triage"
    label = "health_triage"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from applications import kinds  # noqa: PLC0415
        from applications.health_triage import inventory, kind  # noqa: PLC0415

        inventory.declare_all()
        kinds.register(kind.KIND)
