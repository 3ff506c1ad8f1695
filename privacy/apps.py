from django.apps import AppConfig

from common.gate import set_gate
from privacy.services.redaction import redact_text


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        set_gate(redact_text)
