from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from applications import inventory  # noqa: PLC0415

        inventory.declare_all()
