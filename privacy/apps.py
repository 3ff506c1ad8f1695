from django.apps import AppConfig

from common.gate import set_gate
from privacy.services.redaction import replace_typed


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        set_gate(replace_typed)

        # Models can be imported only from here on.
        from privacy import holders, inventory_below, inventory_own, kept_kinds, register, register_own  # noqa: PLC0415
        from privacy.accounts_holder import AccountsHolder  # noqa: PLC0415
        from privacy.consents_holder import ConsentsHolder  # noqa: PLC0415
        from privacy.findings_holder import FindingsHolder  # noqa: PLC0415
        from privacy.requests_holder import RequestsHolder  # noqa: PLC0415
        from privacy.second_factors import SecondFactors  # noqa: PLC0415
        from privacy.services import rotation  # noqa: PLC0415
        from privacy.vault_holder import VaultHolder  # noqa: PLC0415

        register.contribute("privacy", activities=register_own.activities, safeguards=register_own.safeguards)
        inventory_below.declare_all()
        inventory_own.declare_all()
        kept_kinds.register_all()
        holders.register(ConsentsHolder())
        holders.register(AccountsHolder())
        holders.register(VaultHolder())
        holders.register(FindingsHolder())
        holders.register(RequestsHolder())
        rotation.register(SecondFactors())
