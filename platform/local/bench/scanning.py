"""`python -m local.bench.scanning FILE`: turns a second of processor time on one core, as JSON.

Beside it Presidio's recognisers for patterns and phones, one after the other as its engine calls them, but
without the language model that its engine needs for names: that would come on top.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from privacy.pii.redactor import Redactor
from privacy.pii.scan import scan

DIALOGUES = 1_000
FOR_PRESIDIO = 60
_PATTERNS = (
    "CreditCardRecognizer", "CryptoRecognizer", "DateRecognizer", "EmailRecognizer", "IbanRecognizer",
    "IpRecognizer", "MacAddressRecognizer", "PhoneRecognizer", "UrlRecognizer", "UsBankRecognizer",
    "UsItinRecognizer", "UsLicenseRecognizer", "UsPassportRecognizer", "UsSsnRecognizer", "NhsRecognizer",
    "UkNinoRecognizer",
)  # fmt: skip


def main(path: Path) -> None:
    with path.open("rb") as file:
        dialogues = [[turn["text"] for turn in json.loads(line)["turns"]] for line in islice(file, DIALOGUES)]
    turns = [text for dialogue in dialogues for text in dialogue]
    clean = [text for text in turns if not scan(text)]
    print(
        json.dumps(
            {
                "clean_turns_per_second": _rate(lambda: [scan(text) for text in clean], len(clean)),
                "clean_turns_per_second_all_kinds": _rate(
                    lambda: [scan(text, scope="all") for text in clean], len(clean)
                ),
                "redacted_turns_per_second": _rate(
                    lambda: [Redactor().redact_turns(dialogue) for dialogue in dialogues], len(turns)
                ),
                "presidio_turns_per_second": _presidio(clean[: FOR_PRESIDIO * 8]),
                "turns_with_findings_share": round(1 - len(clean) / len(turns), 3),
            }
        )
    )


def _presidio(turns: Sequence[str]) -> float:
    # Loads spaCy and torch, which nothing else here needs.
    from presidio_analyzer import predefined_recognizers  # noqa: PLC0415

    found = [getattr(predefined_recognizers, name)() for name in _PATTERNS if name != "EmailRecognizer"]
    found.append(_offline_email(predefined_recognizers.EmailRecognizer))

    def read() -> None:
        for text in turns:
            for recogniser in found:
                recogniser.analyze(text, recogniser.supported_entities, None)

    read()  # compiles its patterns
    return _rate(read, len(turns))


def _offline_email(base: type) -> object:
    """Presidio's looks for a newer list of domains over the network."""
    return type("OfflineEmail", (base,), {"validate_result": lambda self, text: True})()


def _rate(work: Callable[[], object], count: int) -> float:
    began = time.process_time()
    work()
    return round(count / (time.process_time() - began), 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
