from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import account_events  # noqa: PLC0415 - models can be imported only from here on
        from accounts.services.ends import tell_end  # noqa: PLC0415
        from common.ends import register_teller  # noqa: PLC0415

        account_events.connect()
        register_teller(tell_end)
