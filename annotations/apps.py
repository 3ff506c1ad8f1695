from django.apps import AppConfig


class AnnotationsConfig(AppConfig):
    name = "annotations"

    def ready(self) -> None:
        # The apps below declare what they need to be told; models can be imported only from here on.
        from annotations import inventory  # noqa: PLC0415
        from annotations.copies import fix_copies  # noqa: PLC0415
        from annotations.holdback import may_be_owed  # noqa: PLC0415
        from annotations.holder import AnnotationsHolder  # noqa: PLC0415
        from annotations.recognition_feed import skills_of, work_of  # noqa: PLC0415
        from annotations.records import reputations  # noqa: PLC0415
        from annotations.selectors import pending_earnings, suggestions_of  # noqa: PLC0415
        from annotations.services.imported_labels import store_labels  # noqa: PLC0415
        from privacy import holders  # noqa: PLC0415
        from rewards.selectors import register_pending_source  # noqa: PLC0415
        from rewards.services.recognition import (  # noqa: PLC0415
            register_skill_source,
            register_work_source,
        )
        from tasks_app.importing.labels import register_label_sink  # noqa: PLC0415
        from tasks_app.protecting.copies import register_item_copies  # noqa: PLC0415
        from tasks_app.reputation import register_reputation_source  # noqa: PLC0415
        from tasks_app.services.refunds import register_holdback  # noqa: PLC0415
        from tasks_app.suggesting import register_suggestion_source  # noqa: PLC0415

        inventory.declare_all()
        holders.register(AnnotationsHolder())
        register_label_sink(store_labels)
        register_suggestion_source(suggestions_of)
        register_pending_source(pending_earnings)
        register_reputation_source(reputations)
        register_work_source(work_of)
        register_skill_source(skills_of)
        register_holdback(may_be_owed)
        register_item_copies(fix_copies)
