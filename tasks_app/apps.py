from django.apps import AppConfig


class TasksAppConfig(AppConfig):
    name = "tasks_app"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from tasks_app import inventory  # noqa: PLC0415

        inventory.declare_all()
