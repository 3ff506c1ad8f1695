from django.apps import AppConfig


class RewardsConfig(AppConfig):
    name = "rewards"

    def ready(self) -> None:
        # Models can be imported only from here on.
        from accounts.services import proving  # noqa: PLC0415
        from privacy import holders  # noqa: PLC0415
        from privacy.services import rotation  # noqa: PLC0415
        from rewards import inventory  # noqa: PLC0415
        from rewards.holder import RewardsHolder  # noqa: PLC0415
        from rewards.models import Payout, PayoutAddress  # noqa: PLC0415
        from rewards.obstacles import of_earnings  # noqa: PLC0415
        from rewards.rotation import Addresses  # noqa: PLC0415

        inventory.declare_all()
        holders.register(RewardsHolder())
        holders.register_obstacle(of_earnings)
        rotation.register(Addresses("payout_addresses", PayoutAddress))
        rotation.register(Addresses("payouts", Payout))
        proving.forget_when_taken_over(lambda user: PayoutAddress.objects.filter(user=user.pk).delete())
