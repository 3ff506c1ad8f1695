from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "annotations"

    def ready(self) -> None:
        # The apps below declare what they need to be told; models can be imported only from here on.
        from annotations.selectors import pending_earnings, suggestions_of  # noqa: PLC0415
        from annotations.services.imported_labels import store_labels  # noqa: PLC0415
        from rewards.selectors import register_pending_source  # noqa: PLC0415
        from tasks_app.importing.labels import register_label_sink  # noqa: PLC0415
        from tasks_app.suggesting import register_suggestion_source  # noqa: PLC0415

        register_label_sink(store_labels)
        register_suggestion_source(suggestions_of)
        register_pending_source(pending_earnings)
