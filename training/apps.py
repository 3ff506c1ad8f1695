from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from training import inventory  # noqa: PLC0415

        inventory.declare_all()
