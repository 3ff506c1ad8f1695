from django.apps import AppConfig


class TasksAppConfig(AppConfig):
    name = "tasks_app"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from privacy import holders, register  # noqa: PLC0415
        from privacy.services import text_search  # noqa: PLC0415
        from tasks_app import inventory, processing  # noqa: PLC0415
        from tasks_app.holder import TasksHolder  # noqa: PLC0415
        from tasks_app.protecting.missed import register_lesson  # noqa: PLC0415
        from tasks_app.protecting.trusted import add_lesson  # noqa: PLC0415
        from tasks_app.services.departing import owned_projects  # noqa: PLC0415
        from tasks_app.text_search import search_texts  # noqa: PLC0415

        register_lesson(add_lesson)
        register.contribute("tasks_app", activities=processing.activities, safeguards=processing.safeguards)
        inventory.declare_all()
        holders.register(TasksHolder())
        holders.register_obstacle(owned_projects)
        text_search.register(search_texts)
