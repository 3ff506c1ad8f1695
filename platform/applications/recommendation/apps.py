from django.apps import AppConfig


class RecommendationConfig(AppConfig):
    name = "applications.recommendation"
    label = "recommendation"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from applications import kinds  # noqa: PLC0415
        from applications.recommendation import inventory, kept_kinds  # noqa: PLC0415
        from applications.recommendation.holder import RecommendationHolder  # noqa: PLC0415
        from applications.recommendation.kind import KIND  # noqa: PLC0415
        from privacy import holders  # noqa: PLC0415

        inventory.declare_all()
        kept_kinds.register_all()
        holders.register(RecommendationHolder())
        kinds.register(KIND)
