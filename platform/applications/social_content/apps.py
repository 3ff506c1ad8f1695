from django.apps import AppConfig


class SocialContentConfig(AppConfig):
    name = "applications.social_content"
    label = "social_content"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from applications import kinds  # noqa: PLC0415
        from applications.social_content import inventory  # noqa: PLC0415
        from applications.social_content.holder import SocialContentHolder  # noqa: PLC0415
        from applications.social_content.kind import KIND  # noqa: PLC0415
        from privacy import holders  # noqa: PLC0415

        kinds.register(KIND)
        inventory.declare_all()
        holders.register(SocialContentHolder())
