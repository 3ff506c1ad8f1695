from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import account_events  # noqa: PLC0415 - models can be imported only from here on

        account_events.connect()
