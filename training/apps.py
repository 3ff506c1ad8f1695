from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from privacy import holders, register  # noqa: PLC0415
        from privacy.services.proposers import register_proposer  # noqa: PLC0415
        from tasks_app.protecting.copies import register_item_copies, register_other_texts  # noqa: PLC0415
        from training import copies, inventory, kept_kinds, processing, proposing  # noqa: PLC0415
        from training.erasing_models import affected_models  # noqa: PLC0415
        from training.holder import TrainingHolder  # noqa: PLC0415

        register_item_copies(copies.count_snapshots)
        register_other_texts(copies.fix_other_texts)
        register.contribute("training", activities=processing.activities, safeguards=processing.safeguards)
        inventory.declare_all()
        kept_kinds.register_all()
        holders.register(TrainingHolder())
        holders.register_affected_models(affected_models)
        register_proposer(proposing.current_proposer)
