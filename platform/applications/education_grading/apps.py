from django.apps import AppConfig


class EducationGradingConfig(AppConfig):
    name = "applications.education_grading"
    label = "education_grading"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from applications import kinds  # noqa: PLC0415
        from applications.education_grading import holder, inventory, kept_kinds, kind  # noqa: PLC0415
        from privacy import holders  # noqa: PLC0415

        inventory.declare_all()
        holders.register(holder.GradingHolder())
        kept_kinds.register_all()
        kinds.register(kind.KIND)
